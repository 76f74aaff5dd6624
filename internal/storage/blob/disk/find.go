package disk

import (
	"errors"

	"github.com/cockroachdb/errors/oserror"

	"tram/internal/storage/blob"
)

// spot is a record that was found: a file that holds it, and where. Whoever
// got it releases the file.
type spot struct {
	*handle
	offset int64
}

// find opens the file that holds a named body. Of the record itself it reads
// nothing.
func (s *Store) find(n name) (spot, error) {
	if s.closed.Load() {
		return spot{}, errClosed
	}
	sp, err := s.look(n)
	if errors.Is(err, errNoIndex) {
		// Lost or damaged, or the name is made up. Make the .moved files again
		// from the records, once, then the answer is final.
		if err := s.rebuildIndexes(); err != nil {
			return spot{}, err
		}
		sp, err = s.look(n)
	}
	if errors.Is(err, errNoIndex) {
		err = blob.ErrNotFound
	}
	return sp, err
}

// look finds a body where it was written or where it was moved to.
func (s *Store) look(n name) (spot, error) {
	// Collect removes a pack and changes the .moved files under the lock, so
	// what is found now can be opened now.
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := n.first
	if s.known[at.pack] == nil {
		moved, err := s.lookup(n.first)
		if err != nil {
			return spot{}, err
		}
		at = moved
	}
	return s.openAt(at, n.length)
}

// openAt opens a pack that must hold a record of this length at a place.
func (s *Store) openAt(at place, length uint32) (spot, error) {
	p := s.known[at.pack]
	if p == nil {
		return spot{}, errNoIndex // the index names a pack that is gone
	}
	offset := int64(at.offset)
	if offset < headBytes || offset%alignment != 0 || offset+recordSize(length) > p.size.Load() {
		return spot{}, blob.ErrNotFound
	}
	h, err := s.files.acquire(at.pack)
	if err != nil {
		return spot{}, err
	}
	return spot{h, offset}, nil
}

// lookup finds in the .moved file of a removed pack where a record is now.
func (s *Store) lookup(first place) (place, error) {
	h, err := s.indexes.acquire(first.pack)
	if oserror.IsNotExist(err) {
		return place{}, errNoIndex
	}
	if err != nil {
		return place{}, err
	}
	defer h.release()
	return searchIndex(h, first)
}
