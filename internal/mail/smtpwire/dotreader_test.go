package smtpwire_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"tram/internal/mail/smtpwire"
)

var soak = flag.Bool("soak", false, "run the exhaustive tests to their full depth")

// segments is a Source that hands out given pieces one by one.
type segments struct {
	pieces [][]byte
	window []byte
}

func (s *segments) Buffered() []byte { return s.window }
func (s *segments) Discard(n int)    { s.window = s.window[n:] }
func (s *segments) Fill() error {
	if len(s.pieces) == 0 {
		return io.EOF
	}
	s.window = append(bytes.Clone(s.window), s.pieces[0]...)
	s.pieces = s.pieces[1:]
	return nil
}

// rest is everything that the reader has left for the next command.
func (s *segments) rest() string {
	return string(s.window) + string(bytes.Join(s.pieces, nil))
}

// model is the reference: where the message ends, and what it is.
func model(stream string) (text, rest string, ended, faulty bool) {
	all := "\r\n" + stream // the line end of the DATA command counts (RFC 5321 4.1.1.4)
	end := strings.Index(all, "\r\n.\r\n")
	if end < 0 {
		return "", "", false, strings.ContainsAny(stripped(stream), "\r\n\x00")
	}
	body := all[2 : max(end, 0)+2]
	for line := range strings.SplitSeq(body, "\r\n") {
		text += strings.TrimPrefix(line, ".") + "\r\n"
	}
	return strings.TrimSuffix(text, "\r\n"), all[end+5:], true, strings.ContainsAny(stripped(body), "\r\n\x00")
}

func stripped(s string) string { return strings.ReplaceAll(s, "\r\n", "") }

// TestDotReaderExhaustive compares every string over the dangerous characters,
// cut into segments in every way, with the model.
func TestDotReaderExhaustive(t *testing.T) {
	depth := 6
	if testing.Short() {
		depth = 5
	}
	if *soak {
		depth = 8
	}
	const alphabet = "\r\n.\x00a"
	count := 0
	var walk func(prefix string)
	walk = func(prefix string) {
		for _, tail := range []string{"", "\r\n.\r\nNEXT"} {
			count += checkSplits(t, prefix, tail)
		}
		if len(prefix) < depth && !t.Failed() {
			for _, c := range alphabet {
				walk(prefix + string(c))
			}
		}
	}
	walk("")
	t.Logf("%d streams up to length %d, each in all segmentations", count, depth)
}

// checkSplits runs one stream in all segmentations of its dangerous part.
func checkSplits(t *testing.T, danger, tail string) int {
	stream := danger + tail
	text, rest, ended, faulty := model(stream)
	for cuts := range 1 << max(len(danger)-1, 0) {
		src := &segments{}
		from := 0
		for i := 1; i < len(danger); i++ {
			if cuts>>(i-1)&1 == 1 {
				src.pieces = append(src.pieces, []byte(stream[from:i]))
				from = i
			}
		}
		if from < len(stream) {
			src.pieces = append(src.pieces, []byte(stream[from:]))
		}
		if err := checkStream(src, text, rest, ended, faulty); err != nil {
			t.Fatalf("stream %q, cuts %b: %v", stream, cuts, err)
		}
	}
	return 1
}

func checkStream(src *segments, text, rest string, ended, faulty bool) error {
	var d smtpwire.DotReader
	d.Reset(src, smtpwire.BodyLimits{})
	got, err := io.ReadAll(&d)
	complete := d.Complete()
	drained := d.Drain(1 << 20)
	switch {
	case !ended && drained != io.ErrUnexpectedEOF:
		return fmt.Errorf("ended where there is no end: %v", drained)
	case !ended && complete:
		return errors.New("complete without an end")
	case !ended:
		return nil
	case drained != nil:
		return fmt.Errorf("drain: %v", drained)
	case src.rest() != rest:
		return fmt.Errorf("left %q for the next command, want %q", src.rest(), rest)
	case faulty && (err == nil || complete || d.Fault() == nil):
		return fmt.Errorf("took %q", got)
	case !faulty && (err != nil || !complete || d.Fault() != nil || string(got) != text):
		return fmt.Errorf("read %q, %v, want %q", got, err, text)
	}
	return nil
}

func TestDotReaderFaults(t *testing.T) {
	for _, tt := range []struct {
		in    string
		fault error
	}{
		{"a\rb\r\n.\r\n", smtpwire.ErrBareCR}, {"a\nb\r\n.\r\n", smtpwire.ErrBareLF}, {"a\x00b\r\n.\r\n", smtpwire.ErrNUL},
		{"123456789\r\n.\r\n", smtpwire.ErrLongLine}, {"1234\r\n5678\r\n90\r\n.\r\n", smtpwire.ErrTooLarge},
		{"12345678\r\n12\r\n.\r\n", nil}, {"..345678\r\n.\r\n", nil},
	} {
		for _, each := range []bool{false, true} {
			src := &segments{pieces: [][]byte{[]byte(tt.in + "QUIT")}}
			if each {
				src = &segments{pieces: bytes.SplitAfter([]byte(tt.in+"QUIT"), nil)}
			}
			var d smtpwire.DotReader
			d.Reset(src, smtpwire.BodyLimits{Size: 14, Line: 8})
			_, err := io.ReadAll(&d)
			if err != tt.fault || d.Fault() != tt.fault {
				t.Errorf("%q: %v, fault %v, want %v", tt.in, err, d.Fault(), tt.fault)
			}
			if err := d.Drain(1000); err != nil || src.rest() != "QUIT" {
				t.Errorf("%q: drained %v, rest %q", tt.in, err, src.rest())
			}
		}
	}
}

func TestDotReaderDrainGivesUp(t *testing.T) {
	src := &segments{pieces: [][]byte{[]byte("a\rb"), make([]byte, 4096), make([]byte, 4096), []byte("\r\n.\r\n")}}
	var d smtpwire.DotReader
	d.Reset(src, smtpwire.BodyLimits{})
	if _, err := io.ReadAll(&d); err != smtpwire.ErrBareCR {
		t.Fatal(err)
	}
	if err := d.Drain(5000); err != smtpwire.ErrNotDrained {
		t.Errorf("got %v", err)
	}
}

// TestDotReaderUnread: what a receiver left unread is drained.
func TestDotReaderUnread(t *testing.T) {
	for n := range 12 {
		src := &segments{pieces: bytes.SplitAfter([]byte("ab\r\n..c\r\n.\r\nQUIT"), nil)}
		var d smtpwire.DotReader
		d.Reset(src, smtpwire.BodyLimits{})
		if _, err := io.ReadFull(&d, make([]byte, n)); n <= 8 && err != nil {
			t.Fatal(n, err)
		}
		if err := d.Drain(1000); err != nil || src.rest() != "QUIT" {
			t.Errorf("after %d: %v, rest %q", n, err, src.rest())
		}
	}
}

func TestDotReaderIsAReader(t *testing.T) {
	var d smtpwire.DotReader
	d.Reset(&segments{pieces: [][]byte{[]byte("..a\r\n\r\n.b\r\n.\r\n")}}, smtpwire.BodyLimits{})
	if err := iotest.TestReader(&d, []byte(".a\r\n\r\nb\r\n")); err != nil {
		t.Error(err)
	}
}

// FuzzDotReader cuts a stream in two places and compares with the model.
func FuzzDotReader(f *testing.F) {
	f.Add("a\r\n.\r\nb", uint16(2), uint16(3))
	f.Add("\r\n..\r\n.\r\r\n.\r\n", uint16(1), uint16(9))
	f.Fuzz(func(t *testing.T, stream string, a, b uint16) {
		i := int(a) % (len(stream) + 1)
		j := i + int(b)%(len(stream)-i+1)
		src := &segments{}
		for _, piece := range []string{stream[:i], stream[i:j], stream[j:]} {
			if piece != "" {
				src.pieces = append(src.pieces, []byte(piece))
			}
		}
		text, rest, ended, faulty := model(stream)
		if err := checkStream(src, text, rest, ended, faulty); err != nil {
			t.Fatalf("%q: %v", stream, err)
		}
	})
}

// window is a Source that never copies, as a connection's buffer.
type window struct {
	all []byte
	pos int
	end int
}

func (w *window) Buffered() []byte { return w.all[w.pos:w.end] }
func (w *window) Discard(n int)    { w.pos += n }
func (w *window) Fill() error {
	if w.end == len(w.all) {
		return io.EOF
	}
	w.end = min(w.end+32<<10, len(w.all))
	return nil
}

func BenchmarkDotReader(b *testing.B) {
	line := strings.Repeat("x", 74) + "\r\n"
	for _, bb := range []struct{ name, line string }{{"usual", line}, {"base64", line}, {"dots", "..\r\n"}, {"empty", "\r\n"}, {"one", strings.Repeat("x", 1<<16)}} {
		body := []byte(strings.Repeat(bb.line, 1<<20/len(bb.line)) + "\r\n.\r\n")
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var d smtpwire.DotReader
			var w window
			for b.Loop() {
				w = window{all: body}
				d.Reset(&w, smtpwire.BodyLimits{Line: 1 << 20, Size: 1 << 30})
				if _, err := d.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
