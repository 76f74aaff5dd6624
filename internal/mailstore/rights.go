package mailstore

import (
	"errors"
	"fmt"
	"strings"
)

// Rights are what somebody may do with a mailbox (RFC 4314 2.1), as bits.
type Rights uint16

// The standard rights.
const (
	RightLookup  Rights = 1 << iota // l: the mailbox is in LIST
	RightRead                       // r: SELECT, STATUS
	RightSeen                       // s: \Seen
	RightWrite                      // w: flags other than \Seen and \Deleted
	RightInsert                     // i: APPEND, COPY into it
	RightPost                       // p: mail to the mailbox's address; nothing here asks for it yet
	RightCreate                     // k: mailboxes below it
	RightRemove                     // x: DELETE and RENAME of it
	RightDelete                     // t: \Deleted
	RightExpunge                    // e: EXPUNGE
	RightAdmin                      // a: its access control list
)

// AllRights are all of them.
const AllRights = RightAdmin<<1 - 1

// anyRight are those of which one lets somebody know that the mailbox exists
// (RFC 4314 4: MYRIGHTS).
const anyRight = RightLookup | RightRead | RightInsert | RightCreate | RightRemove | RightAdmin

// rightLetters has the letter of each right by its bit.
const rightLetters = "lrswipkxtea"

// RFC 4314 2.1.1: the rights of RFC 2086 that were divided. "c" and "d" stand
// for these, as in Cyrus, and are shown when one of them is there.
const (
	oldCreate = RightCreate | RightRemove  // c
	oldDelete = RightDelete | RightExpunge // d
)

// ErrRights says that a text is not a list of rights.
var ErrRights = errors.New("mailstore: not a list of rights")

// ParseRights reads letters of rights, the obsolete c and d too.
func ParseRights(s string) (Rights, error) {
	var r Rights
	for _, c := range s {
		switch i := strings.IndexRune(rightLetters, c); {
		case i >= 0:
			r |= 1 << i
		case c == 'c':
			r |= oldCreate
		case c == 'd':
			r |= oldDelete
		default:
			return 0, fmt.Errorf("%w: %q; there are lrswipkxtea", ErrRights, c)
		}
	}
	return r, nil
}

// String is the letters of the rights, without the obsolete ones.
func (r Rights) String() string {
	var b [len(rightLetters)]byte
	out := b[:0]
	for i := range rightLetters {
		if r&(1<<i) != 0 {
			out = append(out, rightLetters[i])
		}
	}
	return string(out)
}

// Wire is String with the obsolete rights that clients of RFC 2086 look for
// (RFC 4314 2.1.1).
func (r Rights) Wire() string {
	s := r.String()
	if r&oldCreate != 0 {
		s += "c"
	}
	if r&oldDelete != 0 {
		s += "d"
	}
	return s
}

// has reports whether all rights of want are there.
func (r Rights) has(want Rights) bool { return r&want == want }
