package imap

import (
	"bufio"
	"bytes"
	"compress/flate"
	"net"
	"strings"
	"sync"

	"tram/internal/access/imap/inflate"
)

// rawBuffer is how much of a compressed command is read at once; what stands at
// its beginning has been read into session.first.
const rawBuffer = 4 << 10

// compression is the DEFLATE layer of a session (RFC 4978). While nothing is to
// be done it holds what the client may refer back to, at most 32 KiB and mostly
// the little that it has ever sent. Towards the client every batch of answers
// begins with an empty history: a compressor that remembers costs over a MiB, so
// all sessions share a few.
type compression struct {
	in  inflate.Reader
	raw *[rawBuffer]byte // lent while a batch is answered
	out *compressor      // the same
}

// compressor compresses what one batch or push sends.
type compressor struct {
	deflate *flate.Writer
	to      *bufio.Writer
}

var (
	rawBuffers  = sync.Pool{New: func() any { return new([rawBuffer]byte) }}
	compressors = sync.Pool{New: func() any {
		// The cheapest level makes a list of envelopes a sixth as long, the best
		// one a ninth, in several times the time.
		deflate, err := flate.NewWriter(nil, flate.BestSpeed)
		if err != nil {
			panic("imap: " + err.Error()) // there is such a level
		}
		return &compressor{deflate: deflate, to: bufio.NewWriterSize(nil, 16<<10)}
	}}
)

// compress = "COMPRESS" SP "DEFLATE" (RFC 4978 3)
func (s *session) compress() (string, error) {
	var algorithm string
	if !s.dec.ExpectSP() || !s.dec.ExpectAtom(&algorithm) || !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	switch {
	case s.z != nil:
		return "", &statusError{status: "BAD", code: "COMPRESSIONACTIVE", text: "DEFLATE is active already"}
	case !strings.EqualFold(algorithm, "DEFLATE"):
		return "", bad("Unknown compression mechanism, the only one is DEFLATE")
	}
	s.after = s.beginCompression
	return "DEFLATE active", nil
}

// beginCompression compresses from behind the tagged OK on. What the client has
// sent meanwhile, though it should have waited, is compressed already.
func (s *session) beginCompression() {
	if s.enc.Flush() != nil {
		s.state = stateLogout
		return
	}
	s.z = new(compression)
	s.z.in.Feed(bytes.Clone(s.dec.TakeBuffered()))
}

// endCompression goes back to plain text: UNAUTHENTICATE ends what the client
// compresses with the line's end, and what the server does with its answer
// (RFC 8437 4.1).
func (s *session) endCompression() {
	if s.z == nil {
		return
	}
	rest := bytes.Clone(s.z.in.End())
	s.z.rest()
	s.z = nil
	s.dec.Reset(s, s.decoderLimits(), rest)
}

// rest gives back what is not needed between two batches.
func (z *compression) rest() {
	if z == nil {
		return
	}
	if z.raw != nil {
		rawBuffers.Put(z.raw)
		z.raw = nil
	}
	if z.out != nil {
		compressors.Put(z.out)
		z.out = nil
	}
	z.in.Shrink()
}

// read gives what the client means by the bytes that it sends.
func (z *compression) read(nc net.Conn, p []byte) (int, error) {
	for {
		if n, err := z.in.Read(p); n > 0 || err != nil {
			return n, err
		}
		if z.raw == nil {
			z.raw = rawBuffers.Get().(*[rawBuffer]byte)
		}
		n, err := nc.Read(z.raw[:])
		if n == 0 {
			return 0, err
		}
		z.in.Feed(z.raw[:n])
	}
}

// write sends p, all of which the client can read then.
func (z *compression) write(nc net.Conn, p []byte) (int, error) {
	if z.out == nil {
		z.out = compressors.Get().(*compressor)
		z.out.to.Reset(nc)
		z.out.deflate.Reset(z.out.to)
	}
	_, err := z.out.deflate.Write(p)
	if err == nil {
		err = z.out.deflate.Flush()
	}
	if err == nil {
		err = z.out.to.Flush()
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
