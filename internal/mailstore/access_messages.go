package mailstore

import (
	"context"

	"tram/internal/mail/fold"
	"tram/internal/storage/kv"
)

// RFC 4314 4: Append wants i, and flags without their right are left out.
func (a *Access) Append(ctx context.Context, id kv.Account, m MailboxID, deliveries ...Delivery) (uint32, []UID, error) {
	have, err := a.Rights(ctx, id, m)
	if err != nil {
		return 0, nil, err
	}
	if err := have.check(RightInsert); err != nil {
		return 0, nil, err
	}
	drop := have.drops()
	for i := range deliveries {
		d := &deliveries[i]
		d.Flags &^= drop.flags
		if drop.keywords {
			d.Keywords = nil
		}
	}
	return a.Store.Append(ctx, id, m, deliveries...)
}

// drops returns the flags that somebody with these rights cannot set.
func (r Rights) drops() dropped {
	var d dropped
	if !r.has(RightSeen) {
		d.flags |= Seen
	}
	if !r.has(RightDelete) {
		d.flags |= Deleted
	}
	if !r.has(RightWrite) {
		d.flags |= SystemFlags &^ (Seen | Deleted)
		d.keywords = true
	}
	return d
}

// Copy wants r where the messages are and i where they go to.
func (a *Access) Copy(ctx context.Context, from, to Place, uids UIDSet, q Quota) (Copied, error) {
	drop, err := a.mayCopy(ctx, from, to, RightRead)
	if err != nil {
		return Copied{}, err
	}
	return a.Store.copy(ctx, transfer{from: from, to: to, uids: uids, quota: q, drop: drop})
}

// Move wants t and e besides, where the messages are (RFC 6851 4.4).
func (a *Access) Move(ctx context.Context, from, to Place, uids UIDSet, q Quota) (Copied, error) {
	drop, err := a.mayCopy(ctx, from, to, RightRead|RightDelete|RightExpunge)
	if err != nil {
		return Copied{}, err
	}
	return a.Store.transfer(ctx, transfer{from: from, to: to, uids: uids, quota: q, drop: drop, move: true})
}

func (a *Access) mayCopy(ctx context.Context, from, to Place, want Rights) (dropped, error) {
	if err := a.need(ctx, from.Account, from.Mailbox, want); err != nil {
		return dropped{}, err
	}
	have, err := a.Rights(ctx, to.Account, to.Mailbox)
	if err != nil {
		return dropped{}, err
	}
	return have.drops(), have.check(RightInsert)
}

// StoreFlags changes those of the flags that the actor may change. It is
// refused when that is none of them (RFC 4314 4).
func (a *Access) StoreFlags(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet, c FlagChange) (Stored, error) {
	have, err := a.Rights(ctx, id, m)
	if err != nil {
		return Stored{}, err
	}
	drop := have.drops()
	if drop == (dropped{}) {
		return a.Store.StoreFlags(ctx, id, m, uids, c)
	}
	some := c.Flags&^drop.flags != 0 || len(c.Keywords) > 0 && !drop.keywords
	none := c.Flags == 0 && len(c.Keywords) == 0 && drop.flags != SystemFlags
	if !some && !none {
		return Stored{}, have.refusal()
	}
	c.Keep |= drop.flags
	c.KeepKeywords = c.KeepKeywords || drop.keywords
	return a.Store.StoreFlags(ctx, id, m, uids, c)
}

// refusal is the error for somebody who lacks a right.
func (r Rights) refusal() error { return (r &^ RightAdmin).check(RightAdmin) }

// Expunge wants e.
func (a *Access) Expunge(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet) (UIDSet, error) {
	if err := a.need(ctx, id, m, RightExpunge); err != nil {
		return nil, err
	}
	return a.Store.Expunge(ctx, id, m, uids)
}

// Remove is \Deleted and Expunge in one: it wants t and e.
func (a *Access) Remove(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet) (UIDSet, error) {
	if err := a.need(ctx, id, m, RightDelete|RightExpunge); err != nil {
		return nil, err
	}
	return a.Store.Remove(ctx, id, m, uids)
}

// View wants r.
func (a *Access) View(ctx context.Context, id kv.Account, m MailboxID) (*View, error) {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return nil, err
	}
	return a.Store.View(ctx, id, m)
}

// Messages wants r.
func (a *Access) Messages(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet, want Want, fn func(*Message) error) error {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return err
	}
	return a.Store.Messages(ctx, id, m, uids, want, fn)
}

// TextCandidates wants r.
func (a *Access) TextCandidates(ctx context.Context, id kv.Account, m MailboxID, terms []fold.Term, scope TextScope) (TextMatches, error) {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return TextMatches{}, err
	}
	return a.Store.TextCandidates(ctx, id, m, terms, scope)
}

// Vanished wants r.
func (a *Access) Vanished(ctx context.Context, id kv.Account, m MailboxID, since ModSeq) (UIDSet, bool, error) {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return nil, false, err
	}
	return a.Store.Vanished(ctx, id, m, since)
}

// Recent wants r.
func (a *Access) Recent(ctx context.Context, id kv.Account, m MailboxID) (UID, error) {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return 0, err
	}
	return a.Store.Recent(ctx, id, m)
}

// TakeRecent wants r. Who may not say what is seen takes nothing away from the
// others.
func (a *Access) TakeRecent(ctx context.Context, id kv.Account, v *View) (UID, error) {
	have, err := a.Rights(ctx, id, v.Mailbox())
	if err != nil {
		return 0, err
	}
	if err := have.check(RightRead); err != nil {
		return 0, err
	}
	if !have.has(RightSeen) {
		return a.Store.Recent(ctx, id, v.Mailbox())
	}
	return a.Store.TakeRecent(ctx, id, v)
}

// Status wants r.
func (a *Access) Status(ctx context.Context, id kv.Account, m MailboxID) (Status, error) {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return Status{}, err
	}
	return a.Store.Status(ctx, id, m)
}

// StatusByName wants r.
func (a *Access) StatusByName(ctx context.Context, id kv.Account, name string) (Mailbox, Status, error) {
	m, status, err := a.Store.StatusByName(ctx, id, name)
	if err != nil {
		return Mailbox{}, Status{}, err
	}
	if err := a.need(ctx, id, m.ID, RightRead); err != nil {
		return Mailbox{}, Status{}, err
	}
	return m, status, nil
}

// Watch wants r of the mailbox; to watch a whole account, that something in it
// is shared with the actor. Without it nothing is ever told.
func (a *Access) Watch(id kv.Account, m MailboxID, fn func()) (cancel func()) {
	ctx := context.Background()
	var err error
	if m != 0 {
		err = a.need(ctx, id, m, RightRead)
	} else if !a.owns(id) {
		_, err = a.Mailboxes(ctx, id)
	}
	if err != nil {
		return func() {}
	}
	return a.Store.Watch(id, m, fn)
}

// KeepPreviews wants r: what it keeps is computed from what is read.
func (a *Access) KeepPreviews(ctx context.Context, id kv.Account, m MailboxID, previews []Preview) error {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return err
	}
	return a.Store.KeepPreviews(ctx, id, m, previews)
}

// UIDLs wants r.
func (a *Access) UIDLs(ctx context.Context, id kv.Account, m MailboxID) (UIDLs, error) {
	if err := a.need(ctx, id, m, RightRead); err != nil {
		return UIDLs{}, err
	}
	return a.Store.UIDLs(ctx, id, m)
}
