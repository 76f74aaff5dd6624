package imap

import (
	"strings"

	"tram/internal/mailstore"
)

// create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr] ")" ")"]
// (RFC 3501 6.3.3, RFC 6154 5)
func (s *session) create() (string, error) {
	d := s.dec
	var name, use string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !s.createParams(&use) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	// A trailing separator says that names below are going to be created
	// (RFC 3501 6.3.3); it is not part of the name.
	name = strings.TrimSuffix(name, "/")
	switch {
	case strings.EqualFold(name, "INBOX"):
		return "", mailstore.ErrMailboxExists
	case use == otherUse:
		return "", no("USEATTR", "This special use is not supported")
	}
	at, err := s.newPlace(name)
	if err != nil {
		return "", err
	}
	box, err := s.mail.Create(s.ctx, at.account, at.name, use)
	if err != nil {
		return "", err
	}
	s.tellOldName(name, at.prefix+box.Name)
	return "[" + mailboxObject(at.account, box.ID) + "] Create completed", nil // RFC 8474 4.2
}

// tellOldName tells a client of IMAP4rev2 of a name that it did not write in
// the one form that names have here (RFC 9051 6.3.9.7).
func (s *session) tellOldName(given, is string, attrs ...string) {
	if given == is || !s.on(enabledRev2) {
		return
	}
	s.writeListLine("LIST", attrs, is)
	s.enc.Raw(` ("OLDNAME" (`)
	s.enc.Mailbox(given)
	s.enc.Raw("))\r\n")
}

// createParams reads the parameters of CREATE (RFC 4466 2.2). More than one
// special use at once is refused as one that is not known (RFC 6154 3).
func (s *session) createParams(use *string) bool {
	d := s.dec
	if !d.SP() || d.AtEnd() {
		return d.Err() == nil
	}
	given := 0
	ok := d.ExpectList(func() bool {
		var param string
		if !d.ExpectKeyword(&param) {
			return false
		}
		given++
		if param != "USE" || !d.ExpectSP() {
			return d.Fail("Unknown parameter")
		}
		return d.ExpectList(func() bool {
			var attr string
			if !d.ExpectSpecial('\\') || !d.ExpectAtom(&attr) {
				return d.Fail("Invalid special use")
			}
			if *use != "" {
				attr = "" // a mailbox has one
			}
			*use = specialUse(attr)
			return true
		})
	})
	return ok && (given > 0 || d.Fail("List of parameters is empty"))
}

// otherUse stands for the special uses that no mailbox here can have: \All and
// \Flagged, which are views of other mailboxes, \Important, and unknown ones.
const otherUse = `\`

// specialUse gives a special use in its usual spelling, or otherUse.
func specialUse(attr string) string {
	for _, use := range []string{mailstore.UseDrafts, mailstore.UseSent, mailstore.UseJunk, mailstore.UseTrash, mailstore.UseArchive} {
		if strings.EqualFold(use[1:], attr) {
			return use
		}
	}
	return otherUse
}
