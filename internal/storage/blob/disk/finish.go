package disk

import (
	"errors"
	"fmt"
	"slices"
)

// finishBatch makes the copies durable and removes the packs they came from.
func (c *collection) finishBatch() error {
	if len(c.batch) == 0 {
		return nil
	}
	s := c.s
	if err := c.mover.publish(s); err != nil {
		return err
	}
	gone := map[uint32]bool{}
	for _, p := range c.batch {
		gone[p.number] = true
	}
	for number, es := range c.moved {
		if err := s.mergeIndex(number, es, gone); err != nil {
			return err
		}
	}
	// Before the packs go: without the name of the new pack the bodies would be
	// lost, without that of a .moved file every pack would have to be read.
	if err := s.syncNames(); err != nil {
		return err
	}
	s.mu.Lock()
	for number := range gone {
		delete(s.known, number)
	}
	for number := range c.moved {
		s.indexes.drop(number)
	}
	s.mu.Unlock()
	for _, p := range c.batch {
		s.files.drop(p.number)
		if err := s.fs.Remove(s.files.path(p.number)); err != nil {
			return fmt.Errorf("remove pack %d: %w", p.number, err)
		}
		c.done.FreedBytes += p.size.Load()
	}
	c.batch, c.moved = nil, map[uint32]map[uint32]entry{}
	return s.syncNames()
}

// mergeIndex rewrites the .moved file of a pack: without the entries that lead
// to packs that go, with the new ones.
func (s *Store) mergeIndex(number uint32, add map[uint32]entry, gone map[uint32]bool) error {
	var es []entry
	if s.pack(number) == nil {
		old, err := s.readIndex(number)
		if err != nil && !errors.Is(err, errNoIndex) {
			return err
		}
		es = slices.DeleteFunc(old, func(e entry) bool { return gone[e.now.pack] || add[e.old] != entry{} })
	}
	for _, e := range add {
		es = append(es, e)
	}
	return s.writeIndex(number, es)
}
