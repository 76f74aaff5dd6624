package mailstore

import (
	"context"
	"errors"
	"slices"

	"tram/internal/storage/kv"
)

// News is what happened in an account after a MODSEQ, for sessions that watch
// more than one mailbox (NOTIFY, RFC 5465). It costs what changed, not what
// there is.
type News struct {
	Now           ModSeq    // what the news lead to
	Complete      bool      // false: the change log does not reach back so far, and nothing else is filled in
	Boxes         []BoxNews // by mailbox ID
	Subscriptions []Mailbox // names that were subscribed or unsubscribed, as they are now
	Entries       []string  // annotations of the account that were set or removed

	// Lost is filled in by [Access.News]: mailboxes that the actor may not look
	// up, and perhaps could before.
	Lost []MailboxID
}

// BoxNews is what happened to one mailbox. Of a mailbox that is gone Mailbox
// has the old name and the ID 0, and Status is zero.
type BoxNews struct {
	Mailbox
	ID     MailboxID // also of one that is gone
	Status Status

	Created, Deleted         bool
	Was                      string // the name before the first rename
	Arrived, Flags, Expunged bool   // messages came, changed, went
	Entries                  []string
	Rights                   bool // who may do what has changed

	renamedAt ModSeq
}

// News returns what happened after a MODSEQ, without the transactions that own
// says true of. Mailboxes that were renamed because one above them was are not
// news.
func (s *Store) News(ctx context.Context, id kv.Account, since ModSeq, own func(ModSeq) bool) (News, error) {
	var n News
	err := s.read(ctx, id, func(r kv.Reader) error {
		n = News{}
		acct, _, err := readAccount(r)
		if err != nil {
			return err
		}
		n.Now, n.Complete = acct.modSeq, acct.logFloor <= since
		if !n.Complete || since >= n.Now {
			return nil
		}
		return n.read(r, since, own)
	})
	return n, err
}

// read collects the news in the log, and then what the mailboxes are now.
func (n *News) read(r kv.Reader, since ModSeq, own func(ModSeq) bool) error {
	var boxes []BoxNews
	var names []string
	err := eachChange(r, since, func(seq ModSeq, m MailboxID, value []byte) (bool, error) {
		if own(seq) {
			return true, nil
		}
		c, err := decodeChange(value)
		if m == 0 {
			names = append(names, c.subscriptions...)
			n.Entries = append(n.Entries, c.entries...)
			return true, err
		}
		at, found := slices.BinarySearchFunc(boxes, m, func(b BoxNews, m MailboxID) int { return int(int64(b.ID) - int64(m)) })
		if !found {
			boxes = slices.Insert(boxes, at, BoxNews{ID: m})
		}
		boxes[at].merge(seq, &c)
		return true, err
	})
	if err != nil {
		return err
	}
	n.Entries = sortedSet(n.Entries)
	for _, name := range sortedSet(names) {
		m, err := lookAt(r, name)
		if err != nil {
			return err
		}
		n.Subscriptions = append(n.Subscriptions, m)
	}
	for i := range boxes {
		b := &boxes[i]
		if b.followsAnother(boxes) {
			b.Was = ""
		}
		switch err := b.lookAt(r); {
		case errors.Is(err, ErrNoMailbox): // its end is no news
		case err != nil:
			return err
		default:
			n.Boxes = append(n.Boxes, *b)
		}
	}
	return nil
}

// merge adds what one transaction did.
func (b *BoxNews) merge(seq ModSeq, c *change) {
	b.Created = b.Created || c.created
	b.Deleted = b.Deleted || c.deleted
	b.Arrived = b.Arrived || len(c.added) > 0
	b.Flags = b.Flags || len(c.flags) > 0
	b.Expunged = b.Expunged || len(c.expunged) > 0
	b.Rights = b.Rights || c.rights
	b.Entries = append(b.Entries, c.entries...)
	if c.was != "" && c.renamed {
		b.renamedAt = seq
	}
	if b.Was == "" {
		b.Was = c.was
	}
}

// followsAnother reports whether the mailbox was renamed only because one above
// it was.
func (b *BoxNews) followsAnother(boxes []BoxNews) bool {
	return b.renamedAt != 0 && !b.Deleted && slices.ContainsFunc(boxes, func(o BoxNews) bool {
		return o.renamedAt == b.renamedAt && isBelow(b.Was, o.Was)
	})
}

// lookAt fills in what the mailbox is now.
func (b *BoxNews) lookAt(r kv.Reader) (err error) {
	b.Entries = sortedSet(b.Entries)
	if b.Deleted {
		b.Mailbox, err = lookAt(r, b.Was)
		b.Mailbox.ID = 0 // another mailbox may have the name
		return err
	}
	m, err := readMailbox(r, b.ID)
	if err != nil {
		return err
	}
	if b.Mailbox, err = lookAt(r, m.Name); err != nil {
		return err
	}
	b.Mailbox.SpecialUse = m.SpecialUse
	c, err := readCounters(r, appendBoxKey(nil, kindCounters, b.ID))
	b.Status = c.status()
	return err
}

// lookAt returns what LIST shows of a name, whether there is such a mailbox or
// not.
func lookAt(r kv.Reader, name string) (Mailbox, error) {
	m := Mailbox{Name: name}
	box, err := findMailbox(r, name)
	switch {
	case errors.Is(err, ErrNoMailbox):
	case err != nil:
		return m, err
	default:
		if m, err = readMailbox(r, box); err != nil {
			return m, err
		}
	}
	if _, err = r.Get(appendNameKey(nil, kindSubscribe, name)); err == nil {
		m.Subscribed = true
	} else if !errors.Is(err, kv.ErrNotFound) {
		return m, err
	}
	m.HasChildren, err = hasChildren(r, name)
	return m, err
}

// hasChildren reports whether there is a mailbox or a level below a name.
func hasChildren(r kv.Reader, name string) (bool, error) {
	for _, kind := range [...]byte{kindName, kindLevel} {
		it := r.Scan(appendNameKey(nil, kind, name+"/"), appendNameKey(nil, kind, name+"0")) // "0" follows "/"
		has, err := it.Next(), it.Err()
		it.Close()
		if has || err != nil {
			return has, err
		}
	}
	return false, nil
}

func sortedSet(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
