package pop

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// maildrop is the picture of an INBOX that one session works on. Index i is
// message number i+1.
type maildrop struct {
	store   *mailstore.Store
	account kv.Account
	view    *mailstore.View
	marked  map[int]struct{} // by DELE
	seen    []mailstore.UID  // fetched whole in this session
	last    int              // highest message number ever fetched (LAST)
	before  int              // last at login

	ahead ahead      // records that were read for the next RETRs
	ids   identities // for UIDL
	sent  sentSizes  // for LIST
}

// openMaildrop takes the picture. The newest \Seen message is where LAST starts.
func openMaildrop(ctx context.Context, store *mailstore.Store, account kv.Account) (*maildrop, error) {
	inbox, err := store.Lookup(ctx, account, "INBOX")
	if err != nil {
		return nil, fmt.Errorf("find INBOX: %w", err)
	}
	view, err := store.View(ctx, account, inbox.ID)
	if err != nil {
		return nil, fmt.Errorf("open INBOX: %w", err)
	}
	d := &maildrop{store: store, account: account, view: view}
	for first, block := range view.Blocks(0) {
		for i, e := range block {
			if e.Flags&mailstore.Seen != 0 {
				d.before = first + i + 1
			}
		}
	}
	d.last = d.before
	return d, nil
}

func (d *maildrop) len() int { return d.view.Len() }

func (d *maildrop) size(i int) int64 { return int64(d.view.At(i).Size) }

func (d *maildrop) deleted(i int) bool {
	_, ok := d.marked[i]
	return ok
}

func (d *maildrop) mark(i int) {
	if d.marked == nil {
		d.marked = make(map[int]struct{})
	}
	d.marked[i] = struct{}{}
}

// unmark takes the marks back, and LAST to where it was (RFC 1460, RSET).
func (d *maildrop) unmark() {
	clear(d.marked)
	d.last = d.before
}

// fetched notes that message i went out whole.
func (d *maildrop) fetched(i int) {
	d.last = max(d.last, i+1)
	if e := d.view.At(i); e.Flags&mailstore.Seen == 0 {
		d.seen = append(d.seen, e.UID)
	}
}

// total is the number and size in octets of the messages that are not marked.
func (d *maildrop) total() (count int, size int64) {
	count, size = d.len(), d.view.Status().Size
	for i := range d.marked {
		count--
		size -= d.size(i)
	}
	return count, size
}

// uids is the set of the messages from … to-1, and of what an IMAP session may
// have added between them: nothing, for UIDs only grow.
func (d *maildrop) uids(from, to int) mailstore.UIDSet {
	if from >= to {
		return nil
	}
	return mailstore.UIDSet{{First: d.view.At(from).UID, Last: d.view.At(to - 1).UID}}
}

// scan calls fn for the messages from … to-1 that still exist. A record that is
// damaged costs its own message: fn is called again then for some before it, and
// for those behind it. Of one message alone it is an error.
func (d *maildrop) scan(ctx context.Context, from, to int, want mailstore.Want, fn func(i int, m *mailstore.Message) error) error {
	err := d.scanOnce(ctx, from, to, want, fn)
	if to-from < 2 || !errors.Is(err, mailstore.ErrCorrupt) {
		return err
	}
	middle := (from + to) / 2
	for _, half := range [2][2]int{{from, middle}, {middle, to}} {
		if err := d.scan(ctx, half[0], half[1], want, fn); err != nil && !errors.Is(err, mailstore.ErrCorrupt) {
			return err
		}
	}
	return nil
}

func (d *maildrop) scanOnce(ctx context.Context, from, to int, want mailstore.Want, fn func(i int, m *mailstore.Message) error) error {
	return d.store.Messages(ctx, d.account, d.view.Mailbox(), d.uids(from, to), want, func(m *mailstore.Message) error {
		if i, ok := d.view.Index(m.UID); ok {
			return fn(i, m)
		}
		return nil
	})
}

// update is RFC 1939's UPDATE state: what was fetched becomes \Seen, what was
// marked is removed. It is durable when it returns nil. A marked message that
// an IMAP session removed meanwhile is removed, which is what was asked for.
func (d *maildrop) update(ctx context.Context) error {
	var gone []mailstore.UID
	for i := range d.marked {
		gone = append(gone, d.view.At(i).UID)
	}
	if len(gone) > 0 {
		if _, err := d.store.Remove(ctx, d.account, d.view.Mailbox(), mailstore.UIDs(gone...)); err != nil {
			return fmt.Errorf("remove marked messages: %w", err)
		}
	}
	if len(d.seen) > 0 {
		change := mailstore.FlagChange{Op: mailstore.AddFlags, Flags: mailstore.Seen}
		if _, err := d.store.StoreFlags(ctx, d.account, d.view.Mailbox(), mailstore.UIDs(d.seen...), change); err != nil {
			return fmt.Errorf("flag fetched messages: %w", err)
		}
	}
	return nil
}
