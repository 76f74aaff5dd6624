package imap

import "strings"

// extensions is a set of what the client has turned on, with ENABLE or by
// using it (RFC 5161).
type extensions uint8

const (
	enabledCondstore extensions = 1 << iota // it knows MODSEQ (RFC 7162 3.1)
	enabledQresync                          // VANISHED instead of EXPUNGE (RFC 7162 3.2)
	enabledUTF8                             // UTF-8 in quoted strings and names (RFC 6855)
	enabledRev2                             // IMAP4rev2 (RFC 9051)
	enabledUIDOnly                          // no message numbers (RFC 9586)
)

// enableable are the names that ENABLE knows, with what each turns on.
var enableable = []struct {
	name  string
	turns extensions
}{
	{"CONDSTORE", enabledCondstore},
	{"QRESYNC", enabledQresync | enabledCondstore}, // RFC 7162 3.2.3
	{"UTF8=ACCEPT", enabledUTF8},
	{"IMAP4rev2", enabledRev2},
	{"UIDONLY", enabledUIDOnly},
}

// on reports whether the client has turned on one of the extensions.
func (s *session) on(e extensions) bool { return s.enabled&e != 0 }

// speaksUTF8 reports whether strings and mailbox names may be UTF-8.
func (s *session) speaksUTF8() bool { return s.on(enabledUTF8 | enabledRev2) }

// enable = "ENABLE" 1*(SP capability) (RFC 5161). Names that are not known are
// ignored; the answer lists the others, whether they were on before or not.
func (s *session) enable() (string, error) {
	turns, names, ok := s.enableArgs()
	if !ok {
		return "", s.dec.Err()
	}
	s.enc.Raw("* ENABLED")
	s.enc.Raw(names)
	s.enc.CRLF()
	if turns&enabledCondstore != 0 {
		s.enableCondstore()
	}
	s.enabled |= turns
	s.dec.SetUTF8(s.speaksUTF8())
	s.enc.SetUTF8(s.speaksUTF8())
	if s.on(enabledRev2) && s.sel != nil {
		s.sel.recent, s.sel.recents = nil, 0
	}
	return "Enabled", nil
}

// enableArgs reads the names, and gives those that are known, each with a blank
// in front.
func (s *session) enableArgs() (turns extensions, names string, ok bool) {
	d := s.dec
	var list strings.Builder
	var seen extensions
	n := 0
	for d.SP() && !d.AtEnd() {
		var name string
		if !d.ExpectAtom(&name) {
			return 0, "", false
		}
		n++
		for i, e := range enableable {
			if strings.EqualFold(e.name, name) && seen&(1<<i) == 0 {
				seen |= 1 << i
				turns |= e.turns
				list.WriteString(" " + e.name)
			}
		}
	}
	if n == 0 {
		return 0, "", d.Fail("Expected the names of capabilities")
	}
	return turns, list.String(), d.ExpectCRLF()
}

// enableCondstore has the session hear of MODSEQs from now on. With a mailbox
// selected it learns where it stands (RFC 7162 3.1.2.1).
func (s *session) enableCondstore() {
	if s.on(enabledCondstore) {
		return
	}
	s.enabled |= enabledCondstore
	if s.sel != nil {
		s.writeOK("HIGHESTMODSEQ", uint64(s.sel.told), "Highest")
	}
}
