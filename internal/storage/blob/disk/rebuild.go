package disk

import (
	"errors"
	"fmt"
	"io"
)

// rebuildIndexes makes the .moved files again from the records that carry the
// name of another pack. It runs at most once in a process, when a body is
// asked for whose pack is gone and that no .moved file knows.
func (s *Store) rebuildIndexes() error {
	s.collecting.Lock()
	defer s.collecting.Unlock()
	if s.rebuilt {
		return nil
	}
	return s.rebuild()
}

// rebuild does it. The caller holds collecting.
func (s *Store) rebuild() error {
	if err := s.err(); err != nil {
		return err
	}
	moved := map[uint32]map[uint32]place{} // first pack → old offset → place now
	for _, number := range s.numbers() {
		if err := s.findMoved(number, moved); err != nil {
			return fmt.Errorf("rebuild the index of moved bodies: %w", err)
		}
	}
	for number, places := range moved {
		if s.pack(number) != nil {
			continue // the pack is there: its records are found without an index
		}
		var es []entry
		for old, now := range places {
			es = append(es, entry{old, now})
		}
		if err := s.writeIndex(number, es); err != nil {
			return err
		}
		s.indexes.drop(number)
	}
	if err := s.syncNames(); err != nil {
		return err
	}
	s.rebuilt = true
	if len(moved) > 0 {
		s.o.Logger.Warn("blob store: the index of moved bodies was made again", "packs", len(moved))
	}
	return nil
}

// findMoved notes the moved records of one pack. Of two copies, which a crash
// in a collection leaves, the later one counts; they are equal.
func (s *Store) findMoved(number uint32, moved map[uint32]map[uint32]place) error {
	h, err := s.files.acquire(number)
	if err != nil {
		return err
	}
	defer h.release()
	sc, err := newScanner(h, number, s.pack(number).size.Load())
	if errors.Is(err, errPackHead) || err == nil && sc.flags&packMoved == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	for {
		it, err := sc.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !it.body() || it.head.first.pack == number {
			continue
		}
		first := it.head.first
		if moved[first.pack] == nil {
			moved[first.pack] = map[uint32]place{}
		}
		moved[first.pack][first.offset] = place{number, uint32(it.offset)}
	}
}
