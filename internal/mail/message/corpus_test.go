package message

import (
	"bytes"
	"io"
	"testing"
	"unicode/utf8"
)

// TestCorpus reads mail from many programs, broken mail too.
func TestCorpus(t *testing.T) {
	for name, msg := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			d := checkMessage(t, msg)
			if !utf8.Valid(checkText(t, d, msg)) {
				t.Error("text is not UTF-8")
			}
			checkMessage(t, bytes.ReplaceAll(msg, []byte("\r\n"), []byte("\n")))
		})
	}
}

// TestCorpusDecodes compares the decoders with themselves: whole and in small
// reads.
func TestCorpusDecodes(t *testing.T) {
	for name, msg := range corpus(t) {
		d := digestOf(t, msg)
		table, _ := Parts(d.Parts)
		table.Walk(func(_ int, p *Part) bool {
			if p.Kind != Leaf || p.Encoding == Unknown || p.BodyEnd-p.BodyStart > 20_000 {
				return true
			}
			body := msg[p.BodyStart:p.BodyEnd]
			whole, err := io.ReadAll(NewDecoder(bytes.NewReader(body), p.Encoding))
			if err != nil {
				t.Fatal(err)
			}
			bytewise, _ := io.ReadAll(NewDecoder(oneByte{bytes.NewReader(body)}, p.Encoding))
			if !bytes.Equal(whole, bytewise) {
				t.Errorf("%s: encoding %d in single bytes gives %q, want %q", name, p.Encoding, bytewise, whole)
			}
			return true
		})
	}
}

// oneByte reads a byte at a time.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }
