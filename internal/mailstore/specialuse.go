package mailstore

import (
	"context"
	"errors"

	"tram/internal/storage/kv"
)

// ErrUse says that no mailbox can have this special use.
var ErrUse = errors.New("mailstore: unknown special use")

// SetUse gives a mailbox a special use, or with "" takes it away (RFC 6154 5.4).
// INBOX has none, and what another mailbox has it must lose first (ErrUseTaken).
func (s *Store) SetUse(ctx context.Context, id kv.Account, m MailboxID, use string) error {
	home := homeOf(use)
	if use != "" && home == 0 {
		return ErrUse
	}
	return s.update(ctx, id, func(t *tx) error {
		b, err := t.box(m)
		if err != nil {
			return err
		}
		mailbox, err := readMailbox(t.space, m)
		switch {
		case err != nil:
			return err
		case mailbox.SpecialUse == use:
			return nil
		case mailbox.Name == inbox:
			return ErrUse
		case home != 0 && t.acct.home[home] != 0:
			return ErrUseTaken
		}
		if old := homeOf(mailbox.SpecialUse); old != 0 {
			t.acct.home[old] = 0
		}
		if home != 0 {
			t.acct.home[home] = m
		}
		mailbox.SpecialUse, b.change.renamed = use, true
		return t.setMailbox(&mailbox)
	})
}

// SetUse is for the own account: whom else a mailbox is shared with sees no
// special use.
func (a *Access) SetUse(ctx context.Context, id kv.Account, m MailboxID, use string) error {
	if err := a.own(id); err != nil {
		return err
	}
	return a.Store.SetUse(ctx, id, m, use)
}
