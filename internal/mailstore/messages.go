package mailstore

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"tram/internal/storage/kv"
)

// Messages calls fn for each message of the set that exists, in ascending
// order of UIDs, with the fields that want asks for. The Message is used again
// for the next call. An error of fn ends the walk and is returned. A derived
// record that is damaged leaves its fields empty.
//
// Records are read in batches, the next one while fn looks at the one before,
// so that a slow client keeps no picture of the store alive. A message that is
// expunged meanwhile may be left out.
func (s *Store) Messages(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet, want Want, fn func(*Message) error) error {
	if want == 0 || len(uids) == 0 {
		return nil
	}
	scan := messageScan{mailbox: m}
	scan.setWant(want)
	load := func(b *batch) (err error) {
		b.reset()
		return s.read(ctx, id, func(r kv.Reader) error {
			uids, err = scan.read(r, b, uids)
			return err
		})
	}
	now := batches.Get().(*batch)
	defer func() { now.free() }()
	if err := load(now); err != nil {
		return err
	}
	for len(uids) > 0 {
		// The disk and the decompression of one batch beside what fn does with the
		// one before: most of a first FETCH of a large mailbox is waiting for both.
		next := batches.Get().(*batch)
		wait := aside(func() error { return load(next) })
		err := cmp.Or(scan.each(now, fn), wait())
		now.free()
		if now = next; err != nil {
			return err
		}
	}
	return scan.each(now, fn)
}

// aside runs fn in a goroutine of its own. wait returns its error; a panic
// comes out of it too, where the connection that caused it can be closed
// instead of the whole server.
func aside(fn func() error) (wait func() error) {
	var panicked any
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() {
			panicked = recover()
			done <- err
		}()
		err = fn()
	}()
	return func() error {
		err := <-done
		if panicked != nil {
			panic(panicked)
		}
		return err
	}
}

// Limits of one batch of records.
const (
	batchBytes    = 64 << 10 // it may exceed this by the records of one message
	batchMessages = 1024
	batchKept     = 128 << 10 // a larger one is not used again
)

var batches = sync.Pool{New: func() any { return new(batch) }}

// batch holds the records of some messages.
type batch struct {
	buf   []byte
	items []batchItem
}

// batchItem is the place in buf of the records of one message, by the order of
// the kinds that are wanted. 0 is the end of a record that is missing: no
// value is empty.
type batchItem struct {
	uid UID
	end [len(messageKinds)]int
}

func (b *batch) reset() { b.buf, b.items = b.buf[:0], b.items[:0] }

func (b *batch) free() {
	if cap(b.buf) <= batchKept {
		batches.Put(b)
	}
}

func (b *batch) full() bool { return len(b.buf) >= batchBytes || len(b.items) >= batchMessages }

// messageScan is one call of Messages.
type messageScan struct {
	mailbox MailboxID
	kinds   [len(messageKinds)]byte
	fields  [len(messageKinds)]Want
	n       int // kinds that are wanted
	zones   zones
	msg     Message
}

func (s *messageScan) setWant(want Want) {
	for i, kind := range messageKinds {
		if w := Want(1) << i; want&w != 0 {
			s.kinds[s.n], s.fields[s.n] = kind, w
			s.n++
		}
	}
}

// read fills the batch with the first messages of a set, and returns the set of
// those that are left.
func (s *messageScan) read(r kv.Reader, b *batch, uids UIDSet) (rest UIDSet, err error) {
	w := newWalk(r, s.mailbox, s.kinds[:s.n], uids[0].First, uids[len(uids)-1].Last)
	defer func() {
		if closing := w.close(); err == nil {
			err = closing
		}
	}()
	for _, u := range uids {
		for next := uint64(u.First); next <= uint64(u.Last); next++ {
			if b.full() {
				return uids.after(UID(next - 1)), nil
			}
			uid, ok := w.next(UID(next))
			if !ok {
				return nil, nil
			}
			if next = uint64(uid); uid > u.Last {
				break
			}
			if err := s.add(w, b, uid); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// add copies the records of one message.
func (s *messageScan) add(w *walk, b *batch, uid UID) error {
	item, found := batchItem{uid: uid}, false
	for k := range s.n {
		value, err := w.value(k, uid)
		if err != nil {
			return fmt.Errorf("mailbox %d message %d: %w", s.mailbox, uid, err)
		}
		if len(value) > 0 {
			b.buf = append(b.buf, value...)
			item.end[k], found = len(b.buf), true
		}
	}
	if found { // else it is not there, or not any more
		b.items = append(b.items, item)
	}
	return nil
}

// each decodes the messages of the batch and hands them on.
func (s *messageScan) each(b *batch, fn func(*Message) error) error {
	start := 0
	for i := range b.items {
		item := &b.items[i]
		s.msg = Message{UID: item.uid}
		for k := range s.n {
			end := item.end[k]
			if end == 0 {
				continue
			}
			err := s.msg.decodeRecord(s.fields[k], b.buf[start:end:end], &s.zones)
			if err != nil && s.fields[k] == WantMeta {
				return fmt.Errorf("mailbox %d message %d: %w", s.mailbox, item.uid, err)
			}
			start = end
		}
		if err := fn(&s.msg); err != nil {
			return err
		}
	}
	return nil
}

// decodeRecord fills in the fields of one kind of record. After an error they
// are empty: whoever reads the body can do without them.
func (m *Message) decodeRecord(want Want, value []byte, z *zones) (err error) {
	switch want {
	case WantMeta:
		err = m.decodeMeta(value, z)
	case WantStructure:
		if err = m.decodeStructure(value); err != nil {
			m.Parts, m.BodyStructure = nil, nil
		}
	case WantEnvelope:
		err = m.decodeEnvelope(value)
	case WantHeader:
		err = m.decodeHeader(value)
	case WantPreview:
		err = m.decodePreview(value)
	}
	return err
}
