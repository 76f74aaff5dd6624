package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tram/internal/storage/kv"
)

// Annotation is a note on a mailbox, or with mailbox 0 on the account (RFC
// 5464). Entries that begin with /shared/ are for all who see the mailbox, those
// with /private/ for one user.
type Annotation struct {
	Entry string // in lower case
	Value []byte // nil removes it
}

// Limits of annotations. RFC 5464 4.1 wants at least 1,024 octets and 10
// entries.
const (
	MaxEntryBytes      = 160      // octets of an entry's name
	MaxAnnotationBytes = 32 << 10 // octets of a value
	MaxAnnotations     = 64       // of a mailbox that are shared, and as many for each user
	MaxAnnotated       = 4 << 20  // octets of all values of a mailbox, whoever set them
	MaxAnnotatedAll    = 16 << 20 // octets of all values of an account: no quota counts them
)

// Errors of SetAnnotations.
var (
	ErrEntry              = errors.New("mailstore: invalid name of an annotation")
	ErrAnnotationTooLarge = errors.New("mailstore: annotation too large")
	ErrTooManyAnnotations = errors.New("mailstore: too many annotations")
)

const (
	sharedEntry  = "/shared/"
	privateEntry = "/private/"
)

// ParseEntry checks the name of an entry and returns it in lower case (RFC 5464
// 3.2).
func ParseEntry(s string) (string, error) {
	for i := range len(s) {
		if c := s[i]; c <= 0x19 || c >= 0x7f || c == '*' || c == '%' {
			return "", fmt.Errorf("%w: character %#x", ErrEntry, c)
		}
	}
	switch s = strings.ToLower(s); {
	case len(s) > MaxEntryBytes:
		return "", fmt.Errorf("%w: more than %d octets", ErrEntry, MaxEntryBytes)
	case strings.Contains(s, "//"), strings.HasSuffix(s, "/"):
		return "", fmt.Errorf("%w: empty level", ErrEntry)
	case !strings.HasPrefix(s, sharedEntry) && !strings.HasPrefix(s, privateEntry):
		return "", fmt.Errorf("%w: neither %s nor %s", ErrEntry, privateEntry, sharedEntry)
	}
	return s, nil
}

// appendEntryKey appends the key of an annotation. user is "" for what is
// shared, and for the owner of the account.
func appendEntryKey(dst []byte, m MailboxID, entry, user string) []byte {
	dst = append(appendBoxKey(dst, kindAnnotation, m), entry...)
	return append(append(dst, 0), user...)
}

// entryOf takes the key of an annotation apart.
func entryOf(key []byte) (entry, user string) {
	e, u, _ := bytes.Cut(key[5:], []byte{0})
	return string(e), string(u)
}

// mine reports whether an annotation is shared or of this user.
func mine(entry, of, user string) bool { return of == user || strings.HasPrefix(entry, sharedEntry) }

// Annotations returns those of a mailbox, or with mailbox 0 of the account,
// that a user sees, by entry. The owner is the user "".
func (s *Store) Annotations(ctx context.Context, id kv.Account, m MailboxID, user string) ([]Annotation, error) {
	var all []Annotation
	err := s.read(ctx, id, func(r kv.Reader) (err error) {
		all, err = readAnnotations(r, m, user)
		return err
	})
	return all, err
}

func readAnnotations(r kv.Reader, m MailboxID, user string) ([]Annotation, error) {
	var all []Annotation
	it := r.Scan(appendBoxKey(nil, kindAnnotation, m), appendBoxKey(nil, kindAnnotation, m+1))
	defer it.Close()
	for it.Next() {
		entry, of := entryOf(it.Key())
		if !mine(entry, of, user) {
			continue
		}
		value := it.Value()
		if len(value) == 0 || value[0] != version1 {
			continue // Verify reports it
		}
		all = append(all, Annotation{entry, slices.Clone(value[1:])})
	}
	return all, it.Err()
}

// SetAnnotations sets or removes annotations of a mailbox, or with mailbox 0 of
// the account: all of them or, when one cannot be set, none.
func (s *Store) SetAnnotations(ctx context.Context, id kv.Account, m MailboxID, user string, set []Annotation) error {
	for i := range set {
		if len(set[i].Value) > MaxAnnotationBytes {
			return ErrAnnotationTooLarge
		}
	}
	return s.update(ctx, id, func(t *tx) error {
		log := &t.wide
		if m != 0 {
			b, err := t.box(m)
			if err != nil {
				return err
			}
			log = &b.change
		}
		have, err := readAnnotations(t.space, m, user)
		if err != nil {
			return err
		}
		if err := t.annotate(m, user, have, set, log); err != nil {
			return err
		}
		if !slices.ContainsFunc(set, func(a Annotation) bool { return a.Value != nil }) {
			return nil // what is removed makes room
		}
		return t.boundAnnotations(m)
	})
}

func (t *tx) annotate(m MailboxID, user string, have, set []Annotation, log *change) error {
	count := map[bool]int{} // by whether they are shared
	known := map[string]bool{}
	for _, a := range have {
		known[a.Entry] = true
		count[strings.HasPrefix(a.Entry, sharedEntry)]++
	}
	for _, a := range set {
		shared, of := strings.HasPrefix(a.Entry, sharedEntry), user
		if shared {
			of = ""
		}
		key := appendEntryKey(nil, m, a.Entry, of)
		if of == "" { // what others note for themselves is no news for the rest
			log.entries = append(log.entries, a.Entry)
		}
		if a.Value == nil {
			if known[a.Entry] {
				count[shared]--
				delete(known, a.Entry)
			}
			if err := t.space.Delete(key); err != nil {
				return err
			}
			continue
		}
		if !known[a.Entry] {
			count[shared]++
			known[a.Entry] = true
		}
		if err := t.space.Set(key, append([]byte{version1}, a.Value...)); err != nil {
			return err
		}
	}
	if count[true] > MaxAnnotations || count[false] > MaxAnnotations {
		return ErrTooManyAnnotations
	}
	return nil
}

// boundAnnotations keeps users from filling the disk, and those with whom a mailbox
// is shared from filling the owner's account: what they note counts for nobody's
// quota.
func (t *tx) boundAnnotations(m MailboxID) error {
	here, all := 0, 0
	it := t.space.Scan([]byte{kindAnnotation}, []byte{kindAnnotation + 1})
	defer it.Close()
	for it.Next() {
		n := len(it.Value())
		if all += n; boxKeyOf(it.Key()) == m {
			here += n
		}
		if here > MaxAnnotated || all > MaxAnnotatedAll {
			return ErrTooManyAnnotations
		}
	}
	return it.Err()
}

// copyAnnotations gives the new INBOX those of the old one, whatever name that
// has now (RFC 5464 4.1).
func (t *tx) copyAnnotations(from, to MailboxID) error {
	it := t.space.Scan(appendBoxKey(nil, kindAnnotation, from), appendBoxKey(nil, kindAnnotation, from+1))
	defer it.Close()
	for it.Next() {
		key := append(appendBoxKey(nil, kindAnnotation, to), it.Key()[5:]...)
		if err := t.space.Set(key, it.Value()); err != nil {
			return err
		}
	}
	return it.Err()
}
