package mailstore

import (
	"context"
	"fmt"

	"tram/internal/storage/kv"
)

// Messages calls fn for each message of the set that exists, in ascending
// order of UIDs, with the fields that want asks for. The Message is used again
// for the next call. An error of fn ends the walk and is returned. A damaged
// record leaves its fields empty and does not hide other messages.
func (s *Store) Messages(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet, want Want, fn func(*Message) error) error {
	if len(uids) == 0 || want == 0 {
		return nil
	}
	return s.db.View(ctx, id, func(r kv.Reader) error {
		// What r shows was committed before this sync: it may be shown after it.
		if err := s.db.Sync(ctx, id); err != nil {
			return err
		}
		scan := messageScan{mailbox: m, want: want}
		return scan.run(r, uids, fn)
	})
}

// messageScan is one call of Messages.
type messageScan struct {
	mailbox MailboxID
	want    Want
	kinds   [len(messageKinds)]byte
	fields  [len(messageKinds)]Want
	n       int // kinds that are wanted
	zones   zones
	msg     Message
}

func (s *messageScan) run(r kv.Reader, uids UIDSet, fn func(*Message) error) (err error) {
	for i, kind := range messageKinds {
		if w := Want(1) << i; s.want&w != 0 {
			s.kinds[s.n], s.fields[s.n] = kind, w
			s.n++
		}
	}
	w := newWalk(r, s.mailbox, s.kinds[:s.n], uids[0].First, uids[len(uids)-1].Last)
	defer func() {
		if closing := w.close(); err == nil {
			err = closing
		}
	}()
	for _, u := range uids {
		for uid := u.First; ; uid++ {
			var ok bool
			if uid, ok = w.next(uid); !ok {
				return nil
			}
			if uid > u.Last {
				break
			}
			if err := s.message(w, uid, fn); err != nil {
				return err
			}
			if uid == u.Last {
				break
			}
		}
	}
	return nil
}

// message reads one message and hands it on.
func (s *messageScan) message(w *walk, uid UID, fn func(*Message) error) error {
	s.msg = Message{UID: uid}
	found := false
	for k := range s.n {
		value, err := w.value(k, uid)
		if err != nil {
			return fmt.Errorf("mailbox %d message %d: %w", s.mailbox, uid, err)
		}
		if value == nil {
			continue
		}
		found = true
		if err := s.msg.decodeRecord(s.fields[k], value, &s.zones); err != nil && s.fields[k] == WantMeta {
			return fmt.Errorf("mailbox %d message %d: %w", s.mailbox, uid, err)
		}
	}
	if !found {
		return nil // it is not there, or not any more
	}
	return fn(&s.msg)
}

// decodeRecord fills in the fields of one kind of record. After an error they
// are empty: a client's reader of the body can do without them.
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
	}
	return err
}
