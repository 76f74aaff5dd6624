package queue

import (
	"errors"

	"tram/internal/storage/kv"
)

// ID names an entry of the queue. IDs grow with time, are unique over all
// shards and restarts, and are never used again, whatever the clock does:
//
//	bits 63..20  milliseconds since 2020-01-01 UTC
//	bits 19..8   counter within the millisecond
//	bits  7..0   shard
//
// The upper 56 bits are one logical clock of the whole queue (see clock.go).
type ID uint64

// idLength is the length of the text form: 64 bits at 5 bits a letter.
const idLength = 13

// idLetters are digits and lower-case letters without i, l, o and u, in ASCII
// order, so that the text of IDs sorts like the IDs themselves.
const idLetters = "0123456789abcdefghjkmnpqrstvwxyz"

// ErrBadID says that a text is not the name of a queue entry.
var ErrBadID = errors.New("queue: not a queue id (13 digits and lower-case letters)")

// String returns the ID as 13 letters of lower-case base32, as it stands in
// logs, trace headers and replies.
func (id ID) String() string {
	var b [idLength]byte
	for i := idLength - 1; i >= 0; i-- {
		b[i] = idLetters[id&31]
		id >>= 5
	}
	return string(b[:])
}

// ParseID reads what String wrote. Upper-case letters are accepted.
func ParseID(s string) (ID, error) {
	if len(s) != idLength {
		return 0, ErrBadID
	}
	var id ID
	for i := range len(s) {
		v, ok := idValue(s[i])
		// 13 letters hold 65 bits: the first one has only 4 of them.
		if !ok || i == 0 && v > 15 {
			return 0, ErrBadID
		}
		id = id<<5 | ID(v)
	}
	return id, nil
}

// idValue is the value of one letter.
func idValue(c byte) (int, bool) {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	for v := range len(idLetters) {
		if idLetters[v] == c {
			return v, true
		}
	}
	return 0, false
}

// Shard returns the key-value account that holds the entry: whoever writes
// through [Queue.AddTx] or [Queue.SettleTx] names it in the Update.
func Shard(id ID) kv.Account {
	return kv.FirstQueue + kv.Account(id&0xff)
}
