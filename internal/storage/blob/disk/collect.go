package disk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tram/internal/storage/blob"
)

// deadPercent is how much of a pack must be garbage before its live bodies are
// copied on: less frees too little for what it writes.
const deadPercent = 40

// batchBytes is how much is copied between two syncs.
const batchBytes = 64 << 20

// Collect implements blob.Store. Only packs that are closed for appending and
// whose bodies are all older than cutoff are looked at. The order of the steps
// is what makes a crash harmless; docs/storage/ground.md names the states:
//
//  1. copy the live records of a pack into a new one, sync it
//  2. write and sync the .moved files, give them their names
//  3. sync the names, of the new pack and of the .moved files
//  4. forget the old pack, unlink it
//
// As long as the old pack is there it counts, whatever else is; without it the
// .moved file counts.
//
// Readers that have the old pack open read on: its bytes go with the last one.
func (s *Store) Collect(ctx context.Context, cutoff time.Time, live func(report func(blob.ID)) error) (blob.Collected, error) {
	var c collection
	if err := s.enter(ctx); err != nil {
		return c.done, err
	}
	defer s.leave()
	s.collecting.Lock()
	defer s.collecting.Unlock()
	if err := s.err(); err != nil {
		return c.done, err
	}
	c.s = s
	candidates, err := s.candidates(cutoff)
	if err != nil {
		return c.done, fmt.Errorf("collect garbage: %w", err)
	}
	set := &liveSet{packs: map[uint32]*extents{}}
	if err := live(set.add); err != nil {
		return c.done, err
	}
	if err := c.run(ctx, candidates, set); err != nil {
		return c.done, fmt.Errorf("collect garbage: %w", err)
	}
	return c.done, nil
}

// collection is one run of Collect.
type collection struct {
	s     *Store
	done  blob.Collected
	mover *mover // the pack that is being filled, nil for none

	batch []*pack                     // emptied, and not removed yet
	moved map[uint32]map[uint32]entry // of the batch: first pack → old offset → entry
}

// run copies what is live in packs with much garbage, and removes them.
func (c *collection) run(ctx context.Context, candidates []*pack, set *liveSet) error {
	used := map[uint32]int64{} // bytes of live records
	lost, err := set.eachResident(c.s, func(pack uint32, r resident) { used[pack] += recordSize(r.length) })
	if err != nil {
		return err
	}
	if c.done.Damaged += lost; lost > 0 {
		c.s.o.Logger.Error("blob store: bodies in use were not found; moved bodies are not collected", "bodies", lost)
	}
	victims := map[uint32][]resident{}
	for _, p := range candidates {
		if ok, err := c.s.collectable(p, lost > 0); err != nil {
			return err
		} else if !ok {
			continue
		}
		dead := p.size.Load() - headBytes - used[p.number]
		c.done.DeadBytes += max(dead, 0)
		if dead*100 > p.size.Load()*deadPercent || used[p.number] == 0 {
			victims[p.number] = nil
		}
	}
	_, err = set.eachResident(c.s, func(pack uint32, r resident) {
		if rs, ok := victims[pack]; ok {
			victims[pack] = append(rs, r)
		}
	})
	if err != nil {
		return err
	}
	defer func() { c.mover.close() }()
	c.moved = map[uint32]map[uint32]entry{}
	for _, p := range candidates {
		rs, ok := victims[p.number]
		if !ok {
			continue
		}
		if err := c.empty(ctx, p, rs); err != nil {
			return err
		}
		if c.mover.unsynced() > batchBytes {
			if err := c.finishBatch(); err != nil {
				return err
			}
		}
	}
	return c.finishBatch()
}

// empty copies the live records of a pack on. A pack with a live record that is
// damaged is left alone: it may be the only evidence.
func (c *collection) empty(ctx context.Context, p *pack, rs []resident) error {
	h, err := c.s.files.acquire(p.number)
	if err != nil {
		return err
	}
	defer h.release()
	if len(rs) == 0 {
		c.batch = append(c.batch, p)
		return c.countDead(h, p, nil)
	}
	sc, err := newScanner(h, p.number, p.size.Load())
	if err != nil {
		return err
	}
	slices.SortFunc(rs, func(a, b resident) int { return int(int64(a.offset) - int64(b.offset)) })
	places := make([]entry, 0, len(rs))
	for _, r := range rs {
		if err := ctx.Err(); err != nil {
			return err
		}
		now, err := c.move(sc, h, r)
		if errors.Is(err, blob.ErrCorrupt) {
			c.done.Damaged++
			c.s.o.Logger.Error("blob store: a body in use is damaged, its pack is not collected", "pack", p.number, "offset", r.offset)
			return nil
		}
		if err != nil {
			return err
		}
		places = append(places, entry{r.first.offset, now})
	}
	for i, r := range rs {
		if c.moved[r.first.pack] == nil {
			c.moved[r.first.pack] = map[uint32]entry{}
		}
		c.moved[r.first.pack][r.first.offset] = places[i]
	}
	c.batch = append(c.batch, p)
	c.done.Moved += int64(len(rs))
	return c.countDead(h, p, rs)
}

// countDead counts the bodies that go with a pack, and makes sure that the
// .moved files that still name it are rewritten.
func (c *collection) countDead(h *handle, p *pack, rs []resident) error {
	alive := map[uint32]bool{}
	for _, r := range rs {
		alive[r.offset] = true
	}
	return eachRecord(h, p, func(it *item) {
		if alive[uint32(it.offset)] {
			return
		}
		c.done.Dead++
		if first := it.head.first.pack; first != p.number && c.moved[first] == nil {
			c.moved[first] = map[uint32]entry{}
		}
	})
}

// move copies one record.
func (c *collection) move(sc *scanner, h *handle, r resident) (place, error) {
	it, err := sc.read(int64(r.offset))
	if errors.Is(err, errNoRecord) || err == nil && (it.head.first != r.first || it.head.length != r.length) {
		return place{}, blob.ErrCorrupt
	}
	if err != nil {
		return place{}, err
	}
	if c.mover.full(c.s.o.PackBytes) {
		if c.mover, err = c.s.newMover(c.mover); err != nil {
			return place{}, err
		}
	}
	return c.mover.add(h, &it)
}
