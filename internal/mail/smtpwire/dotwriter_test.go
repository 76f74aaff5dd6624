package smtpwire_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"tram/internal/mail/smtpwire"
)

// canonical is the reference: NULs out, then every line end becomes CR LF.
func canonical(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return strings.ReplaceAll(s, "\n", "\r\n")
}

// writeDots writes s in the pieces that the bits of cuts make.
func writeDots(t *testing.T, s string, cuts int) string {
	t.Helper()
	var b bytes.Buffer
	w := smtpwire.NewDotWriter(&b)
	from := 0
	for i := 1; i <= len(s); i++ {
		if i == len(s) || cuts>>(i-1)&1 == 1 {
			if n, err := w.Write([]byte(s[from:i])); n != i-from || err != nil {
				t.Fatal(n, err)
			}
			from = i
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkWritten: whatever goes in, what comes out is one whole message for the
// strictest reader, with the canonical text.
func checkWritten(t *testing.T, in, out string) {
	t.Helper()
	if strings.ContainsAny(stripped(out), "\r\n\x00") {
		t.Fatalf("%q: sent %q", in, out)
	}
	text, rest, ended, faulty := model(out)
	if !ended || faulty || rest != "" || text != canonical(in) {
		t.Fatalf("%q: sent %q, which is %q and %q", in, out, text, rest)
	}
}

// TestDotWriterExhaustive writes every string over the dangerous characters in
// every segmentation.
func TestDotWriterExhaustive(t *testing.T) {
	depth := 6
	if testing.Short() {
		depth = 5
	}
	if *soak {
		depth = 8
	}
	var walk func(string)
	walk = func(s string) {
		for cuts := range 1 << max(len(s)-1, 0) {
			checkWritten(t, s, writeDots(t, s, cuts))
		}
		if len(s) < depth {
			for _, c := range "\r\n.\x00a" {
				walk(s + string(c))
			}
		}
	}
	walk("")
}

func TestDotWriterError(t *testing.T) {
	w := smtpwire.NewDotWriter(failing{})
	if n, err := w.Write([]byte("abc")); n != 0 || err != io.ErrClosedPipe {
		t.Errorf("Write = %d, %v", n, err)
	}
	w.Reset(failing{})
	if err := w.Close(); err != io.ErrClosedPipe {
		t.Errorf("Close = %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzDotWriter(f *testing.F) {
	f.Add("a\r\n.b\n..\rc\x00.", 5)
	f.Add(strings.Repeat("x", 3000)+"\r", 1)
	f.Fuzz(func(t *testing.T, s string, cuts int) {
		checkWritten(t, s, writeDots(t, s, cuts&(1<<20-1)))
	})
}

func BenchmarkDotWriter(b *testing.B) {
	for _, bb := range []struct{ name, line string }{{"usual", strings.Repeat("x", 74) + "\r\n"}, {"dots", ".\r\n"}, {"lf", "a\n"}, {"cr", "a\r"}} {
		body := []byte(strings.Repeat(bb.line, 1<<20/len(bb.line)))
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var w smtpwire.DotWriter
			for b.Loop() {
				w.Reset(io.Discard)
				if _, err := w.Write(body); err != nil || w.Close() != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
