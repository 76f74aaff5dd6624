package mailstore

import (
	"cmp"
	"context"
	"slices"

	"tram/internal/storage/kv"
)

// MailboxChange is what happened to one mailbox after a MODSEQ.
type MailboxChange struct {
	Mailbox                   MailboxID
	Created, Deleted, Renamed bool
	Added, Flags, Expunged    UIDSet   // UIDs may be in several of them
	Emails                    []uint64 // email IDs of the expunged
}

// Changes returns what happened to the mailboxes of an account after a MODSEQ,
// by mailbox, and the MODSEQ that it leads to (JMAP's /changes). complete is
// false when the change log does not reach back so far.
func (s *Store) Changes(ctx context.Context, id kv.Account, since ModSeq) (all []MailboxChange, now ModSeq, complete bool, err error) {
	found := map[MailboxID]*MailboxChange{}
	err = s.read(ctx, id, func(r kv.Reader) error {
		acct, _, err := readAccount(r)
		if err != nil {
			return err
		}
		now = acct.modSeq
		if complete = acct.logFloor <= since; !complete {
			return nil
		}
		return eachChange(r, since, func(_ ModSeq, m MailboxID, value []byte) (bool, error) {
			c, err := decodeChange(value)
			if err != nil || m == 0 {
				return err == nil, err
			}
			if found[m] == nil {
				found[m] = &MailboxChange{Mailbox: m}
			}
			found[m].merge(&c)
			return true, nil
		})
	})
	for _, c := range found {
		c.Added, c.Flags, c.Expunged = NewUIDSet(c.Added), NewUIDSet(c.Flags), NewUIDSet(c.Expunged)
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b MailboxChange) int { return cmp.Compare(a.Mailbox, b.Mailbox) })
	return all, now, complete, err
}

func (m *MailboxChange) merge(c *change) {
	m.Added = append(m.Added, c.added...)
	m.Flags = append(m.Flags, c.flags...)
	m.Expunged = append(m.Expunged, c.expunged...)
	m.Emails = append(m.Emails, c.emails...)
	m.Created = m.Created || c.created
	m.Deleted = m.Deleted || c.deleted
	m.Renamed = m.Renamed || c.renamed
}
