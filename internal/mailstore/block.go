package mailstore

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// blockShift makes a block of 128 UIDs. A block is the unit in which flags are
// stored and shared between views: large enough that a STORE of a whole
// mailbox writes few records, small enough that one flag rewrites few bytes.
// It is part of the format.
const (
	blockShift = 7
	blockUIDs  = 1 << blockShift
)

// Entry is one message in a view.
type Entry struct {
	Flags  Flags
	ModSeq ModSeq
	UID    UID
	Size   uint32 // octets
}

// block is the messages whose UID divided by 128 is num, in ascending order. A
// block that a view has is never changed again.
type block struct {
	num     uint32
	highest ModSeq // the largest of the entries, or 0 when it was not computed
	flags   Flags  // those of all entries together, computed with highest
	entries []Entry
}

func blockOf(uid UID) uint32 { return uint32(uid) >> blockShift }

// find returns the index of the first entry whose UID is uid or larger.
func (b *block) find(uid UID) (int, bool) {
	lo, hi := 0, len(b.entries)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if b.entries[mid].UID < uid {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(b.entries) && b.entries[lo].UID == uid
}

// together returns the flags that any of the entries has.
func (b *block) together() Flags {
	if b.highest != 0 {
		return b.flags
	}
	var all Flags
	for i := range b.entries {
		all |= b.entries[i].Flags
	}
	return all
}

// append appends the value of kindFlags: the largest modseq, a bitmap of the
// UIDs that there are, and for each its flags, how far its modseq is below the
// largest one, and its size.
func (b *block) append(dst []byte) []byte {
	var present [2]uint64
	var highest ModSeq
	var together Flags
	for i := range b.entries {
		e := &b.entries[i]
		n := e.UID & (blockUIDs - 1)
		present[n>>6] |= 1 << (n & 63)
		highest = max(highest, e.ModSeq)
		together |= e.Flags
	}
	b.highest, b.flags = highest, together
	dst = slices.Grow(dst, 32+8*len(b.entries))
	dst = append(dst, version1)
	dst = binary.AppendUvarint(dst, uint64(highest))
	dst = binary.LittleEndian.AppendUint64(dst, present[0])
	dst = binary.LittleEndian.AppendUint64(dst, present[1])
	for i := range b.entries {
		e := &b.entries[i]
		dst = binary.AppendUvarint(dst, uint64(e.Flags))
		dst = binary.AppendUvarint(dst, uint64(highest-e.ModSeq))
		dst = binary.AppendUvarint(dst, uint64(e.Size))
	}
	return dst
}

// decodeBlock leaves room for more entries at the end of a block.
func decodeBlock(num uint32, value []byte, room int) (*block, error) {
	d := decode(value)
	highest := d.uint()
	bitmap := d.bytes(16)
	if d.bad {
		return nil, d.err("flags")
	}
	present := [2]uint64{binary.LittleEndian.Uint64(bitmap), binary.LittleEndian.Uint64(bitmap[8:])}
	n := bits.OnesCount64(present[0]) + bits.OnesCount64(present[1])
	b := &block{num: num, highest: ModSeq(highest), entries: make([]Entry, 0, n+room)}
	for half, word := range present {
		base := UID(num)<<blockShift + UID(half)*64
		for ; word != 0; word &= word - 1 {
			flags, below, size := d.uint(), d.uint(), d.uint32()
			if below > highest {
				d.bad = true
			}
			b.flags |= Flags(flags)
			b.entries = append(b.entries, Entry{
				UID:    base + UID(bits.TrailingZeros64(word)),
				Flags:  Flags(flags),
				ModSeq: ModSeq(highest - below),
				Size:   size,
			})
		}
	}
	if len(d.b) != 0 {
		d.bad = true
	}
	return b, d.err("flags")
}

// within walks over the entries whose UID is in a set.
func (b *block) within(uids UIDSet) iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		first, last := UID(b.num)<<blockShift, UID(b.num)<<blockShift+blockUIDs-1
		for at := uids.search(first); at < len(uids) && uids[at].First <= last; at++ {
			for i, _ := b.find(uids[at].First); i < len(b.entries) && b.entries[i].UID <= uids[at].Last; i++ {
				if !yield(&b.entries[i]) {
					return
				}
			}
		}
	}
}
