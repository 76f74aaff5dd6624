package imap

import (
	"slices"

	"tram/internal/mailstore"
)

// keyKind is something that is remembered of each message of a mailbox.
type keyKind uint8

const (
	keyDates keyKind = iota // of arrival, saving and Date:
	keySubject
	keyFrom
	keyTo
	keyCc
	keyDisplayFrom
	keyDisplayTo
	keyThread
	numKinds

	firstText = keySubject
	numTexts  = keyThread - firstText
)

// keyRows is a table of messages, one row each, in ascending order of UIDs. Its
// columns are filled when they are first asked for, from the first row on; then
// they only grow, so that what was handed out stays as it is.
type keyRows struct {
	uids []mailstore.UID
	next mailstore.UID // messages with smaller UIDs have their rows

	arrival, date                 []int64 // INTERNALDATE and Date: (RFC 5256 2.2), seconds since 1970
	arrivalDay, sentDay, savedDay []int32 // see dayNumber

	texts   [numTexts]textColumn
	threads threadColumn
}

// textColumn is what a folded text of messages is.
type textColumn struct {
	numbers []uint32 // in table; keySubject: twice that, and 1 more for a reply
	ranks   []uint32 // by number: place in the order of all texts
	table   *textTable
}

// threadColumn is Message-IDs and references by their numbers in a table.
type threadColumn struct {
	ids   []uint32 // 0 for none
	ends  []uint32 // where the references of each message end in refs
	refs  []uint32
	table *idTable
}

// refsOf is the references of the message in a row.
func (c *threadColumn) refsOf(row int32) []uint32 {
	from := uint32(0)
	if row > 0 {
		from = c.ends[row-1]
	}
	return c.refs[from:c.ends[row]]
}

// filled is how many rows of a column are filled.
func (r *keyRows) filled(kind keyKind) int {
	switch kind {
	case keyDates:
		return len(r.arrival)
	case keyThread:
		return len(r.threads.ids)
	}
	return len(r.texts[kind-firstText].numbers)
}

// missing is how many messages have to be read for some columns: those that
// begin at the same row are filled together.
func (r *keyRows) missing(kinds []keyKind) int {
	n := 0
	for i, kind := range kinds {
		from := r.filled(kind)
		if !slices.ContainsFunc(kinds[:i], func(k keyKind) bool { return r.filled(k) == from }) {
			n += len(r.uids) - from
		}
	}
	return n
}

// withView returns the table with rows for all messages of a view. One most of
// whose messages are gone begins anew.
func (r *keyRows) withView(v *mailstore.View) *keyRows {
	next := new(keyRows)
	if len(r.uids) <= 2*v.Len()+1000 {
		*next = *r
	}
	if next.next >= v.UIDNext() {
		return next
	}
	from := v.Search(next.next)
	next.uids = slices.Grow(next.uids, v.Len()-from)
	for _, block := range v.Blocks(from) {
		for i := range block {
			next.uids = append(next.uids, block[i].UID)
		}
	}
	next.next = v.UIDNext()
	return next
}

// positions finds messages of a view, by ascending indexes: the row of each, -1
// when the message was gone before the table was made.
func (r *keyRows) positions(v *mailstore.View, found []uint32) []int32 {
	out := make([]int32, 0, len(found))
	row := 0
	for e := range entriesAt(v, found) {
		row = r.seek(row, e.UID)
		if row < len(r.uids) && r.uids[row] == e.UID {
			out = append(out, int32(row))
		} else {
			out = append(out, -1)
		}
	}
	return out
}

// seek is the first row from row on whose UID is at least uid.
func (r *keyRows) seek(row int, uid mailstore.UID) int {
	for range 4 { // mostly it is one of the next
		if row == len(r.uids) || r.uids[row] >= uid {
			return row
		}
		row++
	}
	i, _ := slices.BinarySearch(r.uids[row:], uid)
	return row + i
}

// bytes is how large the table is.
func (r *keyRows) bytes() int64 {
	n := 4*cap(r.uids) + 8*(cap(r.arrival)+cap(r.date)) + 4*(cap(r.arrivalDay)+cap(r.sentDay)+cap(r.savedDay))
	for i := range r.texts {
		if t := &r.texts[i]; t.table != nil {
			n += 4*cap(t.numbers) + t.table.bytes()
		}
	}
	if c := &r.threads; c.table != nil {
		n += 4*(cap(c.ids)+cap(c.ends)+cap(c.refs)) + c.table.bytes()
	}
	return int64(n)
}
