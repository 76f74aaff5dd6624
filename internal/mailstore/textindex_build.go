package mailstore

import (
	"bytes"
	"context"
	"errors"

	"tram/internal/mailstore/textindex"
	"tram/internal/storage/kv"
)

// Limits of the work on an index.
const (
	indexMemory   = 4 << 20   // bytes of the terms that are collected for one segment
	indexDocs     = 8192      // messages of one segment, before it is merged with others
	indexCommit   = 256 << 10 // bytes of records in one commit
	indexWhole    = 1 << 20   // up to here a message is read at once
	indexText     = 32 << 20  // octets of text of a message; one with more is always scanned,
	indexTerms    = 2 << 20   // and so is one with more bytes of terms that no other has: some 28,000
	indexKept     = 1 << 20   // a larger buffer is not used again
	indexMessages = 256       // so many new messages of a mailbox are worth a segment,
	indexBytes    = 4 << 20   // or so many octets
)

// indexWork brings the index of one mailbox up to date.
type indexWork struct {
	s       *Store
	id      kv.Account
	mailbox MailboxID
	prefix  []byte
	rest    func(context.Context) error // called between messages and commits

	state   textindex.State // as it is stored
	builder *textindex.Builder
	body    []byte
	decoded []byte
}

// errStale says that the index changed under the work: the mailbox was deleted,
// or its index dropped. There is nothing to do.
var errStale = errors.New("mailstore: index has changed")

// errSegmentFull ends the reading of messages.
var errSegmentFull = errors.New("mailstore: segment is full")

// run makes segments of what is new while it is at least atLeast messages, and
// merges segments.
func (w *indexWork) run(ctx context.Context, atLeast int) error {
	for {
		c, err := w.begin(ctx)
		if err != nil {
			return err
		}
		if c.uidNext == 0 || !worthIndexing(&c, w.state.To, atLeast) {
			break
		}
		if err := w.extend(ctx, c.uidNext-1); err != nil {
			return err
		}
	}
	for {
		c, err := w.begin(ctx)
		if err != nil {
			return err
		}
		first, end, ok := w.state.NextMerge(uint64(c.messages))
		if !ok {
			return nil
		}
		if err := w.merge(ctx, first, end); err != nil {
			return err
		}
	}
}

// worthIndexing reports whether the messages behind to are enough for a
// segment.
func worthIndexing(c *counters, to uint32, atLeast int) bool {
	fresh := int64(c.fresh(to))
	if fresh == 0 {
		return false
	}
	return fresh >= int64(atLeast) || atLeast > 1 && fresh*(c.size/int64(c.messages)) >= indexBytes
}

// begin reads the state, and removes what an interrupted work has left.
func (w *indexWork) begin(ctx context.Context) (c counters, err error) {
	err = w.s.db.Update(kv.Derived(ctx), []kv.Account{w.id}, func(ktx kv.Tx) error {
		space := ktx.Account(w.id)
		c, err = readCounters(space, appendBoxKey(nil, kindCounters, w.mailbox))
		if errors.Is(err, ErrNoMailbox) {
			w.state = textindex.State{}
			return w.drop(space)
		}
		if err != nil {
			return err
		}
		state, ok, err := textindex.ReadState(space, w.prefix)
		if err != nil && !errors.Is(err, textindex.ErrCorrupt) {
			return err
		}
		if !ok || state.Validity != c.uidValidity || UID(state.To) >= c.uidNext {
			w.state = textindex.State{Validity: c.uidValidity}
			return w.drop(space)
		}
		w.state = state
		return textindex.DeleteUnlisted(space, w.prefix, &state)
	})
	return c, err
}

// drop removes the index, if there is any of it.
func (w *indexWork) drop(space kv.Space) error {
	end := indexPrefix(w.mailbox + 1)
	it := space.Scan(w.prefix, end)
	found := it.Next()
	if err := errors.Join(it.Err(), it.Close()); err != nil || !found {
		return err
	}
	return space.DeleteRange(w.prefix, end)
}

// extend makes one segment of the messages behind the index. Messages up to
// last were there when the work began.
func (w *indexWork) extend(ctx context.Context, last UID) error {
	w.builder.Reset()
	fresh := UIDSet{{UID(w.state.To) + 1, MaxUID}}
	to := last
	err := w.messages(ctx, fresh, func(m *Message) error {
		if err := w.add(ctx, m); err != nil {
			return err
		}
		to = m.UID
		if w.builder.Size() >= indexMemory || w.builder.Docs() >= indexDocs {
			return errSegmentFull
		}
		return w.rest(ctx)
	})
	if err != nil && !errors.Is(err, errSegmentFull) {
		return err
	}
	if err == nil {
		to = max(to, last)
	}
	next := w.state
	next.To = uint32(to)
	if w.builder.Docs() > 0 {
		b := indexBatch{w: w, ctx: ctx}
		seg, err := w.builder.Store(b.put, w.prefix, w.state.Next)
		if err == nil {
			err = b.flush()
		}
		if err != nil {
			return err
		}
		next.Next = seg.ID + 1
		next.Segments = append(next.Segments[:len(next.Segments):len(next.Segments)], seg)
	}
	return w.publish(ctx, &next, nil)
}

// messages calls fn for messages, as Store.Messages does, but without a sync: a
// crash that loses a message loses the index of it too, which was committed
// later. Deliveries are not to wait for the disk because somebody indexes them.
func (w *indexWork) messages(ctx context.Context, uids UIDSet, fn func(*Message) error) error {
	scan := messageScan{mailbox: w.mailbox}
	scan.setWant(WantMeta | WantStructure)
	b := batches.Get().(*batch)
	defer b.free()
	for len(uids) > 0 {
		b.reset()
		err := w.s.db.View(ctx, w.id, func(r kv.Reader) (err error) {
			uids, err = scan.read(r, b, uids)
			return err
		})
		if err != nil {
			return err
		}
		if err := scan.each(b, fn); err != nil {
			return err
		}
	}
	return nil
}

// add indexes one message. One that cannot be read is left to be scanned.
func (w *indexWork) add(ctx context.Context, m *Message) error {
	w.builder.Begin(uint32(m.UID))
	err := w.text(ctx, m)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.builder.End(err == nil)
	if cap(w.body) > indexKept {
		w.body = nil
	}
	return nil
}

// merge makes one segment of several.
func (w *indexWork) merge(ctx context.Context, first, end int) error {
	view, err := w.s.View(ctx, w.id, w.mailbox)
	if err != nil {
		return err
	}
	read := func(fn func(kv.Reader) error) error { return w.s.db.View(ctx, w.id, fn) }
	alive := func(uid uint32) bool { _, ok := view.Index(UID(uid)); return ok }
	b := indexBatch{w: w, ctx: ctx}
	old := w.state.Segments[first:end]
	seg, err := textindex.Merge(read, b.put, w.prefix, old, w.state.Next, alive)
	if err == nil {
		err = b.flush()
	}
	if err != nil {
		return err
	}
	next := w.state
	next.Next = seg.ID + 1
	next.Segments = append([]textindex.Segment(nil), w.state.Segments[:first]...)
	if seg.Docs > 0 {
		next.Segments = append(next.Segments, seg)
	} // else DeleteUnlisted removes it
	next.Segments = append(next.Segments, w.state.Segments[end:]...)
	return w.publish(ctx, &next, old)
}

// publish makes a new state known and removes the segments that it replaces, in
// one commit: a search sees either. Nothing waits for a sync, because what is
// lost is made again.
func (w *indexWork) publish(ctx context.Context, next *textindex.State, old []textindex.Segment) error {
	return w.s.db.Update(kv.Derived(ctx), []kv.Account{w.id}, func(ktx kv.Tx) error {
		space := ktx.Account(w.id)
		if err := w.unchanged(space); err != nil {
			return err
		}
		for _, seg := range old {
			if err := textindex.DeleteSegment(space, w.prefix, seg.ID); err != nil {
				return err
			}
		}
		return space.Set(textindex.StateKey(nil, w.prefix), next.Append(nil))
	})
}

// unchanged returns errStale when the index is no longer the one on which the
// work is based.
func (w *indexWork) unchanged(r kv.Reader) error {
	state, _, err := readIndexState(r, w.mailbox, w.prefix)
	if errors.Is(err, ErrNoMailbox) || errors.Is(err, textindex.ErrCorrupt) {
		return errStale
	}
	if err == nil && !bytes.Equal(state.Append(nil), w.state.Append(nil)) {
		return errStale
	}
	return err
}
