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
	if name == "INBOX" {
		return "", mailstore.ErrMailboxExists
	}
	at, err := s.place(name)
	if err != nil {
		return "", err
	}
	_, err = s.mail.Create(s.ctx, at.account, at.name, use)
	return "", err
}

func (s *session) createParams(use *string) bool {
	d := s.dec
	if !d.SP() || d.AtEnd() {
		return d.Err() == nil
	}
	return d.ExpectList(func() bool {
		var param string
		if !d.ExpectKeyword(&param) {
			return false
		}
		if param != "USE" || !d.ExpectSP() {
			return d.Fail("Unknown parameter")
		}
		return d.ExpectList(func() bool {
			var attr string
			if *use != "" || !d.ExpectSpecial('\\') || !d.ExpectAtom(&attr) {
				return d.Fail("Invalid special use")
			}
			*use = specialUse(attr)
			return *use != "" || d.Fail("Unknown special use")
		})
	})
}

// specialUse gives a special use in its usual spelling, "" when it is unknown.
func specialUse(attr string) string {
	for _, use := range []string{mailstore.UseDrafts, mailstore.UseSent, mailstore.UseJunk, mailstore.UseTrash, mailstore.UseArchive} {
		if strings.EqualFold(use[1:], attr) {
			return use
		}
	}
	return ""
}
