package imap

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// maxEntries limits the entries that one command names.
const maxEntries = 100

// adminEntry is the annotation of the server that says whom to write to. It is
// computed, and nobody sets it (RFC 5464 3.2.1.1).
const adminEntry = "/shared/admin"

// metadataQuery is what GETMETADATA asks for.
type metadataQuery struct {
	entries []string
	maxSize uint64
	depth   int // levels below an entry
}

// getMetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
// (RFC 5464 4.2). The options are also taken behind the mailbox, as they stand
// in the examples.
func (s *session) getMetadata() (string, error) {
	d := s.dec
	q := metadataQuery{maxSize: math.MaxUint64}
	var name string
	if !d.ExpectSP() || d.AtSpecial('(') && (!s.metadataList(&q) || !d.ExpectSP()) || !d.ExpectMailbox(&name) || !d.ExpectSP() {
		return "", d.Err()
	}
	for {
		if d.AtSpecial('(') {
			if !s.metadataList(&q) {
				return "", d.Err()
			}
		} else if !s.metadataEntry(&q) {
			return "", d.Err()
		}
		if !d.SP() || d.AtEnd() {
			break
		}
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	if len(q.entries) == 0 {
		return "", bad("No entry")
	}
	at, box, err := s.annotated(name)
	if err != nil {
		return "", err
	}
	longest, err := s.writeMetadata(at.account, box, &q)
	if err != nil {
		return "", err
	}
	if longest > 0 {
		return "[METADATA LONGENTRIES " + strconv.FormatUint(longest, 10) + "] Getmetadata completed", nil
	}
	return "Getmetadata completed", nil
}

// metadataList reads a list in parentheses: options, or entries.
func (s *session) metadataList(q *metadataQuery) bool {
	d := s.dec
	return d.ExpectList(func() bool {
		var word string
		if !d.ExpectAString(&word) {
			return false
		}
		switch strings.ToUpper(word) {
		case "MAXSIZE":
			return d.ExpectSP() && d.ExpectNumber64(&q.maxSize)
		case "DEPTH":
			var depth string
			if !d.ExpectSP() || !d.ExpectAString(&depth) {
				return false
			}
			switch strings.ToLower(depth) {
			case "0":
				q.depth = 0
			case "1":
				q.depth = 1
			case "infinity":
				q.depth = math.MaxInt
			default:
				return d.Fail("Invalid DEPTH")
			}
			return true
		}
		return s.addEntry(q, word)
	})
}

func (s *session) metadataEntry(q *metadataQuery) bool {
	var entry string
	return s.dec.ExpectAString(&entry) && s.addEntry(q, entry)
}

func (s *session) addEntry(q *metadataQuery, name string) bool {
	entry, err := mailstore.ParseEntry(name)
	if err != nil && q.depth > 0 && (strings.EqualFold(name, "/shared") || strings.EqualFold(name, "/private")) {
		entry, err = strings.ToLower(name), nil // all of them
	}
	switch {
	case err != nil:
		return s.dec.Fail("Invalid entry name")
	case len(q.entries) == maxEntries:
		return s.dec.Fail("Too many entries")
	}
	q.entries = append(q.entries, entry)
	return true
}

// annotated finds what a name of a METADATA command means: "" is the server.
func (s *session) annotated(name string) (place, mailstore.Mailbox, error) {
	if name == "" {
		return place{account: s.account}, mailstore.Mailbox{}, nil
	}
	return s.mailbox(name)
}

// writeMetadata writes a METADATA response, and returns the size of the largest
// value that was asked for and is too large to be sent.
func (s *session) writeMetadata(account kv.Account, box mailstore.Mailbox, q *metadataQuery) (longest uint64, err error) {
	all, err := s.mail.Annotations(s.ctx, account, box.ID)
	if err != nil {
		return 0, err
	}
	if box.ID == 0 {
		all = append(all, s.serverAnnotations()...)
	} else if box.SpecialUse != "" && account == s.account {
		// RFC 6154 4: the special use is an annotation too.
		all = append(all, mailstore.Annotation{Entry: specialUseEntry, Value: []byte(box.SpecialUse)})
	}
	open := false
	write := func(entry string, value []byte) {
		if !open {
			s.enc.Raw("* METADATA ")
			s.enc.Mailbox(box.Name)
			s.enc.Raw(" (")
		} else {
			s.enc.Byte(' ')
		}
		open = true
		s.enc.AString(entry)
		s.enc.Byte(' ')
		s.writeValue(value)
	}
	for i, entry := range q.entries {
		there := false
		for _, a := range all {
			if !q.matches(entry, a.Entry) || q.matchesAny(q.entries[:i], a.Entry) {
				continue
			}
			there = true
			if size := uint64(len(a.Value)); size > q.maxSize {
				longest = max(longest, size)
				continue
			}
			write(a.Entry, a.Value)
		}
		if !there && q.depth == 0 && !q.matchesAny(q.entries[:i], entry) {
			write(entry, nil)
		}
	}
	if open {
		s.enc.Raw(")\r\n")
	}
	return longest, nil
}

// matches reports whether an entry is asked for by the name of another.
func (q *metadataQuery) matches(asked, entry string) bool {
	rest, ok := strings.CutPrefix(entry, asked)
	return ok && (rest == "" || rest[0] == '/' && strings.Count(rest, "/") <= q.depth)
}

func (q *metadataQuery) matchesAny(asked []string, entry string) bool {
	for _, a := range asked {
		if q.matches(a, entry) {
			return true
		}
	}
	return false
}

// writeValue writes value = nstring / literal8 (RFC 5464 5).
func (s *session) writeValue(value []byte) {
	switch {
	case value == nil:
		s.enc.Raw("NIL")
	case strings.ContainsRune(string(value), 0):
		s.enc.Byte('~')
		s.enc.Literal(value)
	default:
		s.enc.String(string(value))
	}
}

// serverAnnotations are those that are computed.
func (s *session) serverAnnotations() []mailstore.Annotation {
	_, domain, ok := strings.Cut(s.user, "@")
	if !ok {
		return nil
	}
	return []mailstore.Annotation{{Entry: adminEntry, Value: []byte("mailto:postmaster@" + domain)}}
}

// setMetadata = "SETMETADATA" SP mailbox SP entry-values (RFC 5464 4.3)
func (s *session) setMetadata() (string, error) {
	d := s.dec
	var name string
	var set []mailstore.Annotation
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() {
		return "", d.Err()
	}
	ok := d.ExpectList(func() bool {
		var a mailstore.Annotation
		if !s.entryValue(&a) {
			return false
		}
		set = append(set, a)
		return len(set) <= maxEntries || d.Fail("Too many entries")
	})
	if !ok || !d.ExpectCRLF() {
		return "", d.Err()
	}
	if len(set) == 0 {
		return "", bad("No entry")
	}
	at, box, err := s.annotated(name)
	if err != nil {
		return "", err
	}
	return "Setmetadata completed", s.annotate(at.account, box, set)
}

// completeEntry reports whether an entry can have a value: those of vendors have
// at least four components (RFC 5464 3.2).
func completeEntry(entry string) bool {
	parts := strings.Split(entry, "/") // before the first slash is nothing
	return len(parts) > 4 || parts[2] != "vendor"
}

// entryValue reads entry SP value.
func (s *session) entryValue(a *mailstore.Annotation) bool {
	d := s.dec
	var name, value string
	if !d.ExpectAString(&name) {
		return false
	}
	entry, err := mailstore.ParseEntry(name)
	if err != nil || !completeEntry(entry) {
		return d.Fail("Invalid entry name")
	}
	if !d.ExpectSP() {
		return false
	}
	isNil, ok := d.ExpectNString(&value)
	a.Entry = entry
	if !isNil {
		a.Value = []byte(value)
	}
	return ok
}

func (s *session) annotate(account kv.Account, box mailstore.Mailbox, set []mailstore.Annotation) error {
	for k, a := range set {
		switch {
		case box.ID == 0 && strings.HasPrefix(a.Entry, "/shared/"):
			return no("NOPERM", "Only the administrator changes what all users see")
		case box.ID != 0 && a.Entry == specialUseEntry:
			// All or nothing: it is another record.
			if len(set) > 1 {
				return no("CANNOT", "Set the special use by itself")
			}
			return s.mail.SetUse(s.ctx, account, box.ID, specialUseOf(set[k].Value))
		}
	}
	err := s.mail.SetAnnotations(s.ctx, account, box.ID, set)
	switch {
	case errors.Is(err, mailstore.ErrAnnotationTooLarge):
		return no("METADATA MAXSIZE "+strconv.Itoa(mailstore.MaxAnnotationBytes), "Annotation too large")
	case errors.Is(err, mailstore.ErrTooManyAnnotations):
		return no("METADATA TOOMANY", "Too many annotations")
	}
	return err
}

// specialUseOf reads the value of specialUseEntry; NIL and "" are none.
func specialUseOf(value []byte) string {
	if len(value) == 0 {
		return ""
	}
	return specialUse(strings.TrimPrefix(string(value), `\`))
}

// specialUseEntry is the special use of a mailbox as an annotation (RFC 6154 4).
const specialUseEntry = "/private/specialuse"
