package imap

import (
	"cmp"
	"errors"
	"slices"

	"tram/internal/mailstore"
)

// seenBatch is how many messages are marked \Seen in one commit before their
// bodies are sent: a client that goes away in the middle of a long FETCH has not
// seen the rest.
const seenBatch = 500

// fetchBatches sends the items of messages, in batches if it marks them. It
// returns how many are not in the store any more.
func (s *session) fetchBatches(req *fetchRequest, uids mailstore.UIDSet) (missing int, err error) {
	if len(uids) == 0 {
		return 0, nil
	}
	if !req.marks || s.sel.readOnly {
		return s.fetchBatch(req, uids, nil)
	}
	for len(uids) > 0 && s.enc.Err() == nil {
		var batch mailstore.UIDSet
		if req.down {
			uids, batch = cutUIDs(s.sel.view, uids, max(0, countIn(s.sel.view, uids)-seenBatch))
		} else {
			batch, uids = cutUIDs(s.sel.view, uids, seenBatch)
		}
		if len(batch) == 0 {
			break
		}
		n, err := s.fetchMarking(req, batch)
		if err != nil {
			return missing, err
		}
		missing += n
	}
	return missing, nil
}

// fetchMarking sets \Seen on a batch and sends it with the new flags.
func (s *session) fetchMarking(req *fetchRequest, uids mailstore.UIDSet) (missing int, err error) {
	var unseen mailstore.UIDSet
	eachEntry(s.sel.view, uids, func(_ int, e mailstore.Entry) bool {
		if e.Flags&mailstore.Seen == 0 {
			unseen = addUID(unseen, e.UID)
		}
		return true
	})
	var marked mailstore.UIDSet
	if len(unseen) > 0 {
		stored, err := s.mail.StoreFlags(s.ctx, s.sel.account, s.sel.id, unseen,
			mailstore.FlagChange{Op: mailstore.AddFlags, Flags: mailstore.Seen})
		if err != nil && !errors.Is(err, mailstore.ErrNoRight) { // RFC 4314 4: without the right s it is not set
			return 0, err
		}
		marked = stored.Changed
		if err := s.syncTold(marked); err != nil {
			return 0, err
		}
	}
	return s.fetchBatch(req, uids, marked)
}

// fetchBatch sends the items of messages. FLAGS that were not asked for are
// sent with those that were marked. It returns how many messages of the view
// are not in the store any more.
func (s *session) fetchBatch(req *fetchRequest, uids, marked mailstore.UIDSet) (missing int, err error) {
	w := s.newFetchWriter(s.sel.view, req.byUID)
	w.req = req
	defer w.keepPreviews()
	if req.down {
		return w.downwards(uids, marked)
	}
	return w.upwards(uids, marked)
}

// downwards sends messages one at a time, as the store reads upwards.
func (w *fetchWriter) downwards(uids, marked mailstore.UIDSet) (missing int, damaged error) {
	v := w.s.sel.view
	for _, r := range slices.Backward(uids) {
		for i := searchAfter(v, r.Last) - 1; i >= v.Search(r.First) && w.enc.Err() == nil; i-- {
			uid := v.At(i).UID
			n, err := w.upwards(mailstore.UIDs(uid), marked)
			missing += n
			if err != nil && !w.costsOne(err) {
				return missing, err
			}
			damaged = cmp.Or(damaged, err)
		}
	}
	return missing, damaged
}

// costsOne reports whether an error costs one message, not those behind it.
func (w *fetchWriter) costsOne(err error) bool {
	return (isDamage(err) || errors.Is(err, errUnknownCTE)) && w.s.state != stateLogout
}

// upwards sends messages as they are in the mailbox.
func (w *fetchWriter) upwards(uids, marked mailstore.UIDSet) (missing int, err error) {
	s, req := w.s, w.req
	if req.want == 0 {
		eachEntry(s.sel.view, uids, func(i int, e mailstore.Entry) bool {
			w.marked = isMarked(&marked, e.UID)
			_ = w.message(i, e, nil) // it reads the view only; an error of the connection is seen below
			return s.enc.Err() == nil
		})
		return 0, nil
	}
	cursor := newCursor(s.sel.view)
	found := 0
	var damaged error
	err = s.mail.Messages(s.ctx, s.sel.account, s.sel.id, uids, req.want, func(m *mailstore.Message) error {
		i, e, ok := cursor.seek(m.UID)
		if !ok {
			return nil // it came after the view was taken
		}
		found++
		w.marked = isMarked(&marked, e.UID)
		switch err := w.message(i, e, m); {
		case errors.Is(err, mailstore.ErrNoMessage):
			found--
		case w.costsOne(err):
			damaged = err
		case err != nil:
			return err
		}
		return s.enc.Err()
	})
	return countIn(s.sel.view, uids) - found, cmp.Or(err, damaged)
}

// isMarked reports whether uid is in the set, which is cut off below it.
func isMarked(set *mailstore.UIDSet, uid mailstore.UID) bool {
	*set = dropBelow(*set, uid)
	return len(*set) > 0 && (*set)[0].First <= uid
}
