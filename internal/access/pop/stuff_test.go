package pop

import (
	"bytes"
	"strings"
	"testing"
)

// TestStuffer sends texts in every split into two pieces: what comes out must
// not depend on it.
func TestStuffer(t *testing.T) {
	for _, c := range []struct {
		name, in string
		lines    int
		want     string
	}{
		{"plain", "a: b\r\n\r\nc\r\n", -1, "a: b\r\n\r\nc\r\n.\r\n"},
		{"dots", ".a\r\n..b\r\nc.d\r\n.\r\n", -1, "..a\r\n...b\r\nc.d\r\n..\r\n.\r\n"},
		{"no end of line", "a: b\r\n\r\nc", -1, "a: b\r\n\r\nc\r\n.\r\n"},
		{"empty", "", -1, ".\r\n"},
		{"top 0", "a: b\r\nc: d\r\n\r\ne\r\nf\r\n", 0, "a: b\r\nc: d\r\n\r\n.\r\n"},
		{"top 1", "a: b\r\n\r\n.e\r\nf\r\n", 1, "a: b\r\n\r\n..e\r\n.\r\n"},
		{"top more than there is", "a: b\r\n\r\ne\r\nf", 9, "a: b\r\n\r\ne\r\nf\r\n.\r\n"},
		{"top without a body", "a: b\r\n", 3, "a: b\r\n.\r\n"},
	} {
		for cut := range len(c.in) + 1 {
			var out bytes.Buffer
			s := stuffer{w: &out, body: c.lines}
			for _, piece := range []string{c.in[:cut], c.in[cut:]} {
				if !s.done {
					s.write([]byte(piece))
				}
			}
			s.end()
			if out.String() != c.want {
				t.Errorf("%s, cut at %d: %q, want %q", c.name, cut, out.String(), c.want)
			}
		}
	}
}

func BenchmarkStuffer(b *testing.B) {
	text := []byte(strings.Repeat(strings.Repeat("x", 74)+"\r\n", 108))
	var out bytes.Buffer
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		out.Reset()
		s := stuffer{w: &out, body: -1}
		s.write(text)
		s.end()
	}
}
