package textindex

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// dictionary maps the terms of one field to the messages that have them, while a
// segment is made. It is a hash table without pointers: a segment has some
// hundred thousand terms, and a message looks up a thousand.
type dictionary struct {
	slots   []uint32 // index of an entry plus 1, by hash; 0 is free
	entries []entry
	arena   []byte // the terms
	size    int    // bytes of memory, about
}

// entry is a term with the messages that have it. Most terms are in one only.
type entry struct {
	hash        uint32
	start, end  uint32 // in the arena
	first, last uint32 // ordinals of messages
	more        []byte // distances of those between, and of the last
}

// entryCost is the memory of a term beside its bytes, about.
const entryCost = 64

// dictionarySeed makes terms hash in a way that no sender can foresee.
var dictionarySeed = maphash.MakeSeed()

// add notes that a message has a term.
func (d *dictionary) add(term []byte, doc uint32) {
	if 2*len(d.entries) >= len(d.slots) {
		d.grow()
	}
	hash := uint32(maphash.Bytes(dictionarySeed, term))
	mask := uint32(len(d.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		i := d.slots[at]
		if i == 0 {
			d.slots[at] = uint32(len(d.entries) + 1)
			d.insert(term, hash, doc)
			return
		}
		if e := &d.entries[i-1]; e.hash == hash && bytes.Equal(d.term(e), term) {
			d.size += e.add(doc)
			return
		}
	}
}

func (d *dictionary) insert(term []byte, hash, doc uint32) {
	start := uint32(len(d.arena))
	d.arena = append(d.arena, term...)
	d.entries = append(d.entries, entry{hash: hash, start: start, end: uint32(len(d.arena)), first: doc, last: doc})
	d.size += entryCost + len(term)
}

// grow makes room for twice as many terms.
func (d *dictionary) grow() {
	d.slots = make([]uint32, max(1024, 2*len(d.slots)))
	mask := uint32(len(d.slots) - 1)
	for i := range d.entries {
		at := d.entries[i].hash & mask
		for d.slots[at] != 0 {
			at = (at + 1) & mask
		}
		d.slots[at] = uint32(i + 1)
	}
}

// reset forgets everything and keeps the memory.
func (d *dictionary) reset() {
	clear(d.slots)
	clear(d.entries)
	d.entries, d.arena, d.size = d.entries[:0], d.arena[:0], 0
}

func (d *dictionary) term(e *entry) []byte { return d.arena[e.start:e.end] }

// sorted returns the entries in the order of their terms. Nothing can be added
// afterwards.
func (d *dictionary) sorted() []entry {
	slices.SortFunc(d.entries, func(a, b entry) int { return bytes.Compare(d.term(&a), d.term(&b)) })
	return d.entries
}

// add notes one more message, and returns by how much memory grew.
func (e *entry) add(doc uint32) int {
	if e.last == doc {
		return 0
	}
	before := cap(e.more)
	e.more = binary.AppendUvarint(e.more, uint64(doc-e.last))
	e.last = doc
	return cap(e.more) - before
}

// ordinals appends the messages.
func (e *entry) ordinals(dst []uint32) []uint32 {
	o := e.first
	dst = append(dst, o)
	for p := e.more; len(p) > 0; {
		d, n := binary.Uvarint(p)
		o, p = o+uint32(d), p[n:]
		dst = append(dst, o)
	}
	return dst
}
