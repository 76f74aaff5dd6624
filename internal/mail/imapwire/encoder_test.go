package imapwire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStrings writes values in the form that their bytes demand.
func TestStrings(t *testing.T) {
	long := strings.Repeat("x", maxQuoted+1)
	for _, c := range []struct {
		in, str, astr string
	}{
		{"", `""`, `""`},
		{"abc", `"abc"`, "abc"},
		{"a b", `"a b"`, `"a b"`},
		{`a"b\`, `"a\"b\\"`, `"a\"b\\"`},
		{"nil", `"nil"`, `"nil"`},
		{"a]", `"a]"`, `"a]"`},
		{"a\r\nb", "{4}\r\na\r\nb", "{4}\r\na\r\nb"},
		{"é", "{2}\r\né", "{2}\r\né"},
		{"a\x00", "{2}\r\na\x80", "{2}\r\na\x80"},
		{long, "{4097}\r\n" + long, long},
	} {
		if got := string(AppendString(nil, c.in)); got != c.str {
			t.Errorf("string %.40q: %.60q", c.in, got)
		}
		if got := string(AppendAString(nil, c.in)); got != c.astr {
			t.Errorf("astring %.40q: %.60q", c.in, got)
		}
	}
}

// TestMailboxNames writes and reads names, the examples of RFC 3501 5.1.3
// among them.
func TestMailboxNames(t *testing.T) {
	for _, c := range []struct{ name, wire string }{
		{"INBOX", "INBOX"},
		{"a b", `"a b"`},
		{"NIL", `"NIL"`},
		{"~peter/mail/台北/日本語", `~peter/mail/&U,BTFw-/&ZeVnLIqe-`},
		{"a&b", "a&-b"},
		{"&", "&-"},
		{"Thư rác", `"Th&AbA- r&AOE-c"`},
		{"😀", "&2D3eAA-"},
		{"tab\t", "tab&AAk-"},
		{"a%", `"a%"`},
	} {
		if got := string(AppendMailbox(nil, c.name)); got != c.wire {
			t.Errorf("%q: %q, want %q", c.name, got, c.wire)
		}
		if got, ok := DecodeMailbox(strings.Trim(c.wire, `"`)); !ok || got != c.name {
			t.Errorf("%q: read back as %q", c.wire, got)
		}
	}
	for _, bad := range []string{"&", "&AOk", "é", "&AGE-", "&A-", "&AO-", "&2D0-", "&3gA-", "&AOk-&AOk-", "&AOl-", "a\tb", "&AA!-", "&AAA-"} {
		if got, ok := DecodeUTF7(bad); ok {
			t.Errorf("%q taken as %q", bad, got)
		}
	}
}

// TestResolve gives sets as the ranges that they mean.
func TestResolve(t *testing.T) {
	for _, c := range []struct {
		set     string
		largest uint32
		want    string
	}{
		{"1:*", 10, "1:10"},
		{"*:1", 10, "1:10"},
		{"5:*", 3, "3:5"},
		{"*", 7, "7"},
		{"*", 0, ""},
		{"3,1,2", 10, "1:3"},
		{"1:3,2:8,10", 10, "1:8,10"},
		{"4294967295,4294967294", 10, "4294967294:4294967295"},
		{"1:4294967295,7", 10, "1:4294967295"},
	} {
		set, ok := parseNumSet([]byte(c.set))
		if got := string(AppendRanges(nil, set.Resolve(c.largest))); !ok || got != c.want {
			t.Errorf("%s of %d: %q, want %q", c.set, c.largest, got, c.want)
		}
	}
	var ranges []Range
	for _, n := range []uint32{1, 2, 3, 7, 9, 10, math.MaxUint32} {
		ranges = AddNumber(ranges, n)
	}
	if want := []Range{{1, 3}, {7, 7}, {9, 10}, {math.MaxUint32, math.MaxUint32}}; !cmp.Equal(ranges, want) {
		t.Errorf("numbers in ranges: %v", ranges)
	}
}

// TestEncoder writes more than a buffer holds, in every way.
func TestEncoder(t *testing.T) {
	var out, want bytes.Buffer
	big := strings.Repeat("y", 3*writeBuffer)
	var ranges []Range
	for n := uint32(1); n < 20_000; n += 2 {
		ranges = append(ranges, Range{n, n})
	}
	var e Encoder
	e.Reset(&out)
	for i := range 3000 {
		e.Raw("* ")
		e.Number(uint64(i))
		e.Raw(" FETCH (X ")
		e.String("a value")
		e.Byte(')')
		e.CRLF()
		fmt.Fprintf(&want, "* %d FETCH (X \"a value\")\r\n", i)
	}
	e.String(big)
	e.Raw(big)
	e.RawBytes([]byte(big))
	fmt.Fprintf(&want, "{%d}\r\n%s%s%s", len(big), big, big, big)
	e.Ranges(ranges)
	want.Write(AppendRanges(nil, ranges))
	if err := e.CopyAt(strings.NewReader(big), 5, int64(len(big)-5)); err != nil {
		t.Fatal(err)
	}
	want.WriteString(big[5:])
	e.Text("bad\r\ntext")
	want.WriteString("bad  text")
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want.Bytes()) {
		t.Error("output differs")
	}
	if e.lent != nil {
		t.Error("the buffer was not given back")
	}
}

// TestRewind takes back what was not sent, and says when it cannot.
func TestRewind(t *testing.T) {
	var out bytes.Buffer
	var e Encoder
	e.Reset(&out)
	e.Raw("kept ")
	e.Mark()
	e.Raw("taken back")
	if err := e.CopyAt(strings.NewReader("short"), 0, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short read: %v", err)
	}
	if !e.Rewind() {
		t.Error("nothing was sent, yet it could not be taken back")
	}
	e.Mark()
	e.Raw(strings.Repeat("z", 2*writeBuffer))
	if e.Rewind() {
		t.Error("what was sent cannot be taken back")
	}
	e.Flush()
	if !strings.HasPrefix(out.String(), "kept zzz") {
		t.Errorf("output begins %.20q", out.String())
	}
}

// TestRewindWithoutRoom takes back what was written when the buffer was full
// already: what stood before it has left by itself.
func TestRewindWithoutRoom(t *testing.T) {
	for before := range 200 {
		var out bytes.Buffer
		var e Encoder
		e.Reset(&out)
		kept := strings.Repeat("k", writeBuffer-before)
		e.Raw(kept)
		e.Mark()
		e.Raw("taken back")
		damage := errors.New("damage")
		if err := e.Fill(1000, func(dst []byte) ([]byte, error) { return append(dst, "half"...), damage }); !errors.Is(err, damage) {
			t.Fatal(err)
		}
		if !e.Rewind() {
			t.Fatalf("%d bytes before the end of the buffer nothing is taken back", before)
		}
		e.Raw("end")
		e.Flush()
		if got := out.String(); got != kept+"end" {
			t.Fatalf("%d bytes before the end of the buffer: %d bytes that end in %q", before, len(got), got[max(0, len(got)-40):])
		}
	}
}

// TestEncoderAllocs holds the hot path to no allocation.
func TestEncoderAllocs(t *testing.T) {
	var e Encoder
	e.Reset(io.Discard)
	body := strings.NewReader(strings.Repeat("b", 8192))
	e.Raw("x") // the buffer is borrowed once
	got := testing.AllocsPerRun(1000, func() {
		e.Raw("* ")
		e.Number(12345)
		e.Raw(" FETCH (BODY[] ")
		e.LiteralHeader(8192)
		if err := e.CopyAt(body, 0, 8192); err != nil {
			t.Fatal(err)
		}
		e.Raw(")\r\n")
	})
	if got > 0 {
		t.Errorf("%v allocations a message", got)
	}
}

// TestFill appends in place, beside the buffer, and takes errors back.
func TestFill(t *testing.T) {
	var out bytes.Buffer
	var e Encoder
	e.Reset(&out)
	var want strings.Builder
	for _, n := range []int{10, 100, 30_000, 60_000, writeBuffer, 2 * writeBuffer} {
		for _, grow := range []int{0, 3 * writeBuffer} {
			body := strings.Repeat("f", n)
			err := e.Fill(n, func(dst []byte) ([]byte, error) {
				return append(slices.Grow(dst, grow), body...), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want.WriteString(body)
			failed := errors.New("failed")
			if err := e.Fill(n, func(dst []byte) ([]byte, error) { return append(dst, "xx"...), failed }); !errors.Is(err, failed) {
				t.Errorf("error %v", err)
			}
			if err := e.Fill(n, func(dst []byte) ([]byte, error) { return append(dst, "xx"...), nil }); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v for too few bytes", err)
			}
		}
	}
	e.Flush()
	if out.String() != want.String() {
		t.Error("output differs")
	}
}
