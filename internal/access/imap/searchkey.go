package imap

import (
	"slices"
	"time"

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
	if len(all) == 1 {
		return all[0]
	}
	slices.SortStableFunc(all, func(a, b key) int { return a.cost() - b.cost() })
	return andKey(all)
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

// orKey asks the cheap keys first. OR chains become one list.
type orKey []key

func or(a, b key) key {
	all := orKey{a}
	if more, ok := b.(orKey); ok {
		all = append(all, more...)
	} else {
		all = append(all, b)
	}
	slices.SortStableFunc(all, func(a, b key) int { return a.cost() - b.cost() })
	return all
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

// flagKey asks for a flag or its absence.
type flagKey struct {
	flag mailstore.Flags
	set  bool
}

func (k flagKey) eval(c *candidate) verdict { return verdictOf((c.entry.Flags&k.flag != 0) == k.set) }
func (flagKey) want() mailstore.Want        { return 0 }
func (flagKey) cost() int                   { return costView }

// recentKey is RECENT and OLD.
type recentKey struct{ recent bool }

func (k recentKey) eval(c *candidate) verdict {
	return verdictOf(c.s.sel.isRecent(c.entry.UID) == k.recent)
}
func (recentKey) want() mailstore.Want { return 0 }
func (recentKey) cost() int            { return costView }

// numberKey is a set of message numbers or UIDs.
type numberKey struct {
	viewKey
	ranges []imapwire.Range
	byUID  bool
}

func (k *numberKey) eval(c *candidate) verdict {
	n := uint32(c.index + 1)
	if k.byUID {
		n = uint32(c.entry.UID)
	}
	_, found := slices.BinarySearchFunc(k.ranges, n, func(r imapwire.Range, n uint32) int {
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
	size   uint64
	larger bool
}

func (k sizeKey) eval(c *candidate) verdict {
	if k.larger {
		return verdictOf(uint64(c.entry.Size) > k.size)
	}
	return verdictOf(uint64(c.entry.Size) < k.size)
}
func (sizeKey) want() mailstore.Want { return 0 }
func (sizeKey) cost() int            { return costView }

// modSeqKey asks for changes at or after a MODSEQ (RFC 7162 3.1.5).
type modSeqKey struct{ modSeq mailstore.ModSeq }

func (k modSeqKey) eval(c *candidate) verdict { return verdictOf(c.entry.ModSeq >= k.modSeq) }
func (modSeqKey) want() mailstore.Want        { return 0 }
func (modSeqKey) cost() int                   { return costView }

// dateOrder says how a date has to compare.
type dateOrder uint8

const (
	before dateOrder = iota
	on
	since
)

var dateOrders = map[string]dateOrder{"BEFORE": before, "ON": on, "SINCE": since}

// dateKey compares days, "disregarding time and timezone" (RFC 3501 6.4.4): the
// day is the one that is written in the date.
type dateKey struct {
	recordKey
	day   int
	sent  bool
	order dateOrder
}

func (k dateKey) eval(c *candidate) verdict {
	if c.msg == nil {
		return unknown
	}
	t := c.msg.InternalDate
	if k.sent {
		// Without a usable Date a message is as old as can be, as in Dovecot.
		if t = c.msg.SentDate; t.IsZero() {
			t = time.Unix(0, 0)
		}
	}
	day := dayNumber(t)
	switch k.order {
	case before:
		return verdictOf(day < k.day)
	case on:
		return verdictOf(day == k.day)
	}
	return verdictOf(day >= k.day)
}

// dayNumber counts the days of the calendar, in the zone of t.
func dayNumber(t time.Time) int {
	_, offset := t.Zone()
	seconds := t.Unix() + int64(offset)
	day := seconds / 86400
	if seconds%86400 < 0 {
		day--
	}
	return int(day)
}

// withinKey is YOUNGER and OLDER (RFC 5032).
type withinKey struct {
	age     time.Duration
	younger bool
}

func (k withinKey) eval(c *candidate) verdict {
	if c.msg == nil {
		return unknown
	}
	return verdictOf((c.now.Sub(c.msg.InternalDate) <= k.age) == k.younger)
}
func (withinKey) want() mailstore.Want { return mailstore.WantMeta }
func (withinKey) cost() int            { return costRecord }
