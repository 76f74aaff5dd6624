package mailstore

import (
	"context"
	"errors"
	"time"

	"tram/internal/storage/kv"
)

// Create makes a mailbox. Levels above it need not exist. use is a special use
// or empty (ErrUseTaken).
func (s *Store) Create(ctx context.Context, id kv.Account, name, use string) (Mailbox, error) {
	name, err := normalName(name)
	if err != nil {
		return Mailbox{}, err
	}
	if name == inbox {
		return Mailbox{}, ErrInbox
	}
	if use != "" && homeOf(use) == 0 {
		return Mailbox{}, errors.New("mailstore: unknown special use")
	}
	var m Mailbox
	err = s.update(ctx, id, func(t *tx) (err error) {
		m, err = t.create(name, use)
		return err
	})
	return m, err
}

// create makes a mailbox with a name in normal form.
func (t *tx) create(name, use string) (Mailbox, error) {
	switch _, err := readName(t.space, name); {
	case err == nil:
		return Mailbox{}, ErrMailboxExists
	case !errors.Is(err, ErrNoMailbox):
		return Mailbox{}, err
	}
	if t.acct.mailboxes >= MaxMailboxes {
		return Mailbox{}, ErrTooManyMailboxes
	}
	home := homeOf(use)
	if home != 0 && t.acct.home[home] != 0 {
		return Mailbox{}, ErrUseTaken
	}
	m := Mailbox{Name: name, SpecialUse: use}
	if err := t.makeBox(&m); err != nil {
		return Mailbox{}, err
	}
	if home != 0 {
		t.acct.home[home] = m.ID
	}
	if err := t.inheritACL(t.boxes[len(t.boxes)-1], name); err != nil {
		return Mailbox{}, err
	}
	return m, t.setName(name, m.ID)
}

// makeBox gives a mailbox its ID and UIDVALIDITY and writes its record.
func (t *tx) makeBox(m *Mailbox) error {
	t.acct.lastMailbox++
	t.acct.mailboxes++
	t.dirty = true
	m.ID = t.acct.lastMailbox
	m.UIDValidity = t.newValidity()
	m.Created = t.now.UTC().Truncate(time.Second)
	t.boxes = append(t.boxes, &box{
		id:        m.ID,
		counters:  counters{uidValidity: m.UIDValidity, uidNext: 1, recent: 1},
		tableRead: true,
		change:    change{created: true},
	})
	if m.Name == inbox {
		// POP3 looks at no other mailbox.
		if err := setUIDLs(t.space, m.ID, UIDLs{Validity: m.UIDValidity, From: 1}); err != nil {
			return err
		}
	}
	return t.setMailbox(m)
}

// newValidity returns a UIDVALIDITY that no mailbox of the account had, and
// that is larger than all of them. It begins with the time, so that the
// mailboxes of an account that is made again are new to clients too.
func (t *tx) newValidity() uint32 {
	t.acct.lastValidity = max(t.acct.lastValidity+1, uint32(t.now.Unix()))
	return t.acct.lastValidity
}

func (t *tx) setMailbox(m *Mailbox) error {
	return t.space.Set(appendBoxKey(nil, kindMailbox, m.ID), appendMailbox(nil, m))
}

func (t *tx) setName(name string, id MailboxID) error {
	if err := t.space.Delete(appendNameKey(nil, kindLevel, name)); err != nil {
		return err
	}
	return t.space.Set(appendNameKey(nil, kindName, name), appendMailboxID(nil, id))
}

// makeHome makes the mailboxes that every account begins with, subscribed.
// The account is empty: there is nothing to read first.
func (t *tx) makeHome() error {
	for i, h := range homeMailboxes {
		m := Mailbox{Name: h.name, SpecialUse: h.use}
		if err := t.makeBox(&m); err != nil {
			return err
		}
		t.acct.home[i] = m.ID
		if err := t.setName(h.name, m.ID); err != nil {
			return err
		}
		t.acct.subscriptions++
		if err := t.space.Set(appendNameKey(nil, kindSubscribe, h.name), []byte{version1}); err != nil {
			return err
		}
	}
	return nil
}
