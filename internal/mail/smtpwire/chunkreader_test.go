package smtpwire_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"tram/internal/mail/smtpwire"
)

// chunked is a ChunkSource: a stream cut into chunks, and into segments of the
// network that know nothing of them.
type chunked struct {
	segments
	chunks []smtpwire.Chunk
	acks   int
}

func (c *chunked) Next() (smtpwire.Chunk, error) {
	c.acks++
	if len(c.chunks) == 0 {
		return smtpwire.Chunk{}, io.EOF
	}
	next := c.chunks[0]
	c.chunks = c.chunks[1:]
	return next, nil
}

// TestChunkReaderExhaustive reads every string over the dangerous characters in
// every cut into chunks, in two segmentations, and by Read and WriteTo.
func TestChunkReaderExhaustive(t *testing.T) {
	depth := 5
	if *soak {
		depth = 7
	}
	count := 0
	var walk func(text string)
	walk = func(text string) {
		for cuts := range 1 << max(0, len(text)-1) {
			count++
			checkChunks(t, text, cuts)
		}
		if len(text) < depth && !t.Failed() {
			for _, c := range "\r\n.\x00a" {
				walk(text + string(c))
			}
		}
	}
	walk("")
	t.Logf("%d messages", count)
}

func checkChunks(t *testing.T, text string, cuts int) {
	t.Helper()
	want := text
	if text != "" && !strings.HasSuffix(text, "\r\n") {
		want += "\r\n"
	}
	// The header of a binary message is text too, and complete.
	header, _, hasBody := strings.Cut("\r\n"+text, "\r\n\r\n")
	if hasBody {
		header += "\r\n"
	}
	binaryWant := text
	if !hasBody {
		binaryWant = want
	}
	for _, binary := range []bool{false, true} {
		for _, zeroLast := range []bool{false, true} {
			for way, readAll := range map[string]func(*smtpwire.ChunkReader) (string, error){"Read": readSlowly, "WriteTo": readByWriteTo} {
				src := cut(text+"NEXT", len(text), cuts, zeroLast)
				r := smtpwire.NewChunkReader(src, first(src), binary, smtpwire.BodyLimits{})
				got, err := readAll(r)
				judged, want := text, want
				if binary {
					judged, want = header, binaryWant
				}
				bad := strings.ContainsAny(stripped(judged), "\r\n\x00")
				if bad != (err != nil) || bad == r.Complete() || bad != (r.Fault() != nil) {
					t.Fatalf("%s %q cut %b: error %v, complete %v, fault %v", way, text, cuts, err, r.Complete(), r.Fault())
				}
				if !bad && (got != want || r.Size() != int64(len(want))) {
					t.Fatalf("%s %q cut %b: read %q", way, text, cuts, got)
				}
				if err := r.Drain(100); err != nil || !strings.HasSuffix(src.rest(), "NEXT") || !bad && src.rest() != "NEXT" {
					t.Fatalf("%s %q cut %b: left %q, %v", way, text, cuts, src.rest(), err)
				}
			}
		}
	}
}

// cut makes chunks of the first n octets of stream. Bit i of cuts is a border
// between chunks, and a clear one a border between segments.
func cut(stream string, n, cuts int, zeroLast bool) *chunked {
	c := &chunked{}
	begin, piece := 0, 0
	for i := 1; i <= n; i++ {
		if i < n && cuts>>(i-1)&1 == 1 {
			c.chunks = append(c.chunks, smtpwire.Chunk{Size: int64(i - begin)})
			begin = i
		} else if i < n {
			c.pieces = append(c.pieces, []byte(stream[piece:i]))
			piece = i
		}
	}
	c.pieces = append(c.pieces, []byte(stream[piece:]))
	c.chunks = append(c.chunks, smtpwire.Chunk{Size: int64(n - begin), Last: !zeroLast})
	if zeroLast {
		c.chunks = append(c.chunks, smtpwire.Chunk{Last: true})
	}
	return c
}

func first(c *chunked) smtpwire.Chunk {
	next, _ := c.Next()
	return next
}

func readSlowly(r *smtpwire.ChunkReader) (string, error) {
	b, err := io.ReadAll(iotest.OneByteReader(r))
	return string(b), err
}

func readByWriteTo(r *smtpwire.ChunkReader) (string, error) {
	var b strings.Builder
	_, err := r.WriteTo(&b)
	return b.String(), err
}

// TestChunkSizes: the limit holds over all chunks, and before they are there.
func TestChunkSizes(t *testing.T) {
	for _, tt := range []struct {
		chunks []smtpwire.Chunk
		want   error
	}{
		{[]smtpwire.Chunk{{Size: 10, Last: true}}, nil},
		{[]smtpwire.Chunk{{Size: 4}, {Size: 6}, {Size: 0, Last: true}}, nil},
		{[]smtpwire.Chunk{{Size: 11, Last: true}}, smtpwire.ErrTooLarge},
		{[]smtpwire.Chunk{{Size: 5}, {Size: 6, Last: true}}, smtpwire.ErrTooLarge},
		{[]smtpwire.Chunk{{Size: 1 << 59}}, smtpwire.ErrTooLarge},
	} {
		src := &chunked{segments: segments{pieces: [][]byte{[]byte(strings.Repeat("x\r\n", 3) + "yzzzzzzzz")}}, chunks: tt.chunks}
		r := smtpwire.NewChunkReader(src, first(src), false, smtpwire.BodyLimits{Size: 10})
		if _, err := readByWriteTo(r); !errors.Is(err, tt.want) {
			t.Errorf("%v: %v", tt.chunks, err)
		}
		if err := r.Drain(100); (err != nil) != (tt.chunks[0].Size > 100) {
			t.Errorf("%v: drain: %v", tt.chunks, err)
		}
	}
}

// TestChunkReaderCutOff: a message whose last chunk never comes is none.
func TestChunkReaderCutOff(t *testing.T) {
	for _, text := range []string{"", "text\r\n"} {
		src := &chunked{segments: segments{pieces: [][]byte{[]byte(text)}}, chunks: []smtpwire.Chunk{{Size: int64(len(text))}}}
		r := smtpwire.NewChunkReader(src, first(src), false, smtpwire.BodyLimits{})
		if _, err := readByWriteTo(r); err != io.ErrUnexpectedEOF || r.Complete() {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := r.Read(make([]byte, 1)); err != io.ErrUnexpectedEOF {
			t.Errorf("%q, again: %v", text, err)
		}
	}
}

func TestParseChunk(t *testing.T) {
	for arg, want := range map[string]smtpwire.Chunk{
		"0": {}, "0 LAST": {Last: true}, "86 last": {Size: 86, Last: true}, "007": {Size: 7}, "5  Last": {Size: 5, Last: true},
		"999999999999999999": {Size: 999999999999999999},
	} {
		if got, err := smtpwire.ParseChunk([]byte(arg)); err != nil || got != want {
			t.Errorf("%q: %v, %v", arg, got, err)
		}
	}
	for _, arg := range []string{"", "LAST", " 1", "-1", "+1", "1 LASTX", "1LAST", "1 2", "1 LAST LAST", "1234567890123456789", "0x10", "1\tLAST x", "1.0"} {
		if got, err := smtpwire.ParseChunk([]byte(arg)); err == nil {
			t.Errorf("%q: %v", arg, got)
		}
	}
}

func FuzzParseChunk(f *testing.F) {
	f.Add([]byte("100 LAST"))
	f.Fuzz(func(t *testing.T, arg []byte) {
		if c, err := smtpwire.ParseChunk(arg); c.Size < 0 || err != nil && c != (smtpwire.Chunk{}) {
			t.Errorf("%q: %v, %v", arg, c, err)
		}
	})
}
