package lineconn

import "sync"

type (
	buffer    [BufferSize]byte
	outBuffer [outSize]byte
)

// outSize is the room for collected replies. What does not fit leaves at once.
const outSize = 4 << 10

var (
	buffers    = sync.Pool{New: func() any { return new(buffer) }}
	outBuffers = sync.Pool{New: func() any { return new(outBuffer) }}
)

// grow makes room behind the bytes that have arrived: it borrows a buffer, or
// moves them to the front of the one it has. It reports false when the buffer
// is full of them.
func (c *Conn) grow() bool {
	if c.big == nil {
		c.big = buffers.Get().(*buffer)
		c.in = c.big[:copy(c.big[:], c.in[c.pos:])]
		c.pos = 0
		return true
	}
	if c.pos > 0 {
		c.in = c.big[:copy(c.big[:], c.in[c.pos:])]
		c.pos = 0
	}
	return len(c.in) < BufferSize
}

// shrink gives the borrowed buffer back if what is left in it fits into the
// small one.
func (c *Conn) shrink() {
	rest := c.in[c.pos:]
	if len(rest) > smallSize {
		return
	}
	c.in = c.small[:copy(c.small[:], rest)]
	c.pos = 0
	if c.big != nil {
		buffers.Put(c.big)
		c.big = nil
	}
}

// drop forgets what has arrived.
func (c *Conn) drop() {
	c.in, c.pos = nil, 0
	if c.big != nil {
		buffers.Put(c.big)
		c.big = nil
	}
}

// dropOut forgets what is to be sent.
func (c *Conn) dropOut() {
	c.out = nil
	if c.outBuffer != nil {
		outBuffers.Put(c.outBuffer)
		c.outBuffer = nil
	}
}
