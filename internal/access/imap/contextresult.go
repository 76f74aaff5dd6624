package imap

import (
	"slices"

	"tram/internal/mailstore"
)

// members is which of some messages are in the result.
func (x *searchContext) members(of mailstore.UIDSet) mailstore.UIDSet {
	if x.criteria == nil {
		return intersect(x.found, of)
	}
	var in []mailstore.UID
	for _, uid := range x.order {
		if of.Contains(uid) {
			in = append(in, uid)
		}
	}
	return mailstore.UIDs(in...)
}

// remove takes messages out of the result and appends where they were. In a
// sorted one the last comes first, so that the places of the others still hold.
func (x *searchContext) remove(gone mailstore.UIDSet, out []placed) []placed {
	if len(gone) == 0 {
		return out
	}
	if x.criteria == nil {
		x.found = without(x.found, gone)
		return append(out, placed{0, slices.Collect(gone.All())})
	}
	kept := x.order[:0]
	var were []placed
	run := 0 // the place behind the last message that was taken out
	for i, uid := range x.order {
		if !gone.Contains(uid) {
			kept = append(kept, uid)
			continue
		}
		if n := len(were); n > 0 && run == i {
			were[n-1].uids = append(were[n-1].uids, uid)
		} else {
			were = append(were, placed{i + 1, []mailstore.UID{uid}})
		}
		run = i + 1
	}
	x.order = kept
	slices.Reverse(were)
	return append(out, were...)
}

// add puts messages into the result and says where. In a sorted one the first
// comes first, so that each place is right when it is reached.
func (c *contexts) add(x *searchContext, in *target, added mailstore.UIDSet) ([]placed, error) {
	if len(added) == 0 {
		return nil, nil
	}
	if x.criteria == nil {
		x.found = union(x.found, added)
		return []placed{{0, slices.Collect(added.All())}}, nil
	}
	if err := c.resort(x, in, added); err != nil {
		return nil, err
	}
	var out []placed
	run := 0
	for i, uid := range x.order {
		if !added.Contains(uid) {
			continue
		}
		if n := len(out); n > 0 && run == i {
			out[n-1].uids = append(out[n-1].uids, uid)
		} else {
			out = append(out, placed{i + 1, []mailstore.UID{uid}})
		}
		run = i + 1
	}
	return out, nil
}

// resort puts messages into a sorted result. Sort keys do not change, so those
// that were there keep their order.
func (c *contexts) resort(x *searchContext, in *target, added mailstore.UIDSet) error {
	all := union(mailstore.UIDs(x.order...), added)
	var indexes []uint32
	eachEntry(in.view, all, func(i int, _ mailstore.Entry) bool {
		indexes = append(indexes, uint32(i))
		return true
	})
	order, err := c.s.sortFound(in, &foundMessages{indexes: indexes}, x.criteria)
	if err != nil {
		return err
	}
	x.order = make([]mailstore.UID, len(order))
	for i, index := range order {
		x.order[i] = in.view.At(int(index)).UID
	}
	return nil
}
