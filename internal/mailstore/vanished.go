package mailstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"tram/internal/storage/kv"
)

// The change log remembers a bounded number of changes. What it forgets of
// expunged messages goes into records of kindGone, one for each 65,536 UIDs of a
// mailbox, so that a client that was away for a million changes still hears what
// is gone and little else (docs/decisions/0017-memory-of-expunged-messages.md).
const (
	goneShift   = 16
	maxGoneRuns = 4096 // of one record, at some four bytes each
)

// goneRun is a row of UIDs: those of them that do not exist any more were
// expunged at seq or earlier. Others may exist.
type goneRun struct {
	first, last UID
	seq         ModSeq
}

func goneGroup(uid UID) uint32 { return uint32(uid) >> goneShift }

// Vanished returns the UIDs that were expunged after a MODSEQ (QRESYNC, RFC
// 7162 3.2.5). Where the change log has been cut there may be more in the set:
// messages that went earlier, and even some that exist, which the caller leaves
// out by his view. complete is false when nothing is known of the time after
// since: then all UIDs that do not exist may have gone.
//
// It costs what changed in the account since then, and nothing when the mailbox
// did not change.
func (s *Store) Vanished(ctx context.Context, id kv.Account, m MailboxID, since ModSeq) (uids UIDSet, complete bool, err error) {
	err = s.read(ctx, id, func(r kv.Reader) error {
		uids, complete, err = vanished(r, m, since)
		return err
	})
	if errors.Is(err, ErrCorrupt) {
		return nil, false, nil // what is derived is not worth an error: the mailbox itself knows what is there
	}
	return uids, complete, err
}

func vanished(r kv.Reader, m MailboxID, since ModSeq) (uids UIDSet, complete bool, err error) {
	c, err := readCounters(r, appendBoxKey(nil, kindCounters, m))
	if err != nil {
		return nil, false, err
	}
	if c.highest <= since {
		return nil, true, nil
	}
	acct, _, err := readAccount(r)
	if err != nil || acct.goneFloor > since {
		return nil, false, err
	}
	var ranges []UIDRange
	if since < acct.logFloor {
		if ranges, err = goneSince(r, m, since); err != nil {
			return nil, false, err
		}
	}
	err = eachChange(r, max(since, acct.logFloor), func(_ ModSeq, box MailboxID, value []byte) (bool, error) {
		if box != m {
			return true, nil
		}
		c, err := decodeChange(value)
		ranges = append(ranges, c.expunged...)
		return true, err
	})
	return NewUIDSet(ranges), true, err
}

// goneSince returns what the records of kindGone have of a mailbox after a
// MODSEQ. A record in which nothing is so late costs a comparison.
func goneSince(r kv.Reader, m MailboxID, since ModSeq) (ranges []UIDRange, err error) {
	it := r.Scan(appendBoxKey(nil, kindGone, m), appendBoxKey(nil, kindGone, m+1))
	defer it.Close()
	for it.Next() {
		runs, err := decodeGone(itemOf(it.Key()), it.Value(), since)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			if run.seq > since {
				ranges = append(ranges, UIDRange{run.first, run.last})
			}
		}
	}
	return ranges, it.Err()
}

// appendGone appends the value of kindGone: the largest MODSEQ, the number of
// runs, and for each the distance from the end of the one before, its length
// less one, and how far its MODSEQ is below the largest.
func appendGone(dst []byte, group uint32, runs []goneRun) []byte {
	var highest ModSeq
	for _, r := range runs {
		highest = max(highest, r.seq)
	}
	dst = append(dst, version1)
	dst = binary.AppendUvarint(dst, uint64(highest))
	dst = binary.AppendUvarint(dst, uint64(len(runs)))
	next := UID(group) << goneShift
	for _, r := range runs {
		dst = binary.AppendUvarint(dst, uint64(r.first-next))
		dst = binary.AppendUvarint(dst, uint64(r.last-r.first))
		dst = binary.AppendUvarint(dst, uint64(highest-r.seq))
		next = r.last
	}
	return dst
}

// decodeGone reads a record, or only its head when nothing in it is later than
// since.
func decodeGone(group uint32, value []byte, since ModSeq) ([]goneRun, error) {
	d := decode(value)
	highest := ModSeq(d.uint())
	if highest <= since && !d.bad {
		return nil, nil
	}
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return nil, d.err("expunged messages")
	}
	runs := make([]goneRun, 0, n)
	next, end := uint64(group)<<goneShift, (uint64(group)+1)<<goneShift
	for i := range n {
		first := next + d.uint()
		last := first + d.uint()
		below := d.uint()
		if d.bad || i > 0 && first == next || first > last || last >= end || below > uint64(highest) {
			d.bad = true
			break
		}
		runs = append(runs, goneRun{UID(first), UID(last), highest - ModSeq(below)})
		next = last
	}
	if len(d.b) != 0 {
		d.bad = true
	}
	return runs, d.err("expunged messages")
}

// mergeGone adds later runs to those of a record; both are in order and each
// is free of overlaps. The result is bounded: when there are too many runs,
// neighbours are joined and count as expunged when the last of them was.
func mergeGone(old, later []goneRun) []goneRun {
	merged := make([]goneRun, 0, len(old)+len(later))
	put := func(r goneRun) {
		if n := len(merged); n > 0 && merged[n-1].last+1 == r.first && merged[n-1].seq == r.seq {
			merged[n-1].last = r.last
			return
		}
		merged = append(merged, r)
	}
	for _, r := range later {
		for len(old) > 0 && old[0].first <= r.last {
			o := old[0]
			if o.first < r.first { // what of it lies before the new one
				put(goneRun{o.first, min(o.last, r.first-1), o.seq})
			}
			if o.last > r.last {
				old = slices.Clone(old)
				old[0].first = r.last + 1
				break
			}
			old = old[1:]
		}
		put(r)
	}
	for _, o := range old {
		put(o)
	}
	return coarsenGone(merged)
}

// coarsenGone joins runs until no more than maxGoneRuns are left.
func coarsenGone(runs []goneRun) []goneRun {
	if len(runs) <= maxGoneRuns {
		return runs
	}
	for shift := 1; len(runs) > maxGoneRuns/2; shift++ {
		joined := runs[:0]
		for _, r := range runs {
			if n := len(joined) - 1; n >= 0 && joined[n].last>>shift == r.first>>shift {
				joined[n].last = r.last
				joined[n].seq = max(joined[n].seq, r.seq)
				continue
			}
			joined = append(joined, r)
		}
		runs = joined
	}
	return runs
}

// goneRuns cuts a set into the runs of its groups, with one MODSEQ.
func goneRuns(set UIDSet, seq ModSeq, add func(group uint32, r goneRun)) {
	for _, r := range set {
		for first := uint64(r.First); first <= uint64(r.Last); {
			group := goneGroup(UID(first))
			last := min(uint64(r.Last), (uint64(group)+1)<<goneShift-1)
			add(group, goneRun{UID(first), UID(last), seq})
			first = last + 1
		}
	}
}

// goneKey names a record of kindGone.
type goneKey struct {
	mailbox MailboxID
	group   uint32
}

func (k goneKey) compare(o goneKey) int {
	return cmp.Or(cmp.Compare(k.mailbox, o.mailbox), cmp.Compare(k.group, o.group))
}
