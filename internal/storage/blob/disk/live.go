package disk

import (
	"cmp"
	"errors"
	"slices"

	"tram/internal/storage/blob"
)

// extent is a record by the offset in its first pack.
type extent struct{ offset, length uint32 }

// liveSet is the set of bodies in use, by their first pack: 8 bytes a body,
// however often it is reported.
type liveSet struct {
	packs map[uint32]*extents
}

type extents struct {
	list  []extent
	clean int // sort and drop repeats when the list has grown to this
}

// add notes a body in use.
func (l *liveSet) add(id blob.ID) {
	if id.IsZero() {
		return
	}
	n := parseID(id)
	e := l.packs[n.first.pack]
	if e == nil {
		e = &extents{clean: 1024}
		l.packs[n.first.pack] = e
	}
	e.list = append(e.list, extent{n.first.offset, n.length})
	if len(e.list) >= e.clean {
		e.compact()
		e.clean = max(1024, 2*len(e.list))
	}
}

func (e *extents) compact() {
	slices.SortFunc(e.list, func(a, b extent) int { return cmp.Compare(a.offset, b.offset) })
	e.list = slices.Compact(e.list)
}

// of returns the live bodies whose first pack this is, in ascending order of
// their offsets, each once.
func (l *liveSet) of(pack uint32) []extent {
	e := l.packs[pack]
	if e == nil {
		return nil
	}
	e.compact()
	return e.list
}

// resident is a live record in the pack that holds it now.
type resident struct {
	first  place
	offset uint32 // in the pack that holds it
	length uint32
}

// eachResident calls fn for every live record with the pack that holds it. It
// returns how many live bodies are nowhere to be found.
func (l *liveSet) eachResident(s *Store, fn func(pack uint32, r resident)) (lost int64, err error) {
	for number := range l.packs {
		live := l.of(number)
		if s.pack(number) != nil {
			for _, x := range live {
				fn(number, resident{place{number, x.offset}, x.offset, x.length})
			}
			continue
		}
		es, err := s.soundIndex(number)
		if err != nil {
			return lost, err
		}
		for _, x := range live {
			i, ok := slices.BinarySearchFunc(es, x.offset, func(e entry, old uint32) int { return cmp.Compare(e.old, old) })
			if !ok || s.pack(es[i].now.pack) == nil {
				lost++
				continue
			}
			fn(es[i].now.pack, resident{place{number, x.offset}, es[i].now.offset, x.length})
		}
	}
	return lost, nil
}

// soundIndex reads a .moved file, made again if need be. It is empty when no
// record of the pack exists any more. The caller holds collecting.
func (s *Store) soundIndex(number uint32) ([]entry, error) {
	es, err := s.readIndex(number)
	if !errors.Is(err, errNoIndex) {
		return es, err
	}
	if err := s.rebuild(); err != nil {
		return nil, err
	}
	if es, err = s.readIndex(number); errors.Is(err, errNoIndex) {
		return nil, nil
	}
	return es, err
}
