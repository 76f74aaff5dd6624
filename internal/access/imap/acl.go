package imap

import (
	"strings"
	"unicode"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// setACL = "SETACL" SP mailbox SP identifier SP mod-rights (RFC 4314 3.1)
func (s *session) setACL() (string, error) {
	d := s.dec
	var name, who, rights string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() || !d.ExpectAString(&who) || !d.ExpectSP() ||
		!d.ExpectAString(&rights) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	change, err := parseRightsChange(rights)
	if err != nil {
		return "", err
	}
	return "Setacl complete", s.changeACL(name, who, change)
}

// deleteACL = "DELETEACL" SP mailbox SP identifier (RFC 4314 3.2)
func (s *session) deleteACL() (string, error) {
	d := s.dec
	var name, who string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() || !d.ExpectAString(&who) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	return "Deleteacl complete", s.changeACL(name, who, func(mailstore.Rights) mailstore.Rights { return 0 })
}

// parseRightsChange reads rights with an optional sign. What is unknown is BAD
// (RFC 4314 3.1).
func parseRightsChange(s string) (func(mailstore.Rights) mailstore.Rights, error) {
	letters := strings.TrimLeft(s, "+-")
	rights, err := mailstore.ParseRights(letters)
	if err != nil || len(s)-len(letters) > 1 {
		return nil, bad("Invalid rights")
	}
	switch {
	case strings.HasPrefix(s, "+"):
		return func(had mailstore.Rights) mailstore.Rights { return had | rights }, nil
	case strings.HasPrefix(s, "-"):
		return func(had mailstore.Rights) mailstore.Rights { return had &^ rights }, nil
	}
	return func(mailstore.Rights) mailstore.Rights { return rights }, nil
}

func (s *session) changeACL(name, who string, change func(mailstore.Rights) mailstore.Rights) error {
	at, box, err := s.mailbox(name)
	if err != nil {
		return err
	}
	meant, err := s.identifier(at.account, who)
	if err != nil {
		return err
	}
	return s.mail.SetACL(s.ctx, at.account, box.ID, meant, change)
}

// identifier gives a client's identifier the form of the store. The owner's
// address means the owner, a name without a domain somebody of the user's
// domain. One that is nobody's stays as it is, as in Dovecot and Cyrus: who may
// share is not told by it which addresses there are.
func (s *session) identifier(account kv.Account, who string) (string, error) {
	sign := ""
	if name, negative := strings.CutPrefix(who, "-"); negative {
		sign, who = "-", name
	}
	switch lower := strings.ToLower(who); {
	case who == "", strings.ContainsFunc(who, unicode.IsControl): // RFC 4314 3
		return "", bad("Invalid identifier")
	case lower == mailstore.WhoAnyone, lower == mailstore.WhoAuthenticated, lower == mailstore.WhoOwner, strings.HasPrefix(lower, "@"):
		return sign + lower, nil
	}
	who = s.ownDomain(who)
	if s.srv.opts.Neighbours == nil {
		return sign + who, nil
	}
	user, address, err := s.srv.opts.Neighbours.AccountOf(s.ctx, who)
	switch {
	case err != nil:
		return "", err
	case user == 0:
		return sign + strings.ToLower(who), nil
	case user == account:
		return sign + mailstore.WhoOwner, nil
	}
	return sign + address, nil
}

// ownDomain completes a name without a domain by that of the user.
func (s *session) ownDomain(who string) string {
	if at := strings.LastIndexByte(s.user, '@'); at >= 0 && !strings.Contains(who, "@") {
		return who + s.user[at:]
	}
	return who
}

// getACL = "GETACL" SP mailbox (RFC 4314 3.3)
func (s *session) getACL() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	at, box, err := s.mailbox(name)
	if err != nil {
		return "", err
	}
	list, err := s.mail.ACL(s.ctx, at.account, box.ID)
	if err != nil {
		return "", err
	}
	owner, err := s.ownerOf(at.account)
	if err != nil {
		return "", err
	}
	s.enc.Raw("* ACL ")
	s.enc.Mailbox(box.Name)
	if _, said := list.Of(mailstore.WhoOwner); !said && owner != "" {
		s.writeGrant(owner, mailstore.AllRights)
	}
	for _, g := range list {
		if who, negative := strings.CutPrefix(g.Who, "-"); who == mailstore.WhoOwner && owner != "" {
			g.Who = g.Who[:len(g.Who)-len(who)] + owner
			if !negative {
				g.Rights |= mailstore.RightAdmin
			}
		}
		s.writeGrant(g.Who, g.Rights)
	}
	s.enc.CRLF()
	return "Getacl complete", nil
}

func (s *session) writeGrant(who string, rights mailstore.Rights) {
	s.enc.Byte(' ')
	s.enc.AString(who)
	s.enc.Byte(' ')
	s.enc.AString(rights.Wire())
}

// ownerOf is the address of the user whom an account belongs to, "" for the
// account of public folders.
func (s *session) ownerOf(account kv.Account) (string, error) {
	if account == s.account || s.srv.opts.Neighbours == nil {
		return s.user, nil
	}
	return s.srv.opts.Neighbours.AddressOf(s.ctx, account)
}

// listRights = "LISTRIGHTS" SP mailbox SP identifier (RFC 4314 3.4). No right is
// tied to another, and only the owner has one always.
func (s *session) listRights() (string, error) {
	d := s.dec
	var name, who string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() || !d.ExpectAString(&who) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	at, box, err := s.mailbox(name)
	if err != nil {
		return "", err
	}
	if _, err := s.mail.ACL(s.ctx, at.account, box.ID); err != nil { // it wants the same right
		return "", err
	}
	meant, err := s.identifier(at.account, who)
	if err != nil {
		return "", err
	}
	s.enc.Raw("* LISTRIGHTS ")
	s.enc.Mailbox(box.Name)
	s.enc.Byte(' ')
	s.enc.AString(who)
	if meant == mailstore.WhoOwner {
		s.enc.Raw(" a l r s w i p k x t e c d\r\n")
	} else {
		s.enc.Raw(" \"\" l r s w i p k x t e a c d\r\n")
	}
	return "Listrights completed", nil
}

// myRights = "MYRIGHTS" SP mailbox (RFC 4314 3.5)
func (s *session) myRights() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	at, box, err := s.mailbox(name)
	if err != nil {
		return "", err
	}
	return "Myrights complete", s.writeMyRights(at.account, box)
}

// writeMyRights writes a MYRIGHTS response.
func (s *session) writeMyRights(account kv.Account, box mailstore.Mailbox) error {
	rights, err := s.mail.Rights(s.ctx, account, box.ID)
	if err != nil {
		return err
	}
	s.enc.Raw("* MYRIGHTS ")
	s.enc.Mailbox(box.Name)
	s.enc.Byte(' ')
	s.enc.AString(rights.Wire())
	s.enc.CRLF()
	return nil
}
