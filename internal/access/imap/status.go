package imap

import (
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// statusItem is one of status-att.
type statusItem uint16

const (
	statusMessages statusItem = 1 << iota
	statusRecent
	statusUIDNext
	statusUIDValidity
	statusUnseen
	statusHighestModSeq
	statusSize
	statusDeleted
	statusDeletedStorage
	statusAppendLimit
	statusMailboxID
)

// statusItems are the items in the order in which they are answered.
var statusItems = [...]struct {
	name string
	item statusItem
}{
	{"MESSAGES", statusMessages},
	{"RECENT", statusRecent},
	{"UIDNEXT", statusUIDNext},
	{"UIDVALIDITY", statusUIDValidity},
	{"UNSEEN", statusUnseen},
	{"HIGHESTMODSEQ", statusHighestModSeq},    // RFC 7162 3.1.7
	{"SIZE", statusSize},                      // RFC 8438
	{"DELETED", statusDeleted},                // RFC 9051 6.3.11
	{"DELETED-STORAGE", statusDeletedStorage}, // RFC 9208 4.1.4
	{"APPENDLIMIT", statusAppendLimit},        // RFC 7889 4
	{"MAILBOXID", statusMailboxID},            // RFC 8474 4.3
}

// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
// (RFC 3501 6.3.10)
func (s *session) status() (string, error) {
	d := s.dec
	var name string
	var items statusItem
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() || !s.statusAtts(&items) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	at, err := s.place(name)
	if err != nil {
		return "", err
	}
	mbox, st, err := s.mail.StatusByName(s.ctx, at.account, at.name)
	if err != nil {
		return "", err
	}
	mbox.Name = at.prefix + mbox.Name
	return "", s.writeStatus(at.account, mbox, st, items)
}

// statusAtts reads the parenthesized list of items.
func (s *session) statusAtts(items *statusItem) bool {
	d := s.dec
	ok := d.ExpectList(func() bool {
		var name string
		if !d.ExpectKeyword(&name) {
			return false
		}
		for _, i := range statusItems {
			if i.name == name {
				*items |= i.item
				return true
			}
		}
		return d.Fail("Invalid status item")
	})
	return ok && (*items != 0 || d.Fail("Empty status list"))
}

// writeStatus writes a STATUS response.
func (s *session) writeStatus(account kv.Account, mbox mailstore.Mailbox, st mailstore.Status, items statusItem) error {
	var recent, deleted uint64
	var err error
	if items&statusRecent != 0 {
		if recent, err = s.recentIn(account, mbox.ID, st); err != nil {
			return err
		}
	}
	if items&statusDeletedStorage != 0 && st.Deleted > 0 {
		if deleted, err = s.deletedIn(account, mbox.ID); err != nil {
			return err
		}
	}
	// Asking for it enables CONDSTORE (RFC 7162 3.1).
	if items&statusHighestModSeq != 0 {
		s.enableCondstore()
	}
	values := [...]uint64{
		uint64(st.Messages), recent, uint64(st.UIDNext), uint64(st.UIDValidity), uint64(st.Unseen),
		uint64(st.HighestModSeq), uint64(st.Size), uint64(st.Deleted), deleted, uint64(s.srv.opts.Limits.Append),
	}
	s.enc.Raw("* STATUS ")
	s.enc.Mailbox(mbox.Name)
	s.enc.Raw(" (")
	first := true
	for i, item := range statusItems {
		if items&item.item == 0 {
			continue
		}
		if !first {
			s.enc.Byte(' ')
		}
		first = false
		if item.item == statusMailboxID {
			s.enc.Raw(mailboxObject(account, mbox.ID))
			continue
		}
		s.enc.Raw(item.name)
		s.enc.Byte(' ')
		s.enc.Number(values[i])
	}
	s.enc.Raw(")\r\n")
	return nil
}

// deletedIn is the octets of the messages with \Deleted.
func (s *session) deletedIn(account kv.Account, id mailstore.MailboxID) (uint64, error) {
	view, err := s.mail.View(s.ctx, account, id)
	if err != nil {
		return 0, err
	}
	var octets uint64
	for _, block := range view.Blocks(0) {
		for i := range block {
			if block[i].Flags&mailstore.Deleted != 0 {
				octets += uint64(block[i].Size)
			}
		}
	}
	return octets, nil
}

// recentIn is the number of messages of a mailbox that would be \Recent to the
// session that selects it next.
func (s *session) recentIn(account kv.Account, id mailstore.MailboxID, st mailstore.Status) (uint64, error) {
	first, err := s.mail.Recent(s.ctx, account, id)
	if err != nil || first >= st.UIDNext {
		return 0, err
	}
	view, err := s.mail.View(s.ctx, account, id)
	if err != nil {
		return 0, err
	}
	return uint64(view.Len() - view.Search(first)), nil
}
