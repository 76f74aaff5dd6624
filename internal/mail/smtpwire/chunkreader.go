package smtpwire

import "io"

// Chunk is the argument of BDAT (RFC 3030 2).
type Chunk struct {
	Size int64 // octets that follow the command line
	Last bool  // the message ends with them
}

// ErrChunk is the reply to a BDAT that cannot be understood. Where the next
// command begins is then unknown: the session has to end.
var ErrChunk = NewReply(501, "5.5.4", "Syntax: BDAT <number of octets> [LAST]. What follows cannot be told from commands, so the connection ends")

// maxChunkDigits keeps a size within int64.
const maxChunkDigits = 18

// ParseChunk parses the argument of BDAT. The error is ErrChunk.
func ParseChunk(arg []byte) (Chunk, error) {
	var c Chunk
	n := 0
	for n < len(arg) && '0' <= arg[n] && arg[n] <= '9' {
		if n == maxChunkDigits {
			return Chunk{}, ErrChunk
		}
		c.Size = c.Size*10 + int64(arg[n]-'0')
		n++
	}
	rest := trimSpace(arg[n:])
	c.Last = equalFold(rest, "LAST")
	if n == 0 || len(rest) > 0 && (!c.Last || len(rest) == len(arg)-n) {
		return Chunk{}, ErrChunk
	}
	return c, nil
}

// ChunkSource is a Source that brings chunks.
type ChunkSource interface {
	Source
	// Next acknowledges a chunk that was read to its end and waits for the
	// next one. An error breaks the message off.
	Next() (Chunk, error)
}

// ChunkReader reads a message that comes in chunks (RFC 3030), as one text: the
// borders between chunks may lie anywhere. It is an io.Reader and io.WriterTo;
// the latter hands out the source's own bytes and copies nothing.
//
// Text is judged as [DotReader] judges it; a last line without CR LF gets one,
// so that both readers hand out the same. Of a binary message the header is
// judged, which is text in any case; behind it octets pass as they are.
//
// After an error the connection may be inside a chunk: the caller calls
// [ChunkReader.Drain] before it replies.
type ChunkReader struct {
	src    ChunkSource
	lines  lineCheck
	binary bool
	header bool    // the empty line behind the header is still to come
	empty  bool    // the line at hand has nothing but its end
	behind lineEnd // where the octets so far ended
	last   bool    // the current chunk is the last one
	ended  bool    // … and was read to its end
	limit  int64   // of size; 0 for none
	size   int64   // octets handed out
	left   int64   // octets of the chunk that were not scanned
	held   int     // bytes at the front of the source that were scanned
	text   []byte  // the part of them that Read has still to hand out
	broken error   // of the source; final
}

// NewChunkReader returns a reader of the message that begins with the chunk
// first. binary is for messages of BODY=BINARYMIME.
func NewChunkReader(src ChunkSource, first Chunk, binary bool, limits BodyLimits) *ChunkReader {
	c := &ChunkReader{src: src, lines: lineCheck{max: limits.Line}, binary: binary, header: true, behind: lineEnded, limit: limits.Size}
	c.begin(first)
	return c
}

// Read implements io.Reader, with the errors of DotReader.Read.
func (c *ChunkReader) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.text) == 0 {
		if c.text, err = c.next(); err != nil {
			return 0, err
		}
	}
	n = copy(p, c.text)
	c.text = c.text[n:]
	return n, nil
}

// WriteTo implements io.WriterTo.
func (c *ChunkReader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if len(c.text) == 0 {
			if c.text, err = c.next(); err == io.EOF {
				return total, nil
			} else if err != nil {
				return total, err
			}
		}
		n, err := w.Write(c.text)
		total += int64(n)
		c.text = c.text[n:]
		if err != nil {
			return total, err
		}
	}
}

// Size is the number of octets handed out so far.
func (c *ChunkReader) Size() int64 { return c.size }

// Complete reports whether the whole message was read and has no fault. Only
// then may it be acknowledged.
func (c *ChunkReader) Complete() bool { return c.ended && c.lines.fault == nil && len(c.text) == 0 }

// Fault returns the fault of the message, or nil.
func (c *ChunkReader) Fault() error { return c.lines.fault }

// AtLast reports whether the chunk at hand is the last one of the message.
func (c *ChunkReader) AtLast() bool { return c.last }

// Drain drops what is left of the chunk at hand, so that the next byte of the
// source is a command again. It returns ErrNotDrained when that is more than
// limit octets, or the error of the source.
func (c *ChunkReader) Drain(limit int64) error {
	c.text = nil
	c.src.Discard(c.held)
	c.held = 0
	err := DrainChunk(c.src, c.left, limit)
	c.left = 0
	return err
}

// DrainChunk reads size octets away: of a chunk that came at the wrong time.
// It returns ErrNotDrained, and reads nothing, when they are more than limit.
func DrainChunk(src Source, size, limit int64) error {
	if size > limit {
		return ErrNotDrained
	}
	for size > 0 {
		if len(src.Buffered()) == 0 {
			if err := src.Fill(); err == io.EOF {
				return io.ErrUnexpectedEOF
			} else if err != nil {
				return err
			}
		}
		n := min(size, int64(len(src.Buffered())))
		src.Discard(int(n))
		size -= n
	}
	return nil
}

// begin takes up a chunk. A message that is announced too large is refused
// before it is there.
func (c *ChunkReader) begin(chunk Chunk) {
	c.left, c.last = chunk.Size, chunk.Last
	if c.limit > 0 && chunk.Size > c.limit-c.size {
		c.lines.fail(ErrTooLarge)
	}
}

// next returns a non-empty piece of the message inside the source's window.
func (c *ChunkReader) next() ([]byte, error) {
	for {
		switch {
		case c.broken != nil:
			return nil, c.broken
		case c.lines.fault != nil:
			return nil, c.lines.fault
		case c.ended:
			return nil, io.EOF
		case c.left == 0 && c.last:
			if end := c.finish(); len(end) > 0 {
				c.size += int64(len(end))
				return end, nil
			}
			continue
		}
		piece, err := c.advance()
		if err != nil {
			c.broken = err
			return nil, err
		}
		if c.lines.fault == nil && len(piece) > 0 {
			c.size += int64(len(piece))
			return piece, nil
		}
	}
}

// finish ends the message, and its last line when that is open.
func (c *ChunkReader) finish() []byte {
	c.ended = true
	c.src.Discard(c.held)
	c.held = 0
	switch {
	case c.binary && !c.header || c.behind == lineEnded:
		return nil
	case c.behind == lineHasCR:
		c.lines.fail(ErrBareCR)
		return nil
	}
	return []byte("\r\n")
}

// advance lets go of what was scanned before and scans what follows it, in this
// chunk or the next.
func (c *ChunkReader) advance() ([]byte, error) {
	c.src.Discard(c.held)
	c.held = 0
	if c.left == 0 {
		chunk, err := c.src.Next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // EOF would say that the message is complete
		}
		if err != nil {
			return nil, err
		}
		c.begin(chunk)
		return nil, nil
	}
	if len(c.src.Buffered()) == 0 {
		if err := c.src.Fill(); err == io.EOF {
			return nil, io.ErrUnexpectedEOF
		} else if err != nil {
			return nil, err
		}
	}
	b := c.src.Buffered()
	b = b[:min(int64(len(b)), c.left)]
	c.left -= int64(len(b))
	c.held = len(b)
	c.judge(b)
	return b, nil
}

// judge looks for faults in b, which follows what was judged before.
func (c *ChunkReader) judge(b []byte) {
	for len(b) > 0 && (c.header || !c.binary) {
		n := 0
		if c.behind == lineHasCR {
			c.behind = lineGoesOn
			if c.lines.closes(b[0]) {
				c.behind, n = lineEnded, 1
			}
		} else {
			fresh := c.behind == lineEnded
			n, c.behind = c.lines.hop(b)
			c.empty = fresh && b[0] == '\r'
		}
		if c.behind == lineEnded && c.empty {
			c.header = false
		}
		b = b[n:]
	}
}
