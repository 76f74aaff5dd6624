package mailstore

import (
	"context"
	"errors"
	"slices"

	"tram/internal/mail/message"
	"tram/internal/storage/kv"
)

// rebuildBatch is how many messages are read between two commits of repairs.
const rebuildBatch = 500

// repair is the new digest of one message.
type repair struct {
	uid    UID
	msg    Message
	digest *message.Digest
	part   string // what was wrong
}

// rebuildDerived compares what is stored of each message with its body and
// writes what differs.
func (s *Store) rebuildDerived(ctx context.Context, id kv.Account, m MailboxID, pace Pace, report func(Problem)) error {
	in := inspection{ctx: ctx, store: s, id: id, mailbox: m, pace: pace, report: report}
	for next, more := UID(1), true; more; {
		var repairs []repair
		err := s.db.View(ctx, id, func(r kv.Reader) (err error) {
			repairs, next, more, err = in.batch(r, next)
			return err
		})
		if err != nil {
			return err
		}
		if err := s.writeRepairs(ctx, id, m, repairs); err != nil {
			return err
		}
		for _, p := range repairs {
			report(Problem{Account: id, Mailbox: m, UID: p.uid, Text: p.part + " computed again"})
		}
	}
	return nil
}

// inspection compares the records of a mailbox's messages with their bodies.
type inspection struct {
	ctx     context.Context
	store   *Store
	id      kv.Account
	mailbox MailboxID
	pace    Pace
	report  func(Problem) // of bodies that cannot be read
	zones   zones
}

// batch looks at some messages from a UID on and returns those whose records
// are to be written again.
func (in *inspection) batch(r kv.Reader, from UID) (repairs []repair, next UID, more bool, err error) {
	w := newWalk(r, in.mailbox, messageKinds[:], from, 1<<32-1)
	defer func() { err = errors.Join(err, w.close()) }()
	acct, _, err := readAccount(r)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return nil, from, false, err
	}
	for range rebuildBatch {
		uid, ok := w.next(from)
		if !ok {
			return repairs, from, false, in.ctx.Err()
		}
		from = uid + 1
		msg, err := in.records(w, uid)
		if err != nil {
			return nil, from, false, err
		}
		if msg.Blob.IsZero() {
			continue // reported by the first part already
		}
		p, err := in.inspect(r, &acct, &msg)
		if err != nil {
			return nil, from, false, err
		}
		if p != nil {
			repairs = append(repairs, *p)
		}
	}
	return repairs, from, true, nil
}

// records reads what is stored of a message. What is damaged stays empty.
func (in *inspection) records(w *walk, uid UID) (Message, error) {
	msg := Message{UID: uid}
	for k, want := range [...]Want{WantMeta, WantStructure, WantEnvelope, WantHeader} {
		value, err := w.value(k, uid)
		if err != nil {
			return msg, err
		}
		if broken := msg.decodeRecord(want, value, &in.zones); broken != nil && want == WantMeta {
			return Message{UID: uid}, nil
		}
	}
	return msg, nil
}

// inspect reads the body of one message; nil when its records are right, or
// when the body cannot be read, which it reports.
func (in *inspection) inspect(r kv.Reader, acct *account, msg *Message) (*repair, error) {
	if err := in.pace.wait(in.ctx, msg.Size); err != nil {
		return nil, err
	}
	d, err := in.store.digest(in.ctx, msg)
	if err != nil {
		if in.ctx.Err() != nil {
			return nil, in.ctx.Err()
		}
		in.report(Problem{Account: in.id, Mailbox: in.mailbox, UID: msg.UID, Text: "body is damaged", Err: err, Damaged: true})
		return nil, nil
	}
	part := msg.differs(d)
	if part == "" {
		switch lacks, err := lacksThread(r, acct, d.Header); {
		case err != nil:
			return nil, err
		case lacks:
			part = threadPart
		default:
			return nil, nil
		}
	}
	fix := repair{uid: msg.UID, msg: *msg, digest: d, part: part}
	fix.msg.Own = slices.Clone(msg.Own)
	return &fix, nil
}

// writeRepairs writes new records of those messages that are still there.
func (s *Store) writeRepairs(ctx context.Context, id kv.Account, m MailboxID, repairs []repair) error {
	if len(repairs) == 0 {
		return nil
	}
	return s.update(ctx, id, func(t *tx) error {
		b, err := t.box(m)
		if err != nil {
			return err
		}
		var uids UIDSet
		for i := range repairs {
			uids = uids.add(repairs[i].uid)
		}
		if err := t.load(b, uids); err != nil {
			return err
		}
		for i := range repairs {
			if err := t.repair(b, &repairs[i]); err != nil {
				return err
			}
		}
		// The text index saw the texts by the records that were wrong.
		return t.space.DeleteRange(indexPrefix(m), indexPrefix(m+1))
	})
}

// threadPart stands for a message that is sound but that its Message-ID does
// not lead to the thread of.
const threadPart = "key of the thread"

func (t *tx) repair(b *box, p *repair) error {
	if err := t.repairThread(p.digest.Header, p.msg.ThreadID); err != nil || p.part == threadPart {
		return err
	}
	var l *loaded
	for i := range b.blocks {
		if b.blocks[i].num == blockOf(p.uid) {
			l = &b.blocks[i]
		}
	}
	if l == nil {
		return nil
	}
	i, ok := l.find(p.uid)
	if !ok {
		return nil // expunged meanwhile
	}
	own := int64(len(p.msg.Own))
	p.msg.Size, p.msg.HeaderSize, p.msg.SentDate = p.digest.Size+own, p.digest.HeaderSize+own, p.digest.SentDate
	if err := t.setItem(kindMeta, b.id, p.uid, appendMeta(nil, &p.msg)); err != nil {
		return err
	}
	e := &l.entries[i]
	t.count(b, e, -1)
	e.Size, e.ModSeq, l.changed = uint32(p.msg.Size), t.seq, true
	t.count(b, e, 1)
	b.change.flags = b.change.flags.add(p.uid)
	return t.setDerived(b.id, p.uid, &Delivery{Digest: p.digest})
}
