package imapwire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script is a client: what it sends, and how often it was asked to go on.
type script struct {
	io.Reader
	continued int
}

func (s *script) Continue() error { s.continued++; return nil }

var testLimits = Limits{Line: 1000, Literal: 100, Literals: 150, Depth: 5, Tokens: 50}

// readers give the same bytes in pieces of different sizes.
var readers = map[string]func(io.Reader) io.Reader{
	"whole":  func(r io.Reader) io.Reader { return r },
	"single": iotest.OneByteReader,
	"halves": iotest.HalfReader,
}

func newTestDecoder(src Source) *Decoder {
	d := new(Decoder)
	d.Reset(src, testLimits, nil)
	d.Begin()
	return d
}

// TestElements reads one element from a line and expects its value, or the
// text of the error.
func TestElements(t *testing.T) {
	read := map[string]func(d *Decoder) (any, bool){
		"atom":    func(d *Decoder) (any, bool) { var v string; ok := d.ExpectAtom(&v); return v, ok },
		"keyword": func(d *Decoder) (any, bool) { var v string; ok := d.ExpectKeyword(&v); return v, ok },
		"tag":     func(d *Decoder) (any, bool) { var v string; ok := d.ExpectTag(&v); return v, ok },
		"string":  func(d *Decoder) (any, bool) { var v string; ok := d.ExpectString(&v); return v, ok },
		"astring": func(d *Decoder) (any, bool) { var v string; ok := d.ExpectAString(&v); return v, ok },
		"number":  func(d *Decoder) (any, bool) { var v uint32; ok := d.ExpectNumber(&v); return v, ok },
		"mailbox": func(d *Decoder) (any, bool) { var v string; ok := d.ExpectMailbox(&v); return v, ok },
		"pattern": func(d *Decoder) (any, bool) { var v string; ok := d.ExpectListMailbox(&v); return v, ok },
		"flags":   func(d *Decoder) (any, bool) { var v []string; ok := d.FlagList(&v); return v, ok },
		"set":     func(d *Decoder) (any, bool) { var v NumSet; ok := d.ExpectNumSet(&v); return v.Ranges, ok },
		"date":    func(d *Decoder) (any, bool) { var v time.Time; ok := d.ExpectDate(&v); return v, ok },
		"time": func(d *Decoder) (any, bool) {
			var v time.Time
			ok := d.DateTime(&v)
			return string(AppendDateTime(nil, v)), ok
		},
		"nstring": func(d *Decoder) (any, bool) {
			var v string
			isNil, ok := d.ExpectNString(&v)
			if isNil {
				return nil, ok
			}
			return v, ok
		},
		"list": func(d *Decoder) (any, bool) {
			var v []string
			var element func() bool
			element = func() bool {
				var s string
				if d.List(element) {
					return true
				}
				ok := d.ExpectAString(&s)
				v = append(v, s)
				return ok
			}
			ok := d.ExpectList(element)
			return v, ok
		},
	}
	for _, c := range []struct {
		element, line string
		want          any
		err           string
	}{
		{"atom", "abc", "abc", ""},
		{"atom", "(", nil, "Expected an atom"},
		{"atom", "a\x00", "a", "Junk after the command"},
		{"atom", strings.Repeat("x", 2000), nil, "Command line too long"},
		{"keyword", "uid", "UID", ""},
		{"keyword", "body[", "BODY", "Junk after the command"},
		{"tag", "a.1", "a.1", ""},
		{"tag", "+a", nil, "Invalid tag"},
		{"tag", "a+b", nil, "Invalid tag"},
		{"tag", "a{} ", nil, "Invalid tag"},
		{"string", `"a b"`, "a b", ""},
		{"string", `"a\"b\\"`, `a"b\`, ""},
		{"string", `"a\b"`, nil, "Invalid escape in a quoted string"},
		{"string", `"a`, nil, "Invalid character in a quoted string"},
		{"string", "\"a\x00\"", nil, "Invalid character in a quoted string"},
		{"string", `"é"`, "é", ""},
		{"string", "{3}\r\na\r\n", "a\r\n", ""},
		{"string", "{3+}\r\nabc", "abc", ""},
		{"string", "{3+}\nabc", "abc", ""},
		{"string", "{0}\r\n", "", ""},
		{"string", "{3+}\r\na\x00c", nil, "NUL is not allowed in a literal"},
		{"string", "~{3+}\r\na\x00c", "a\x00c", ""},
		{"string", "{101}", nil, "Literal too large"},
		{"string", "{4294967296}", nil, "Literal too large"},
		{"string", "{99999999999999999999999999}", nil, "Literal too large"},
		{"string", "{}", nil, "Invalid literal size"},
		{"string", "{-1}", nil, "Invalid literal size"},
		{"string", "{1}x", nil, "Invalid literal"},
		{"astring", "a]b", "a]b", ""},
		{"astring", "~peter", "~peter", ""},
		{"astring", "~", "~", ""},
		{"astring", "*", nil, "Expected a string or atom"},
		{"nstring", "nil", nil, ""},
		{"nstring", `"nil"`, "nil", ""},
		{"nstring", `x`, nil, "Expected a string or NIL"},
		{"number", "4294967295", uint32(4294967295), ""},
		{"number", "4294967296", nil, "Number too large"},
		{"number", "99999999999999999999", nil, "Number too large"},
		{"number", "x", nil, "Expected a number"},
		{"mailbox", "inBox", "INBOX", ""},
		{"mailbox", "inbox/a", "INBOX/a", ""},
		{"mailbox", "inboxes", "inboxes", ""},
		{"mailbox", "t&AOk-", "té", ""},
		{"mailbox", "t&", NoMailbox, ""},
		{"pattern", "a/%*]", "a/%*]", ""},
		{"pattern", `"a b%"`, "a b%", ""},
		{"flags", `(\seen foo \DELETED)`, []string{`\Seen`, "foo", `\Deleted`}, ""},
		{"flags", `()`, []string(nil), ""},
		{"flags", `(\nope)`, nil, "Invalid system flag"},
		{"flags", `(\*)`, nil, "Invalid flag"},
		{"set", "1,3:5,*:7", []Range{{1, 1}, {3, 5}, {Star, 7}}, ""},
		{"set", "0", nil, "Invalid messageset"},
		{"set", "1,", nil, "Invalid messageset"},
		{"set", "1:", nil, "Invalid messageset"},
		{"set", "1:2:3", nil, "Invalid messageset"},
		{"set", "4294967296", nil, "Invalid messageset"},
		{"set", "1,$", nil, "Invalid messageset"},
		{"date", "1-Feb-2006", time.Date(2006, 2, 1, 0, 0, 0, 0, time.UTC), ""},
		{"date", `" 1-feb-2006"`, time.Date(2006, 2, 1, 0, 0, 0, 0, time.UTC), ""},
		{"date", "32-Jan-2006", nil, "Invalid search date"},
		{"time", `" 1-Feb-2006 15:04:05 -0130"`, `"01-Feb-2006 15:04:05 -0130"`, ""},
		{"time", `"11-Feb-2006 15:04:05 +1400"`, `"11-Feb-2006 15:04:05 +1400"`, ""},
		{"time", `"31-Feb-2006 23:59:60 +0000"`, `"04-Mar-2006 00:00:00 +0000"`, ""},
		{"time", `"99-dec-2006 25:61:61 +0000"`, `"10-Mar-2007 02:02:01 +0000"`, ""},
		{"time", `"31-Dec-9999 24:00:00 +0000"`, `"01-Jan-9999 00:00:00 +0000"`, ""},
		{"time", `"11-Feb-2006"`, nil, "Invalid internal date"},
		{"time", `"11-Feb-2006 15:04:05 +9900"`, nil, "Invalid internal date"},
		{"time", `"11-Feb-2006 15:4:05 +00000"`, nil, "Invalid internal date"},
		{"time", `"11-Fob-2006 15:04:05 +0000"`, nil, "Invalid internal date"},
		{"time", `"111-Feb-2006 15:04:05 +000"`, nil, "Invalid internal date"},
		{"time", `""`, nil, "Invalid internal date"},
		{"list", "(a (b c) d)", []string{"a", "b", "c", "d"}, ""},
		{"list", "( a )", []string{"a"}, ""},
		{"list", "(a", nil, "Expected ')'"},
		{"list", "((((((a", nil, "Too many nested parentheses"},
		{"list", "(" + strings.Repeat("a ", 60) + ")", nil, "Too many arguments"},
	} {
		for name, wrap := range readers {
			src := &script{Reader: wrap(strings.NewReader(c.line + "\r\nnext\r\n"))}
			d := newTestDecoder(src)
			got, ok := read[c.element](d)
			if ok {
				ok = d.ExpectCRLF()
			}
			if c.err != "" {
				if ok || d.Err() == nil || d.Err().Error() != c.err {
					t.Errorf("%s %.40q %s: error %v, want %q", c.element, c.line, name, d.Err(), c.err)
				}
			} else if !ok || !cmp.Equal(got, c.want) {
				t.Errorf("%s %.40q %s: %#v, %v; want %#v", c.element, c.line, name, got, d.Err(), c.want)
			}
			// Whatever happened, the next command is found.
			var next string
			if ok := d.Discard(); !ok && !strings.Contains(c.line, "{") {
				t.Errorf("%s %.40q %s: Discard: %v", c.element, c.line, name, d.Err())
			}
			d.Begin()
			if d.ExpectTag(&next); next != "next" && !strings.Contains(c.line, "{") {
				t.Errorf("%s %.40q %s: next command is %q", c.element, c.line, name, next)
			}
		}
	}
}

// TestDiscard skips faulty commands with literals and finds the next one.
func TestDiscard(t *testing.T) {
	for _, line := range []string{
		"",
		"junk",
		strings.Repeat("y", 100_000),
		"junk {5+}\r\na\r\n12",
		"junk {5+}\r\na\r\n12 {3+}\r\n\r\n\r more",
		"junk {5}", // not sent: the client waits
		"junk {5+} x",
		"junk {x+}",
		"junk {+}",
		"+}",
		"12345+}",
		"a line that ends in x12345678901234567890+}",
		strings.Repeat("z", 16<<10-3) + "{12+}\r\n{7+}\r\n{7+}\r\n",
	} {
		for name, wrap := range readers {
			d := newTestDecoder(&script{Reader: wrap(strings.NewReader(line + "\r\nnext\r\n"))})
			d.Fail("faulty")
			if !d.Discard() {
				t.Errorf("%.40q %s: %v", line, name, d.Err())
				continue
			}
			var next string
			d.Begin()
			if d.ExpectTag(&next); next != "next" {
				t.Errorf("%.40q %s: next command is %q, %v", line, name, next, d.Err())
			}
		}
	}
}

// TestDiscardLongSize: a literal whose size has more digits than are looked at
// is a literal all the same. Its bytes are not read as commands.
func TestDiscardLongSize(t *testing.T) {
	for _, size := range []string{strings.Repeat("9", 18), strings.Repeat("9", 32), strings.Repeat("9", 10_000), strings.Repeat("0", 40) + "5"} {
		for name, wrap := range readers {
			d := newTestDecoder(&script{Reader: wrap(strings.NewReader("junk {" + size + "+}\r\nnext\r\n"))})
			d.Fail("faulty")
			var wire *Error
			if d.Discard() || !errors.As(d.Err(), &wire) || wire.Kind != Fatal {
				t.Errorf("%.40q %s: %v, want a fatal error", size, name, d.Err())
			}
		}
	}
}

// TestDiscardLiteral leaves literals unread in every way.
func TestDiscardLiteral(t *testing.T) {
	for _, c := range []struct {
		input     string
		accept    bool
		read      int
		continued int
	}{
		{"{5}\r\nnext\r\n", false, 0, 0},
		{"{5+}\r\nabcde\r\nnext\r\n", false, 0, 0},
		{"{5+}\r\nabcde {2+}\r\nab\r\nnext\r\n", false, 0, 0},
		{"{5}\r\nabcde\r\nnext\r\n", true, 0, 1},
		{"{5}\r\nabcde\r\nnext\r\n", true, 3, 1},
		{"{5}\r\nabcde\r\nnext\r\n", true, 5, 1},
		{"{0}\r\n\r\nnext\r\n", true, 0, 1},
	} {
		src := &script{Reader: strings.NewReader(c.input)}
		d := newTestDecoder(src)
		lit, ok := d.ExpectLiteral()
		if !ok {
			t.Fatalf("%q: %v", c.input, d.Err())
		}
		if c.accept {
			if err := lit.Accept(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(lit, make([]byte, c.read)); err != nil {
				t.Fatal(err)
			}
		}
		var next string
		if !d.Discard() {
			t.Errorf("%q: %v", c.input, d.Err())
		}
		d.Begin()
		if d.ExpectTag(&next); next != "next" || src.continued != c.continued {
			t.Errorf("%q: next command is %q, continued %d times", c.input, next, src.continued)
		}
	}
}

// zeros is an endless client.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	z.n += int64(len(p))
	return len(p), nil
}
func (z *zeros) Continue() error { return nil }

// TestEndless gives up on a client that never ends its line, with little memory.
func TestEndless(t *testing.T) {
	z := new(zeros)
	d := newTestDecoder(z)
	var s string
	allocs := testing.AllocsPerRun(1, func() {
		d.Begin()
		d.ExpectAtom(&s)
		if d.Discard() {
			t.Error("an endless line was survived")
		}
	})
	var own *Error
	if !errors.As(d.Err(), &own) || own.Kind != Fatal {
		t.Errorf("error %v, want a fatal one", d.Err())
	}
	if z.n > 3*MaxDrain || allocs > 20 {
		t.Errorf("%d bytes read, %v allocations", z.n, allocs)
	}
}

// TestLiteralBudget counts literals of one command together.
func TestLiteralBudget(t *testing.T) {
	piece := "{100+}\r\n" + strings.Repeat("x", 100)
	d := newTestDecoder(&script{Reader: strings.NewReader(piece + piece + "\r\nnext\r\n")})
	var s string
	if !d.ExpectString(&s) || d.ExpectString(&s) {
		t.Fatal("the second literal must not fit")
	}
	var own *Error
	if !errors.As(d.Err(), &own) || own.Kind != TooBig {
		t.Fatalf("error %v, want TooBig", d.Err())
	}
	if !d.Discard() {
		t.Fatal(d.Err())
	}
	d.Begin()
	if d.ExpectTag(&s); s != "next" {
		t.Errorf("next command is %q", s)
	}
}

// TestLiteralStream reads a large literal through small and large buffers.
func TestLiteralStream(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 10_000)
	for _, size := range []int{1000, 100_000} {
		d := newTestDecoder(&script{Reader: strings.NewReader("{160000+}\r\n" + body + "\r\n")})
		lit, ok := d.ExpectLiteral()
		if !ok || lit.Size != int64(len(body)) {
			t.Fatal(d.Err())
		}
		if err := lit.Accept(); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if _, err := io.CopyBuffer(struct{ io.Writer }{&got}, lit, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if got.String() != body || !d.ExpectCRLF() {
			t.Errorf("buffer of %d: body differs, %v", size, d.Err())
		}
	}
}

// TestCutConnection reports the connection's end inside a command as such.
func TestCutConnection(t *testing.T) {
	for _, c := range []struct {
		input string
		want  error
	}{
		{"", io.EOF},
		{"abc", io.ErrUnexpectedEOF},
		{"{5+}\r\nab", io.ErrUnexpectedEOF},
	} {
		d := newTestDecoder(&script{Reader: strings.NewReader(c.input)})
		var s string
		d.ExpectAString(&s)
		if !errors.Is(d.Err(), c.want) {
			t.Errorf("%q: %v, want %v", c.input, d.Err(), c.want)
		}
	}
}

func TestExpectDate(t *testing.T) {
	for text, want := range map[string]string{
		"1-Feb-2006":     "2006-02-01",
		`"01-feb-2006"`:  "2006-02-01",
		`" 1-Feb-2006"`:  "2006-02-01",
		"29-Feb-2024":    "2024-02-29",
		"31-Feb-2025":    "2025-03-03",
		"0-Feb-2006":     "",
		"32-Feb-2006":    "",
		"001-Feb-2006":   "",
		"+1-Feb-2006":    "",
		"1-Feb-06":       "",
		"1-Fob-2006":     "",
		"1-Feb":          "",
		"":               "",
		"1-Feb-2006-x":   "",
		"1-February-006": "",
	} {
		d := newTestDecoder(&script{Reader: strings.NewReader(text + "\r\n")})
		var got time.Time
		if ok := d.ExpectDate(&got); ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
}

// TestLineCutAtLiteral ends the longest line at each byte of a literal's header:
// the literal is never taken for a command, however the bytes come.
func TestLineCutAtLiteral(t *testing.T) {
	for _, header := range []string{"{6+}", "{0000000000000000000000000006+}"} {
		for pad := testLimits.Line - len(header) - 5; pad <= testLimits.Line+5; pad++ {
			input := strings.Repeat("x", pad-2) + " " + header + "\r\nEVIL x\r\nb NOOP\r\n"
			for _, split := range []io.Reader{strings.NewReader(input), iotest.OneByteReader(strings.NewReader(input))} {
				d := new(Decoder)
				d.Reset(&script{Reader: split}, testLimits, nil)
				for {
					d.Begin()
					var tag string
					if d.ExpectTag(&tag); tag == "EVIL" {
						t.Fatalf("%s behind %d bytes: the literal was read as a command", header, pad)
					}
					for d.Err() == nil && d.SP() {
						d.ExpectAString(new(string))
					}
					if !d.Discard() {
						break
					}
				}
			}
		}
	}
}
