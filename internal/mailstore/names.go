package mailstore

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const inbox = "INBOX"

// normalName returns the one form of a mailbox name: NFC, without a separator
// at the end (CREATE says with it that children will follow, RFC 3501 6.3.3),
// INBOX in upper case also as the first level of a longer name. The error says
// what is wrong with the name.
func normalName(name string) (string, error) {
	name = strings.TrimSuffix(name, "/")
	if len(name) > 4*MaxNameBytes || !utf8.ValidString(name) {
		return "", fmt.Errorf("%w: not UTF-8 or too long", ErrMailboxName)
	}
	name = norm.NFC.String(name)
	if name == "" || len(name) > MaxNameBytes {
		return "", fmt.Errorf("%w: 1 to %d bytes allowed", ErrMailboxName, MaxNameBytes)
	}
	if strings.Contains("/"+name+"/", "//") {
		return "", fmt.Errorf("%w: empty level", ErrMailboxName)
	}
	if strings.HasPrefix(name, `\`) {
		return "", fmt.Errorf("%w: a special use, not a name", ErrMailboxName)
	}
	if strings.Count(name, "/") >= MaxDepth {
		return "", fmt.Errorf("%w: more than %d levels", ErrMailboxName, MaxDepth)
	}
	for _, r := range name {
		if !allowedInName(r) {
			return "", fmt.Errorf("%w: character %U", ErrMailboxName, r)
		}
	}
	first, rest, nested := strings.Cut(name, "/")
	if strings.EqualFold(first, inbox) {
		first = inbox
	}
	if nested {
		return first + "/" + rest, nil
	}
	return first, nil
}

// allowedInName excludes controls, what RFC 5198 2 forbids, and the wildcards
// of LIST, with which no client could name the mailbox.
func allowedInName(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == utf8.RuneError:
		return false
	}
	return r != '%' && r != '*'
}

// isBelow reports whether a name is a descendant of another.
func isBelow(name, above string) bool {
	return len(name) > len(above) && name[len(above)] == '/' && name[:len(above)] == above
}

// CompareNames orders names as [Store.Mailboxes] does.
func CompareNames(a, b string) int { return compareNames(a, b) }

// compareNames orders names so that INBOX is first and each name is followed by
// those below it.
func compareNames(a, b string) int {
	if x, y := isInboxTree(a), isInboxTree(b); x != y {
		if x {
			return -1
		}
		return 1
	}
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] == b[i] {
			continue
		}
		// The separator sorts before everything else.
		if a[i] == '/' || b[i] != '/' && a[i] < b[i] {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}

func isInboxTree(name string) bool { return name == inbox || isBelow(name, inbox) }
