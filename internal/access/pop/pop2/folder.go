package pop2

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// folder is the picture of a mailbox that a session works on, and the message
// that the current indicator points at.
type folder struct {
	store   *mailstore.Store
	account kv.Account
	view    *mailstore.View // nil for one that does not exist
	current int             // message number, from 1

	seen, deleted uids
	item          *item // of current, when READ or an acknowledgement found one
}

type uids map[mailstore.UID]struct{}

// item is a message that can be sent.
type item struct {
	body  *mailstore.Body
	head  []byte // sent instead of the first skip octets of the body
	skip  int64
	octet int64 // that are sent
}

// maxSurrogate is the longest header that is recoded. A message with a longer
// one counts as none.
const maxSurrogate = 256 << 10

// openFolder opens a mailbox. One that does not exist, or has no possible name,
// is empty (RFC 937, FOLD).
func openFolder(ctx context.Context, store *mailstore.Store, account kv.Account, name string) (*folder, error) {
	f := &folder{store: store, account: account, current: 1, seen: uids{}, deleted: uids{}}
	m, err := store.Lookup(ctx, account, name)
	if errors.Is(err, mailstore.ErrNoMailbox) || errors.Is(err, mailstore.ErrMailboxName) || err == nil && m.ID == 0 {
		return f, nil
	}
	if err == nil {
		f.view, err = store.View(ctx, account, m.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return f, nil
}

func (f *folder) count() int {
	if f.view == nil {
		return 0
	}
	return f.view.Len()
}

// uid is that of the current message, 0 when there is none or it is deleted.
func (f *folder) uid() mailstore.UID {
	if f.current < 1 || f.current > f.count() {
		return 0
	}
	uid := f.view.At(f.current - 1).UID
	if _, gone := f.deleted[uid]; gone {
		return 0
	}
	return uid
}

// prepare opens the current message and returns how many octets it has; 0 when
// there is none, also when another session removed it meanwhile.
func (f *folder) prepare(ctx context.Context) (int64, error) {
	f.drop()
	uid := f.uid()
	if uid == 0 {
		return 0, nil
	}
	err := f.store.Messages(ctx, f.account, f.view.Mailbox(), mailstore.UIDs(uid), mailstore.WantMeta, func(m *mailstore.Message) error {
		body, err := f.store.Body(ctx, m)
		if err != nil {
			return err
		}
		f.item = &item{body: body, octet: body.Size()}
		return f.item.recode(m.HeaderSize)
	})
	if err != nil {
		f.drop()
		return 0, err
	}
	if f.item == nil {
		return 0, nil
	}
	return f.item.octet, nil
}

// recode makes the surrogate of an internationalized header.
func (it *item) recode(headerSize int64) error {
	head := make([]byte, min(headerSize, it.body.Size(), maxSurrogate+1))
	if n, err := it.body.ReadAt(head, 0); n < len(head) {
		return err
	}
	if !message.Internationalized(head) {
		return nil
	}
	if len(head) > maxSurrogate {
		it.octet = 0
		return nil
	}
	it.head, it.skip = message.AppendSurrogate(nil, head), int64(len(head))
	it.octet += int64(len(it.head)) - it.skip
	return nil
}

// send writes the current message.
func (f *folder) send(w io.Writer) error {
	if _, err := w.Write(f.item.head); err != nil {
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(f.item.body, f.item.skip, f.item.body.Size()-f.item.skip))
	return err
}

// acknowledge notes that the client has the current message.
func (f *folder) acknowledge(remove bool) {
	if uid := f.uid(); uid != 0 {
		f.seen[uid] = struct{}{}
		if remove {
			f.deleted[uid] = struct{}{}
		}
	}
	f.current++
}

// drop closes the current message.
func (f *folder) drop() {
	if f.item != nil {
		f.item.body.Close()
		f.item = nil
	}
}

// release writes what the session did to the mailbox. It is durable when it
// returns nil.
func (f *folder) release(ctx context.Context) error {
	f.drop()
	if len(f.deleted) > 0 {
		if _, err := f.store.Remove(ctx, f.account, f.view.Mailbox(), f.deleted.set()); err != nil {
			return fmt.Errorf("remove acknowledged messages: %w", err)
		}
	}
	if len(f.seen) > 0 {
		change := mailstore.FlagChange{Op: mailstore.AddFlags, Flags: mailstore.Seen}
		if _, err := f.store.StoreFlags(ctx, f.account, f.view.Mailbox(), f.seen.set(), change); err != nil {
			return fmt.Errorf("flag acknowledged messages: %w", err)
		}
	}
	return nil
}

func (u uids) set() mailstore.UIDSet {
	list := make([]mailstore.UID, 0, len(u))
	for uid := range u {
		list = append(list, uid)
	}
	return mailstore.UIDs(list...)
}
