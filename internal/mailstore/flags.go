package mailstore

import (
	"fmt"
	"strings"
)

// Flags are the flags of a message as bits: the system flags below, and from
// bit 8 on the keywords of its mailbox by their index in [View.Keywords].
// \Recent is not among them, see [Store.Recent].
type Flags uint64

// The system flags (RFC 3501 2.3.2).
const (
	Seen Flags = 1 << iota
	Answered
	Flagged
	Deleted
	Draft
)

// SystemFlags are all flags that are not keywords.
const SystemFlags = Seen | Answered | Flagged | Deleted | Draft

const keywordShift = 8 // bits 5 to 7 are left for system flags to come

// Keyword returns the flag of the keyword with this index.
func Keyword(index int) Flags { return 1 << (keywordShift + index) }

// allowedFlags are the flags of a mailbox with so many keywords.
func allowedFlags(keywords int) Flags {
	// The flag after the last one is 0 when the table is full: the difference is right then too.
	return SystemFlags | (Keyword(keywords) - Keyword(0))
}

// checkKeyword says whether a name can be a keyword: an atom that is not a
// system flag (RFC 3501 9, flag-keyword).
func checkKeyword(name string) error {
	if name == "" || len(name) > MaxKeywordBytes {
		return fmt.Errorf("%w: %d bytes", ErrKeyword, len(name))
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`(){%*"\]`, c) >= 0 {
			return fmt.Errorf("%w: %q", ErrKeyword, name)
		}
	}
	return nil
}

// keywordIndex finds a keyword in a table; keywords do not tell case apart.
func keywordIndex(table []string, name string) int {
	for i, k := range table {
		if strings.EqualFold(k, name) {
			return i
		}
	}
	return -1
}
