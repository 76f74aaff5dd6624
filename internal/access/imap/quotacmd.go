package imap

import (
	"errors"
	"strings"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// Quota roots (RFC 9208 3.1): an account's is its address, that of all accounts
// of a domain together "@" and the domain. The public folders of a domain
// count for the domain only. A root without a limit is none: RFC 9208 5 has no
// empty list of resources.

// quotaRoot is a set of limits and what counts against them.
type quotaRoot struct {
	name                      string
	bytes, messages           int64
	limitBytes, limitMessages int64 // 0 = none
}

// getQuotaRoot = "GETQUOTAROOT" SP mailbox (RFC 9208 4.1.2)
func (s *session) getQuotaRoot() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	account, name, err := s.quotaMailbox(name)
	if err != nil {
		return "", err
	}
	roots, err := s.quotaRoots(account)
	if err != nil {
		return "", err
	}
	s.enc.Raw("* QUOTAROOT ")
	s.enc.Mailbox(name)
	for i := range roots {
		s.enc.Byte(' ')
		s.enc.AString(roots[i].name)
	}
	s.enc.CRLF()
	for i := range roots {
		s.writeQuota(&roots[i])
	}
	return "Getquotaroot completed", nil
}

// quotaMailbox is the account that a mailbox counts for, and the mailbox's name.
// One of the user's own need not exist: its roots are those that it would have
// (RFC 9208 4.1.2).
func (s *session) quotaMailbox(name string) (kv.Account, string, error) {
	at, box, err := s.mailbox(name)
	if errors.Is(err, mailstore.ErrNoMailbox) && at.account == s.account && at.prefix == "" {
		return s.account, name, nil
	}
	if err != nil {
		return 0, "", err
	}
	// RFC 9208 6 lets servers ask for rights; it is who may see how full it is.
	rights, err := s.mail.Rights(s.ctx, at.account, box.ID)
	if err == nil && rights&(mailstore.RightRead|mailstore.RightInsert) == 0 {
		err = mailstore.ErrNoRight
	}
	return at.account, box.Name, err
}

// getQuota = "GETQUOTA" SP quota-root-name (RFC 9208 4.1.1). A user may ask for
// the roots of the own account.
func (s *session) getQuota() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectAString(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	roots, err := s.quotaRoots(s.account)
	if err != nil {
		return "", err
	}
	for i := range roots {
		if strings.EqualFold(roots[i].name, name) {
			s.writeQuota(&roots[i])
			return "Getquota completed", nil
		}
	}
	return "", no("NONEXISTENT", "No such quota root")
}

// setQuota = "SETQUOTA" SP quota-root-name SP setquota-list (RFC 9208 4.1.3).
// Limits are set by the administrator's commands.
func (s *session) setQuota() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectAString(&name) || !d.ExpectSP() {
		return "", d.Err()
	}
	ok := d.ExpectList(func() bool {
		var resource string
		var limit uint64
		return d.ExpectAtom(&resource) && d.ExpectSP() && d.ExpectNumber64(&limit)
	})
	if !ok || !d.ExpectCRLF() {
		return "", d.Err()
	}
	return "", no("NOPERM", "Only the administrator sets quotas")
}

// quotaRoots are those that an account counts for.
func (s *session) quotaRoots(account kv.Account) ([]quotaRoot, error) {
	limits, err := s.quota(account)
	if err != nil {
		return nil, err
	}
	var roots []quotaRoot
	owner, err := s.ownerOf(account)
	if err != nil {
		return nil, err
	}
	if owner != "" && (limits.Bytes > 0 || limits.Messages > 0) {
		root := quotaRoot{name: owner, limitBytes: limits.Bytes, limitMessages: limits.Messages}
		if root.bytes, root.messages, err = s.mail.Usage(s.ctx, account); err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	if pool := limits.Pool; pool.Bytes > 0 || pool.Messages > 0 {
		root := quotaRoot{name: "@" + pool.Name, limitBytes: pool.Bytes, limitMessages: pool.Messages}
		if root.bytes, root.messages, err = s.mail.PoolUsage(s.ctx, pool.Name); err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, nil
}

// writeQuota writes a QUOTA response (RFC 9208 4.2.1): the resources that are
// limited.
func (s *session) writeQuota(root *quotaRoot) {
	s.enc.Raw("* QUOTA ")
	s.enc.AString(root.name)
	s.enc.Raw(" (")
	if root.limitBytes > 0 {
		// In units of 1,024 octets, both rounded up: what is full shows as full.
		s.writeResource("STORAGE", kibibytes(root.bytes), kibibytes(root.limitBytes))
	}
	if root.limitMessages > 0 {
		if root.limitBytes > 0 {
			s.enc.Byte(' ')
		}
		s.writeResource("MESSAGE", root.messages, root.limitMessages)
	}
	s.enc.Raw(")\r\n")
}

func (s *session) writeResource(name string, used, limit int64) {
	s.enc.Raw(name)
	s.enc.Byte(' ')
	s.enc.Number(uint64(max(used, 0)))
	s.enc.Byte(' ')
	s.enc.Number(uint64(limit))
}

func kibibytes(octets int64) int64 { return (octets + 1023) / 1024 }
