package imap

import (
	"slices"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// verdict is what a key says about a message.
type verdict uint8

const (
	unknown verdict = iota // it depends on a record that has not been read
	mismatch
	matched
)

func verdictOf(b bool) verdict {
	if b {
		return matched
	}
	return mismatch
}

// key is a node of a compiled search.
type key interface {
	// eval judges a message. Without c.msg it may say that it does not know.
	eval(c *candidate) verdict
	// want is the records that it may need.
	want() mailstore.Want
	// cost orders keys that have to be asked: what is in the view, in a
	// record, in the header, in the body.
	cost() int
}

const (
	costView = iota
	costRecord
	costHeader
	costBody
)

// viewKey is embedded by keys that the view can decide.
type viewKey struct{}

func (viewKey) want() mailstore.Want { return 0 }
func (viewKey) cost() int            { return costView }

// recordKey is embedded by keys that need the message's record.
type recordKey struct{}

func (recordKey) want() mailstore.Want { return mailstore.WantMeta }
func (recordKey) cost() int            { return costRecord }

type allKey struct{ viewKey }

func (allKey) eval(*candidate) verdict { return matched }

// negation is the opposite of a key.
func negation(k key) key {
	if f, ok := k.(flagsKey); ok && f.mask&(f.mask-1) == 0 {
		return flagsKey{mask: f.mask, set: f.set ^ f.mask}
	}
	return notKey{k}
}

// notKey turns a key around.
type notKey struct{ key }

func (k notKey) eval(c *candidate) verdict {
	switch k.key.eval(c) {
	case matched:
		return mismatch
	case mismatch:
		return matched
	}
	return unknown
}

// andKey asks the cheap keys first.
type andKey []key

func and(all []key) key {
	all = joinFlags(all)
	if len(all) == 1 {
		return all[0]
	}
	slices.SortStableFunc(all, func(a, b key) int { return a.cost() - b.cost() })
	return andKey(all)
}

// joinFlags makes one key of all that ask for flags. Those that contradict each
// other stay apart.
func joinFlags(all []key) []key {
	var flags flagsKey
	out := all[:0:0]
	for _, k := range all {
		f, ok := k.(flagsKey)
		if !ok || flags.mask&f.mask&(flags.set^f.set) != 0 {
			out = append(out, k)
			continue
		}
		flags.mask |= f.mask
		flags.set |= f.set
	}
	if flags.mask != 0 {
		out = append(out, flags)
	}
	return out
}

func (k andKey) eval(c *candidate) verdict {
	result := matched
	for _, sub := range k {
		switch sub.eval(c) {
		case mismatch:
			return mismatch
		case unknown:
			result = unknown
		}
	}
	return result
}

func (k andKey) want() mailstore.Want { return wantOf(k) }
func (k andKey) cost() int            { return costOf(k) }

// orKey asks the cheap keys first.
type orKey []key

func or(all []key) key {
	slices.SortStableFunc(all, func(a, b key) int { return a.cost() - b.cost() })
	return orKey(all)
}

func (k orKey) eval(c *candidate) verdict {
	result := mismatch
	for _, sub := range k {
		switch sub.eval(c) {
		case matched:
			return matched
		case unknown:
			result = unknown
		}
	}
	return result
}

func (k orKey) want() mailstore.Want { return wantOf(k) }
func (k orKey) cost() int            { return costOf(k) }

func wantOf(keys []key) (w mailstore.Want) {
	for _, k := range keys {
		w |= k.want()
	}
	return w
}

func costOf(keys []key) (cost int) {
	for _, k := range keys {
		cost = max(cost, k.cost())
	}
	return cost
}

// flagsKey asks for flags and their absence: those of mask must be as in want.
type flagsKey struct {
	viewKey
	mask, set mailstore.Flags
}

func hasFlag(f mailstore.Flags) key   { return flagsKey{mask: f, set: f} }
func lacksFlag(f mailstore.Flags) key { return flagsKey{mask: f} }

func (k flagsKey) eval(c *candidate) verdict { return verdictOf(c.entry.Flags&k.mask == k.set) }

// keywordKey is KEYWORD and UNKEYWORD. Which flag the keyword is says the
// mailbox.
type keywordKey struct {
	viewKey
	slot int
	set  bool
}

func (k keywordKey) eval(c *candidate) verdict {
	return verdictOf((c.entry.Flags&c.set.masks[k.slot] != 0) == k.set)
}

// recentKey is RECENT and OLD.
type recentKey struct {
	viewKey
	recent bool
}

func (k recentKey) eval(c *candidate) verdict {
	return verdictOf((c.in.sel != nil && c.in.sel.isRecent(c.entry.UID)) == k.recent)
}

// setKey is a sequence-set of message numbers or UIDs.
type setKey struct {
	viewKey
	slot int
}

func (k setKey) eval(c *candidate) verdict {
	n := uint32(c.entry.UID)
	_, found := slices.BinarySearchFunc(c.set.sets[k.slot], n, func(r imapwire.Range, n uint32) int {
		switch {
		case r.Last < n:
			return -1
		case r.First > n:
			return 1
		}
		return 0
	})
	return verdictOf(found)
}

// sizeKey is LARGER and SMALLER.
type sizeKey struct {
	viewKey
	size   uint64
	larger bool
}

func (k sizeKey) eval(c *candidate) verdict {
	if k.larger {
		return verdictOf(uint64(c.entry.Size) > k.size)
	}
	return verdictOf(uint64(c.entry.Size) < k.size)
}

// modSeqKey asks for changes at or after a MODSEQ (RFC 7162 3.1.5).
type modSeqKey struct {
	viewKey
	modSeq mailstore.ModSeq
}

func (k modSeqKey) eval(c *candidate) verdict { return verdictOf(c.entry.ModSeq >= k.modSeq) }
