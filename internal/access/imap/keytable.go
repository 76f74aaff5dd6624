package imap

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// hashSeed makes texts and Message-IDs hash in a way that no sender can
// foresee.
var hashSeed = maphash.MakeSeed()

// slots is a hash table of small numbers: where each stands says its hash. 0 is
// a free slot, n+1 stands for the number n.
type slots []uint32

// place finds the slot of a hash: the one for which is says yes, or a free one.
func (s slots) place(hash uint64, is func(n uint32) bool) *uint32 {
	mask := uint64(len(s) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s[i] == 0 || is(s[i]-1) {
			return &s[i]
		}
	}
}

// grown returns the table with room for one number more than count.
func (s slots) grown(count int, hashOf func(n uint32) uint64) slots {
	if 4*(count+1) <= 3*len(s) {
		return s
	}
	bigger := make(slots, max(64, 2*len(s)))
	for n := range uint32(count) {
		*bigger.place(hashOf(n), func(uint32) bool { return false }) = n + 1
	}
	return bigger
}

// maxTexts is how many bytes of texts a table takes; what comes later is the
// empty text.
const maxTexts = 1 << 30

// textTable gives each distinct text a number and knows their order. Number 0 is
// the empty text. Mailboxes have fewer senders and subjects than messages, and a
// number is compared faster than a text.
type textTable struct {
	text  []byte
	ends  []uint32 // of the texts in text
	slots slots
	ranks []uint32 // place of each text in the order, of those that it was made for
}

func newTextTable() *textTable {
	t := new(textTable)
	t.number(nil)
	return t
}

// at is the text with a number.
func (t *textTable) at(n uint32) []byte {
	from := uint32(0)
	if n > 0 {
		from = t.ends[n-1]
	}
	return t.text[from:t.ends[n]]
}

// number is the number of a text, a new one if need be.
func (t *textTable) number(text []byte) uint32 {
	t.slots = t.slots.grown(len(t.ends), func(n uint32) uint64 { return maphash.Bytes(hashSeed, t.at(n)) })
	slot := t.slots.place(maphash.Bytes(hashSeed, text), func(n uint32) bool { return bytes.Equal(t.at(n), text) })
	if *slot == 0 {
		if len(t.text)+len(text) > maxTexts {
			return 0
		}
		t.text = append(t.text, text...)
		t.ends = append(t.ends, uint32(len(t.text)))
		*slot = uint32(len(t.ends))
	}
	return *slot - 1
}

// order returns the place of each text among all, in the order of their bytes
// (RFC 5051 2: i;unicode-casemap compares octets). Texts that were ordered
// before need not be ordered again.
func (t *textTable) order() []uint32 {
	old, n := len(t.ranks), len(t.ends)
	if old == n {
		return t.ranks
	}
	news := make([]rankedText, n-old)
	for i := range news {
		news[i] = t.ranked(uint32(old + i))
	}
	slices.SortFunc(news, t.compare)
	sorted := make([]uint32, old) // the texts of before, in order
	for n, rank := range t.ranks {
		sorted[rank] = uint32(n)
	}
	ranks := make([]uint32, n)
	for place := range ranks {
		if len(sorted) > 0 && (len(news) == 0 || t.compare(t.ranked(sorted[0]), news[0]) < 0) {
			ranks[sorted[0]], sorted = uint32(place), sorted[1:]
		} else {
			ranks[news[0].n], news = uint32(place), news[1:]
		}
	}
	t.ranks = ranks
	return ranks
}

// rankedText is a text with its first bytes as a number: most comparisons end
// there.
type rankedText struct {
	head uint64
	n    uint32
}

func (t *textTable) ranked(n uint32) rankedText {
	var head [8]byte
	copy(head[:], t.at(n))
	return rankedText{binary.BigEndian.Uint64(head[:]), n}
}

func (t *textTable) compare(a, b rankedText) int {
	switch {
	case a.head < b.head:
		return -1
	case a.head > b.head:
		return 1
	}
	return bytes.Compare(t.at(a.n), t.at(b.n))
}

func (t *textTable) bytes() int {
	return cap(t.text) + 4*(cap(t.ends)+cap(t.slots)+cap(t.ranks))
}

// idTable gives each Message-ID, known by its hash, a number from 1 on.
type idTable struct {
	hashes []uint64
	slots  slots
}

func (t *idTable) number(hash uint64) uint32 {
	t.slots = t.slots.grown(len(t.hashes), func(n uint32) uint64 { return t.hashes[n] })
	slot := t.slots.place(hash, func(n uint32) bool { return t.hashes[n] == hash })
	if *slot == 0 {
		t.hashes = append(t.hashes, hash)
		*slot = uint32(len(t.hashes))
	}
	return *slot
}

func (t *idTable) bytes() int { return 8*cap(t.hashes) + 4*cap(t.slots) }
