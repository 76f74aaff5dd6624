package disk

import (
	"errors"
	"fmt"
)

// mover fills a pack with records that Collect copies on. Nobody else writes
// to it, and nobody reads it before it is published. The nil mover is full.
type mover struct {
	pack   *pack
	file   *unsynced
	tag    uint32
	synced int64    // bytes that are durable
	before []*mover // full ones that are not published yet
}

// newMover begins the next pack.
func (s *Store) newMover(full *mover) (*mover, error) {
	var before []*mover
	if full != nil {
		before = append(full.before, full)
		full.before = nil
	}
	s.log.mu.Lock()
	number := s.log.next
	s.log.next++
	s.log.mu.Unlock()
	p, f, tag, err := s.createPack(number, packMoved)
	if err != nil {
		return full, err
	}
	return &mover{pack: p, file: f, tag: tag, before: before}, nil
}

func (m *mover) full(limit int64) bool { return m == nil || m.pack.size.Load() >= limit }

// unsynced returns how many bytes were written since publish.
func (m *mover) unsynced() int64 {
	if m == nil {
		return 0
	}
	n := m.pack.size.Load() - m.synced
	for _, b := range m.before {
		n += b.pack.size.Load() - b.synced
	}
	return n
}

// add copies a record: the body first, then the head, which changes only in its
// tag.
func (m *mover) add(from *handle, it *item) (place, error) {
	at, front := m.pack.size.Load(), int64(len(it.raw))
	err := copyBody(m.file, at+front, from, it.offset+front, it.head.length, it.head.sums)
	if errors.Is(err, errSource) {
		return place{}, err // wraps ErrCorrupt when the body is damaged
	}
	if err == nil {
		h := it.head
		h.tag = m.tag
		b := make([]byte, front)
		h.put(b)
		_, err = m.file.WriteAt(b, at)
	}
	if err != nil {
		return place{}, fmt.Errorf("copy to pack %d: %w", m.pack.number, err)
	}
	m.pack.size.Store(at + recordSize(it.head.length))
	m.pack.newest.Store(max(m.pack.newest.Load(), it.head.time))
	return place{m.pack.number, uint32(at)}, nil
}

// publish makes the bytes of all packs filled so far durable, and the packs
// known. Their names are synced together with those of the .moved files.
func (m *mover) publish(s *Store) error {
	if m == nil {
		return nil
	}
	for _, f := range append(m.before, m) {
		if f.synced == f.pack.size.Load() {
			continue
		}
		if err := f.file.SyncData(); err != nil {
			return s.fail(fmt.Errorf("sync pack %d: %w", f.pack.number, err))
		}
		f.synced = f.pack.size.Load()
	}
	s.mu.Lock()
	for _, f := range append(m.before, m) {
		s.known[f.pack.number] = f.pack
	}
	s.mu.Unlock()
	for _, f := range m.before {
		f.file.Close()
	}
	m.before = nil
	return nil
}

func (m *mover) close() {
	if m == nil {
		return
	}
	for _, f := range append(m.before, m) {
		f.file.Close()
	}
}
