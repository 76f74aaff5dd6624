package mailstore

import (
	"errors"
	"maps"
	"slices"

	"tram/internal/storage/kv"
)

const (
	// defaultKeepLog is how many MODSEQs back the change log reaches at least. A
	// tenth of that is cut off at once, so that a cut costs one range deletion
	// in so many commits.
	defaultKeepLog = 10_000

	// maxCutBytes bounds the work of one cut; the next transaction goes on.
	maxCutBytes = 4 << 20
)

// logCut is a piece of the change log that this transaction cuts off. It is
// found before anything is written: reading after writing would make the store
// index what was written.
type logCut struct {
	floor ModSeq                // the new one
	gone  map[goneKey][]goneRun // new values
	lost  bool                  // the records were damaged: what they said of expunged messages is unknown
}

// planCut finds out what to cut off when the log is long enough.
func (t *tx) planCut(keepLog ModSeq) error {
	if t.acct.modSeq-t.acct.logFloor < keepLog+max(1, keepLog/10) {
		return nil
	}
	cut := &logCut{gone: map[goneKey][]goneRun{}}
	expunged := map[MailboxID][]UIDRange{}
	bytes := 0
	last := t.acct.modSeq - keepLog
	err := eachChange(t.space, t.acct.logFloor, func(seq ModSeq, m MailboxID, value []byte) (bool, error) {
		// A MODSEQ has several records: stop between two, not among them.
		if seq > last || bytes > maxCutBytes && seq > cut.floor {
			return false, nil
		}
		bytes += len(value)
		cut.floor = seq
		c, err := decodeChange(value)
		if len(c.expunged) > 0 {
			expunged[m] = append(expunged[m], c.expunged...)
		}
		return true, err
	})
	if bytes <= maxCutBytes {
		cut.floor = last
	}
	if err == nil {
		err = t.mergeCut(cut, expunged)
	}
	if errors.Is(err, ErrCorrupt) {
		cut.floor, cut.lost, err = last, true, nil
	}
	if err == nil {
		t.cut = cut
	}
	return err
}

// mergeCut reads the records that the cut changes and merges the expunged UIDs
// into them. All get the MODSEQ of the end of the cut: neighbours that went one
// after the other then make one run.
func (t *tx) mergeCut(cut *logCut, expunged map[MailboxID][]UIDRange) error {
	later := map[goneKey][]goneRun{}
	for m, ranges := range expunged {
		t.key = appendBoxKey(t.key[:0], kindCounters, m)
		if _, err := readCounters(t.space, t.key); errors.Is(err, ErrNoMailbox) {
			continue
		} else if err != nil {
			return err
		}
		goneRuns(NewUIDSet(ranges), cut.floor, func(group uint32, r goneRun) {
			key := goneKey{m, group}
			later[key] = append(later[key], r)
		})
	}
	for _, key := range slices.SortedFunc(maps.Keys(later), goneKey.compare) {
		old, err := readGone(t.space, key)
		if err != nil {
			return err
		}
		cut.gone[key] = mergeGone(old, later[key])
	}
	return nil
}

func readGone(r kv.Reader, key goneKey) ([]goneRun, error) {
	value, err := r.Get(appendItemKey(nil, kindGone, key.mailbox, key.group))
	if errors.Is(err, kv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeGone(key.group, value, 0)
}

// cutLog cuts off what planCut has found.
func (t *tx) cutLog() error {
	cut := t.cut
	if cut == nil {
		return nil
	}
	t.key = appendLogKey(t.key[:0], 0, 0)
	t.hi = appendLogKey(t.hi[:0], cut.floor+1, 0)
	if err := t.space.DeleteRange(t.key, t.hi); err != nil {
		return err
	}
	t.acct.logFloor = cut.floor
	if cut.lost {
		t.acct.goneFloor = cut.floor
		return t.space.DeleteRange([]byte{kindGone}, []byte{kindGone + 1})
	}
	for _, key := range slices.SortedFunc(maps.Keys(cut.gone), goneKey.compare) {
		if t.deletes(key.mailbox) {
			continue
		}
		t.key = appendItemKey(t.key[:0], kindGone, key.mailbox, key.group)
		t.value = appendGone(t.value[:0], key.group, cut.gone[key])
		if err := t.space.Set(t.key, t.value); err != nil {
			return err
		}
	}
	return nil
}

// deletes reports whether this transaction deletes a mailbox.
func (t *tx) deletes(m MailboxID) bool {
	return slices.ContainsFunc(t.boxes, func(b *box) bool { return b.id == m && b.deleted })
}
