package outlet

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFirstLine(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\n\n": "", "a": "a", "\n  a b \r\nc": "a b", "a\x00\x1b[1mb\n": "a  [1mb", "\xff\n": "?",
		"thư\n": "thư", strings.Repeat("ư", 200) + "\n": strings.Repeat("ư", 150),
	} {
		o := output{limit: 1000, over: func() {}}
		for i := range len(in) { // byte by byte, as a program may write
			if n, err := o.Write([]byte{in[i]}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if got := o.firstLine(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestOver: the limit is called once.
func TestOver(t *testing.T) {
	n := 0
	o := output{limit: 3, over: func() { n++ }}
	for range 5 {
		o.Write([]byte("xx"))
	}
	if n != 1 || !o.exceeded() {
		t.Errorf("called %d times", n)
	}
}

// FuzzFirstLine: it goes into a reply, whatever a program writes.
func FuzzFirstLine(f *testing.F) {
	f.Add([]byte("\x1b]0;x\x07\r\nsecond"))
	f.Fuzz(func(t *testing.T, in []byte) {
		o := output{limit: 1000, over: func() {}}
		o.Write(in)
		line := o.firstLine()
		if len(line) > maxDiagnostic || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Fatalf("%q", line)
		}
	})
}
