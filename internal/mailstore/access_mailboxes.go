package mailstore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tram/internal/storage/kv"
)

func isMissing(err error) bool { return errors.Is(err, ErrNoMailbox) }

// Mailboxes lists those with the right l. Of another account it does not say
// what its owner has subscribed.
func (a *Access) Mailboxes(ctx context.Context, id kv.Account) ([]Mailbox, error) {
	all, err := a.Store.Mailboxes(ctx, id)
	if err != nil {
		return nil, err
	}
	lists, err := a.acls(ctx, id)
	if err != nil || a.owns(id) && !lists.bindsOwner {
		return all, err
	}
	seen := all[:0]
	for _, m := range all {
		have, err := a.Rights(ctx, id, m.ID)
		if err != nil {
			return nil, err
		}
		if m.ID != 0 && have.has(RightLookup) {
			m.Subscribed = m.Subscribed && a.owns(id)
			seen = append(seen, m)
		}
	}
	// Names above those that are seen exist again, and no others.
	return linked(withParents(slices.Clip(seen))), nil
}

// Lookup finds a mailbox with which the actor may do something.
func (a *Access) Lookup(ctx context.Context, id kv.Account, name string) (Mailbox, error) {
	m, _, err := a.named(ctx, id, name)
	return m, err
}

// Create wants k of the nearest mailbox above.
func (a *Access) Create(ctx context.Context, id kv.Account, name, use string) (Mailbox, error) {
	if use != "" {
		if err := a.own(id); err != nil {
			return Mailbox{}, err
		}
	}
	if err := a.mayCreate(ctx, id, name); err != nil {
		return Mailbox{}, err
	}
	return a.Store.Create(ctx, id, name, use)
}

// Delete wants x.
func (a *Access) Delete(ctx context.Context, id kv.Account, name string) error {
	_, have, err := a.named(ctx, id, name)
	if isMissing(err) && a.owns(id) {
		return a.Store.Delete(ctx, id, name) // perhaps a name that stayed
	}
	if err != nil {
		return err
	}
	if err := have.check(RightRemove); err != nil {
		return err
	}
	return a.Store.Delete(ctx, id, name)
}

// Rename wants x, of the mailbox and of those below it that go with it, and k of
// the nearest one above the new name. INBOX is its owner's.
func (a *Access) Rename(ctx context.Context, id kv.Account, from, to string) error {
	lists, err := a.acls(ctx, id)
	if err != nil {
		return err
	}
	if a.owns(id) && !lists.bindsOwner {
		return a.Store.Rename(ctx, id, from, to)
	}
	if from, err = normalName(from); err != nil || from == inbox && !a.owns(id) {
		return ErrNoMailbox
	}
	all, err := a.Store.Mailboxes(ctx, id)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.ID == 0 || m.Name != from && !isBelow(m.Name, from) {
			continue
		}
		if err := a.need(ctx, id, m.ID, RightRemove); err != nil {
			return err
		}
	}
	if err := a.mayCreate(ctx, id, to); err != nil {
		return err
	}
	return a.Store.Rename(ctx, id, from, to)
}

// Subscriptions are everybody's own.
func (a *Access) Subscriptions(ctx context.Context, id kv.Account) ([]string, error) {
	if err := a.own(id); err != nil {
		return nil, err
	}
	return a.Store.Subscriptions(ctx, id)
}

// Subscribe is for the own account.
func (a *Access) Subscribe(ctx context.Context, id kv.Account, name string) error {
	if err := a.own(id); err != nil {
		return err
	}
	return a.Store.Subscribe(ctx, id, name)
}

// Unsubscribe is for the own account.
func (a *Access) Unsubscribe(ctx context.Context, id kv.Account, name string) error {
	if err := a.own(id); err != nil {
		return err
	}
	return a.Store.Unsubscribe(ctx, id, name)
}

// Changes tells of all mailboxes of the own account.
func (a *Access) Changes(ctx context.Context, id kv.Account, since ModSeq) ([]MailboxChange, ModSeq, bool, error) {
	if err := a.own(id); err != nil {
		return nil, 0, false, err
	}
	return a.Store.Changes(ctx, id, since)
}

// Usage tells what counts against a quota to those with whom something is
// shared: what they put there counts.
func (a *Access) Usage(ctx context.Context, id kv.Account) (bytes, messages int64, err error) {
	if !a.owns(id) {
		if seen, err := a.Mailboxes(ctx, id); err != nil || len(seen) == 0 {
			return 0, 0, ErrNoRight
		}
	}
	return a.Store.Usage(ctx, id)
}

// DeleteAccount is the server's.
func (a *Access) DeleteAccount(ctx context.Context, id kv.Account) error {
	if a.who != (Actor{}) {
		return ErrNoRight
	}
	return a.Store.DeleteAccount(ctx, id)
}

// ACL wants a (GETACL, RFC 4314 3.3).
func (a *Access) ACL(ctx context.Context, id kv.Account, m MailboxID) (ACL, error) {
	if err := a.need(ctx, id, m, RightAdmin); err != nil {
		return nil, err
	}
	return a.Store.ACL(ctx, id, m)
}

// SetACL wants a (SETACL and DELETEACL).
func (a *Access) SetACL(ctx context.Context, id kv.Account, m MailboxID, who string, change func(Rights) Rights) error {
	if err := a.need(ctx, id, m, RightAdmin); err != nil {
		return err
	}
	return a.Store.SetACL(ctx, id, m, who, change)
}

// annotating are the rights of which one is wanted for annotations, besides l
// (RFC 5464 3.3).
const annotating = RightRead | RightSeen | RightWrite | RightInsert | RightPost

// mayAnnotate checks the rights, and returns who the store takes the actor for.
// What is noted on an account is its owner's.
func (a *Access) mayAnnotate(ctx context.Context, id kv.Account, m MailboxID) (user string, err error) {
	if a.owns(id) {
		return "", nil
	}
	if m == 0 {
		return "", ErrNoRight
	}
	have, err := a.Rights(ctx, id, m)
	if err == nil && have&annotating == 0 {
		err = have.refusal()
	}
	if err == nil {
		err = have.check(RightLookup)
	}
	return a.who.Address, err
}

// Annotations wants l and one of r, s, w, i and p.
func (a *Access) Annotations(ctx context.Context, id kv.Account, m MailboxID) ([]Annotation, error) {
	user, err := a.mayAnnotate(ctx, id, m)
	if err != nil {
		return nil, err
	}
	return a.Store.Annotations(ctx, id, m, user)
}

// SetAnnotations wants the same.
func (a *Access) SetAnnotations(ctx context.Context, id kv.Account, m MailboxID, set []Annotation) error {
	user, err := a.mayAnnotate(ctx, id, m)
	if err != nil {
		return err
	}
	return a.Store.SetAnnotations(ctx, id, m, user, set)
}

// May tells whether what wants these rights would be refused, without doing anything.
func (a *Access) May(ctx context.Context, id kv.Account, m MailboxID, want Rights) error {
	return a.need(ctx, id, m, want)
}

// News tells of the mailboxes with the right l. Those that the actor may have
// lost, by deletion or by a change of rights, are in Lost, without a name; who
// knew them knows what they were. Of another account it tells neither
// what its owner subscribes to nor what they note for themselves.
func (a *Access) News(ctx context.Context, id kv.Account, since ModSeq, own func(ModSeq) bool) (News, error) {
	n, err := a.Store.News(ctx, id, since, own)
	if err != nil {
		return News{}, err
	}
	lists, err := a.acls(ctx, id)
	if err != nil || a.owns(id) && !lists.bindsOwner {
		return n, err
	}
	seen := n.Boxes[:0]
	for _, b := range n.Boxes {
		have, err := a.Rights(ctx, id, b.ID)
		if err != nil {
			return News{}, err
		}
		if have.has(RightLookup) {
			seen = append(seen, b)
		} else if b.Rights || b.Deleted {
			n.Lost = append(n.Lost, b.ID)
		}
	}
	n.Boxes = seen
	if a.owns(id) {
		return n, nil
	}
	n.Subscriptions, n.Entries = nil, nil
	for i := range n.Boxes {
		n.Boxes[i].Entries = slices.DeleteFunc(n.Boxes[i].Entries, func(e string) bool { return !strings.HasPrefix(e, sharedEntry) })
	}
	return n, nil
}
