package mailstore

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/storage/kv"
)

// AppendTx puts messages into mailboxes of one account within a transaction
// that names this account. It returns their UIDs in the order of the
// deliveries. After the commit, the caller calls [Store.Committed].
func (s *Store) AppendTx(ktx kv.Tx, id kv.Account, deliveries []Delivery) ([]UID, error) {
	t, err := begin(ktx.Account(id), id, s.keepLog)
	if err != nil {
		return nil, err
	}
	t.pools, t.views, t.whole = &s.pools, s.views, ktx
	boxes := make([]*box, len(deliveries))
	for i := range deliveries {
		if boxes[i], err = t.destination(&deliveries[i]); err != nil {
			return nil, err
		}
	}
	threads, err := t.planThreads(deliveries)
	if err != nil {
		return nil, err
	}
	uids := make([]UID, len(deliveries))
	for i := range deliveries {
		if uids[i], err = t.append(boxes[i], &deliveries[i], &threads[i]); err != nil {
			return nil, err
		}
	}
	return uids, t.flush(s.recentOf(id))
}

// Append puts messages into one mailbox, all or none (RFC 3502). It returns
// the UIDVALIDITY and the UIDs.
func (s *Store) Append(ctx context.Context, id kv.Account, m MailboxID, deliveries ...Delivery) (uint32, []UID, error) {
	var validity uint32
	var uids []UID
	err := s.update(ctx, id, func(t *tx) error {
		b, err := t.boxForAppend(m)
		if err != nil {
			return err
		}
		threads, err := t.planThreads(deliveries)
		if err != nil {
			return err
		}
		validity, uids = b.uidValidity, make([]UID, 0, len(deliveries))
		for i := range deliveries {
			uid, err := t.append(b, &deliveries[i], &threads[i])
			if err != nil {
				return err
			}
			uids = append(uids, uid)
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return validity, uids, nil
}

// destination returns the mailbox that a delivery names, ready to append to.
func (t *tx) destination(d *Delivery) (*box, error) {
	m := d.Mailbox
	if m == 0 {
		var err error
		if m, err = t.resolve(d.Name); err != nil {
			return nil, err
		}
	}
	return t.boxForAppend(m)
}

// boxForAppend is box with all that an append needs to read.
func (t *tx) boxForAppend(m MailboxID) (*box, error) {
	b, err := t.box(m)
	if err != nil {
		return nil, err
	}
	if _, err := t.keywords(b); err != nil {
		return nil, err
	}
	_, err = t.block(b, blockOf(b.uidNext))
	return b, err
}

// planThreads finds the threads of messages that are about to be appended, in
// this order: append gives out the IDs that are assumed here. It is a reading,
// so it comes before the first writing.
func (t *tx) planThreads(deliveries []Delivery) ([]threadPlan, error) {
	plans := make([]threadPlan, len(deliveries))
	for i := range deliveries {
		if err := deliveries[i].check(); err != nil {
			return nil, err
		}
		var err error
		content := t.acct.lastEmail + 1 + uint64(i)
		if plans[i], err = t.planThread(deliveries[i].Digest.Header, content, plans[:i]); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// append appends a message to a mailbox.
func (t *tx) append(b *box, d *Delivery, thread *threadPlan) (UID, error) {
	flags := d.Flags & SystemFlags
	for _, k := range d.Keywords {
		f, err := t.keyword(b, k)
		if err != nil && !errors.Is(err, ErrTooManyKeywords) && !errors.Is(err, ErrKeyword) {
			return 0, err
		}
		flags |= f // nothing for one that has no room: better the mail without the label than no mail
	}
	msg := Message{
		Size:         d.BlobSize + int64(len(d.Own)),
		HeaderSize:   d.Digest.HeaderSize + int64(len(d.Own)),
		InternalDate: d.InternalDate,
		SentDate:     d.Digest.SentDate,
		Blob:         d.Blob,
		Own:          d.Own,
	}
	if msg.InternalDate.IsZero() {
		msg.InternalDate = t.now
	}
	t.acct.lastEmail++
	msg.EmailID, msg.ContentID, msg.ThreadID = t.acct.lastEmail, t.acct.lastEmail, thread.thread
	if len(d.Rider) > 0 {
		// The body becomes durable with its name.
		if err := t.whole.Attach(d.Rider); err != nil {
			return 0, err
		}
	}
	uid, err := t.enter(b, &msg, flags, d.Quota)
	if err != nil {
		return 0, err
	}
	if err := t.keepThread(thread); err != nil {
		return 0, err
	}
	return uid, t.setDerived(b.id, uid, d)
}

// check refuses what a record cannot hold.
func (d *Delivery) check() error {
	switch {
	case d.Digest == nil:
		return errors.New("mailstore: delivery without a digest")
	case d.Blob.IsZero():
		return errors.New("mailstore: delivery without a blob")
	case d.Digest.Size != d.BlobSize:
		return fmt.Errorf("mailstore: digest of %d octets for a blob of %d", d.Digest.Size, d.BlobSize)
	case len(d.Own) > MaxOwn, d.BlobSize > MaxMessageSize-int64(len(d.Own)):
		return ErrTooLarge
	}
	return nil
}

// enter gives a message the next UID of a mailbox and writes its meta record,
// its flags and all that is counted. msg has no UID and no date of saving yet.
func (t *tx) enter(b *box, msg *Message, flags Flags, q Quota) (UID, error) {
	if b.uidNext > MaxUID {
		return 0, ErrMailboxFull
	}
	if err := t.room(&q, msg.Size, 1); err != nil {
		return 0, err
	}
	e := Entry{UID: b.uidNext, Flags: flags, ModSeq: t.seq, Size: uint32(msg.Size)}
	l, err := t.block(b, blockOf(e.UID))
	if err != nil {
		return 0, err
	}
	if n := len(l.entries); n > 0 && l.entries[n-1].UID >= e.UID {
		return 0, fmt.Errorf("%w: UIDNEXT %d is in use", ErrCorrupt, e.UID)
	}
	l.entries, l.changed = append(l.entries, e), true
	b.uidNext++
	b.change.added = b.change.added.add(e.UID)
	t.count(b, &e, 1)

	msg.UID, msg.SavedDate = e.UID, t.now
	t.key = appendItemKey(t.key[:0], kindMeta, b.id, uint32(e.UID))
	t.value = appendMeta(t.value[:0], msg)
	return e.UID, t.space.Set(t.key, t.value)
}

// setDerived writes the records that are computed from the body.
func (t *tx) setDerived(m MailboxID, uid UID, d *Delivery) error {
	t.value = appendStructure(t.value[:0], d.Digest.Parts, d.Digest.BodyStructure)
	if err := t.setItem(kindStructure, m, uid, t.value); err != nil {
		return err
	}
	t.value = appendEnvelope(t.value[:0], d.Digest.Envelope)
	if err := t.setItem(kindEnvelope, m, uid, t.value); err != nil {
		return err
	}
	t.value = appendHeader(t.value[:0], d.Digest.Header)
	return t.setItem(kindHeader, m, uid, t.value)
}

// setItem writes one record of a message.
func (t *tx) setItem(kind byte, m MailboxID, uid UID, value []byte) error {
	t.key = appendItemKey(t.key[:0], kind, m, uint32(uid))
	return t.space.Set(t.key, value)
}
