package pop

import (
	"context"
	"fmt"
	"strconv"

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
	buf     []byte           // of the last message read, used again
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

// appendUID appends the unique id of message i: UIDVALIDITY and UID in
// hexadecimal, which together never name another message of this maildrop.
func (d *maildrop) appendUID(dst []byte, i int) []byte {
	dst = appendHex(dst, d.view.UIDValidity())
	return appendHex(dst, uint32(d.view.At(i).UID))
}

func appendHex(dst []byte, v uint32) []byte {
	var digits [8]byte
	hex := strconv.AppendUint(digits[:0], uint64(v), 16)
	for range 8 - len(hex) {
		dst = append(dst, '0')
	}
	return append(dst, hex...)
}

// with calls fn with the record of message i, or returns ErrNoMessage when
// another session removed it since login.
func (d *maildrop) with(ctx context.Context, i int, fn func(*mailstore.Message) error) error {
	found := false
	one := mailstore.UIDs(d.view.At(i).UID)
	err := d.store.Messages(ctx, d.account, d.view.Mailbox(), one, mailstore.WantMeta, func(m *mailstore.Message) error {
		found = true
		return fn(m)
	})
	if err == nil && !found {
		err = mailstore.ErrNoMessage
	}
	return err
}

// read returns the bytes of message i, valid until the next call.
func (d *maildrop) read(ctx context.Context, i int) ([]byte, error) {
	err := d.with(ctx, i, func(m *mailstore.Message) (err error) {
		d.buf, err = d.store.AppendBody(ctx, d.buf[:0], m)
		return err
	})
	return d.buf, err
}

// open opens the bytes of message i, for one that is too large to hold.
func (d *maildrop) open(ctx context.Context, i int) (body *mailstore.Body, err error) {
	err = d.with(ctx, i, func(m *mailstore.Message) error {
		body, err = d.store.Body(ctx, m)
		return err
	})
	return body, err
}

// update is RFC 1939's UPDATE state: what was fetched becomes \Seen, what was
// marked is removed. It is durable when it returns nil.
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
