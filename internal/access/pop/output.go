package pop

import (
	"bytes"
	"sync"
)

// Replies are collected and leave together: before the session waits for a
// command, and when outSize is reached. A message is read straight into its
// place among them, so that a download of small messages costs one read of the
// disk a message and one write of the network for many.

// outSize is where collected replies leave. The buffer is larger by a message
// that is read in one piece.
const outSize = 64 << 10

// outKept is the largest buffer that is used again.
const outKept = 4 * outSize

var outBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, outSize+whole)
	return &b
}}

// reply returns the collected replies, for appending.
func (p *session) reply() []byte {
	if p.out == nil {
		p.pooled = outBuffers.Get().(*[]byte)
		p.out = (*p.pooled)[:0]
	}
	return p.out
}

// flush hands what was collected to the connection. An error of it shows at the
// next read.
func (p *session) flush() {
	if len(p.out) > 0 {
		_, _ = p.conn.Write(p.out)
		p.out = p.out[:0]
	}
}

// dropOut sends what was collected and gives the buffer back.
func (p *session) dropOut() {
	p.flush()
	if p.pooled == nil {
		return
	}
	if cap(p.out) <= outKept {
		*p.pooled = p.out
		outBuffers.Put(p.pooled)
	}
	p.out, p.pooled = nil, nil
}

// room sends what was collected when it is much.
func (p *session) room() {
	if len(p.out) >= outSize {
		p.flush()
	}
}

// pipelined is how many whole command lines have arrived and wait.
func (p *session) pipelined() int { return bytes.Count(p.conn.Buffered(), newline) }
