package pebble

import "sync"

// arena holds the values that one View or Update has read. They stay valid
// until it ends, so they are copied once, side by side, instead of pinning the
// blocks they came from.
type arena struct {
	chunk *[arenaChunk]byte // the pooled first chunk, nil until needed
	rest  []byte            // room that is left
}

// arenaChunk is large enough for the few small records of most transactions.
const arenaChunk = 4 << 10

var chunks = sync.Pool{New: func() any { return new([arenaChunk]byte) }}

// copy returns a copy of b that lives until free.
func (a *arena) copy(b []byte) []byte {
	if len(b) > arenaChunk/4 {
		return append([]byte(nil), b...)
	}
	if len(b) > len(a.rest) {
		a.grow()
	}
	n := copy(a.rest, b)
	c := a.rest[:n:n]
	a.rest = a.rest[n:]
	return c
}

func (a *arena) grow() {
	if a.chunk != nil {
		a.rest = make([]byte, arenaChunk)
		return
	}
	a.chunk = chunks.Get().(*[arenaChunk]byte)
	a.rest = a.chunk[:]
}

// free ends the life of all copies.
func (a *arena) free() {
	if a.chunk != nil {
		chunks.Put(a.chunk)
	}
	*a = arena{}
}
