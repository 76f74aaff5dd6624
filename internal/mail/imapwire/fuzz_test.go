package imapwire

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

// FuzzDecoder reads any bytes as commands in two splits, which must agree, and
// must come to an end.
func FuzzDecoder(f *testing.F) {
	for _, s := range []string{
		"a1 LOGIN user pass\r\n", "a SELECT {5+}\r\nINBOX\r\n", "b FETCH 1:*,5 (FLAGS BODY[1.MIME]<0.5>)\r\n",
		"c APPEND x (\\Seen) \"01-Jan-2020 00:00:00 +0000\" {3}\r\nabc\r\n", "((((", "\"\\\"\\\\\"", "{99999999999999999999+}\r\n", "~{3+}\r\n\x00\x00\x00",
		"\x00}\r\n" + strings.Repeat("7", testLimits.Line+100) + "+}\n",
	} {
		f.Add([]byte(s))
	}
	read := func(src Source) string {
		var log strings.Builder
		d := new(Decoder)
		d.Reset(src, testLimits, nil)
		for range 50 {
			d.Begin()
			var tag, s string
			var n uint64
			var set NumSet
			var when time.Time
			d.ExpectTag(&tag)
			for d.Err() == nil && !d.CRLF() {
				before := d.line
				switch {
				case d.SP(), d.Number64(&n), d.NumSet(&set), d.String(&s), d.Flag(&s), d.DateTime(&when):
				case d.List(func() bool { return d.ExpectAString(&s) }):
				default:
					d.ExpectListMailbox(&s)
				}
				log.WriteString(s)
				if d.Err() == nil && d.line == before {
					panic("no progress")
				}
			}
			if err := d.Err(); err != nil {
				log.WriteString(err.Error())
			}
			if !d.Discard() {
				break
			}
			log.WriteString(tag + ";")
		}
		return log.String()
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		whole := read(&script{Reader: bytes.NewReader(input)})
		single := read(&script{Reader: iotest.OneByteReader(bytes.NewReader(input))})
		if whole != single {
			t.Errorf("the split changes the result:\n%q\n%q", whole, single)
		}
	})
}

// FuzzString reads back every string that was written, in every form.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "abc", "a\"b\\", "\r\n", "é", "NIL", "{3}\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.ReplaceAll(s, "\x00", "\x80")
		limits := Limits{Line: 1 << 20, Literal: 1 << 20, Literals: 1 << 20, Depth: 5, Tokens: 5}
		for _, wire := range [][]byte{AppendString(nil, s), AppendAString(nil, s)} {
			d := new(Decoder)
			d.Reset(&script{Reader: bytes.NewReader(append(wire, "\r\n"...))}, limits, nil)
			d.Begin()
			var got string
			if !d.ExpectAString(&got) || !d.ExpectCRLF() || got != want {
				t.Errorf("%q: wire %q, read back %q, %v", s, wire, got, d.Err())
			}
		}
		text := AppendText(nil, s)
		if bytes.ContainsAny(text, "\r\n\x00") {
			t.Errorf("text %q", text)
		}
	})
}

// FuzzUTF7 holds names and their wire form to one another.
func FuzzUTF7(f *testing.F) {
	for _, s := range []string{"", "INBOX", "t&AOk-", "&U,BTFw-", "&-", "&2D3eAA-", "😀é日"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, ok := DecodeUTF7(s); ok {
			if back := string(AppendUTF7(nil, name)); back != s {
				t.Errorf("%q is %q, which is written %q", s, name, back)
			}
		}
		if utf8.ValidString(s) && !strings.ContainsRune(s, 0) {
			if name, ok := DecodeUTF7(string(AppendUTF7(nil, s))); !ok || name != s {
				t.Errorf("%q comes back as %q, %v", s, name, ok)
			}
		}
	})
}

// FuzzNumSet resolves any set and expects what its elements say, one by one.
func FuzzNumSet(f *testing.F) {
	for _, s := range []string{"1", "1:*", "*", "5:3,9,10:12", "1:4294967295"} {
		f.Add(s, uint32(10))
	}
	f.Fuzz(func(t *testing.T, s string, largest uint32) {
		set, ok := parseNumSet([]byte(s))
		if !ok || set.Saved || largest == 0 {
			return
		}
		ranges := set.Resolve(largest)
		for i, r := range ranges {
			if r.First == 0 || r.First > r.Last || i > 0 && r.First <= ranges[i-1].Last+1 {
				t.Fatalf("%q of %d: %v", s, largest, ranges)
			}
		}
		for _, r := range set.Ranges {
			for _, n := range []uint32{r.First, r.Last} {
				if n == Star {
					n = largest
				}
				if !contains(ranges, n) {
					t.Errorf("%q of %d lacks %d: %v", s, largest, n, ranges)
				}
			}
		}
		again, ok := parseNumSet(AppendRanges(nil, ranges))
		if !ok || len(again.Ranges) != len(ranges) {
			t.Errorf("%v does not come back", ranges)
		}
	})
}

func contains(ranges []Range, n uint32) bool {
	for _, r := range ranges {
		if r.First <= n && n <= r.Last {
			return true
		}
	}
	return false
}
