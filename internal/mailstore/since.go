package mailstore

import "iter"

// ChangedSince walks over the messages of a set that changed after a MODSEQ:
// their indexes and entries, in ascending order. Blocks in which nothing
// changed cost one comparison.
func (v *View) ChangedSince(uids UIDSet, since ModSeq) iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		for n, b := range v.blocks {
			if b.highest <= since && b.highest != 0 {
				continue
			}
			for i := range b.entries {
				e := &b.entries[i]
				if e.ModSeq > since && uids.Contains(e.UID) && !yield(int(v.starts[n])+i, *e) {
					return
				}
			}
		}
	}
}

// Missing walks over the UIDs of a set that no message of the view has.
func (v *View) Missing(uids UIDSet) iter.Seq[UIDRange] {
	return func(yield func(UIDRange) bool) {
		for _, r := range uids {
			if !v.missingIn(r, yield) {
				return
			}
		}
	}
}

// missingIn yields the gaps between the messages of one range.
func (v *View) missingIn(r UIDRange, yield func(UIDRange) bool) bool {
	next := r.First // the first UID that is not decided yet; 0 when none is left
	for _, block := range v.Blocks(v.Search(r.First)) {
		for i := range block {
			uid := block[i].UID
			if uid > r.Last {
				return yield(UIDRange{next, r.Last})
			}
			if uid > next && !yield(UIDRange{next, uid - 1}) {
				return false
			}
			if uid == r.Last {
				return true
			}
			next = uid + 1
		}
	}
	return yield(UIDRange{next, r.Last})
}
