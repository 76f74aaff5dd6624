package textindex

import (
	"encoding/binary"
	"errors"

	"tram/internal/storage/kv"
)

// ErrCorrupt says that a record does not decode, or is missing: the index is to
// be thrown away.
var ErrCorrupt = errors.New("textindex: damaged record")

// Rules is the version of what a text is: of package fold, and of the text that
// a message has for a search. An index of other rules is worth nothing. It is
// raised with every change of either.
const Rules = 1

// State is what the index of a mailbox covers.
type State struct {
	Validity uint32 // UIDVALIDITY of the mailbox
	To       uint32 // every message up to this UID is in a segment, or was gone
	Next     uint32 // number of the next segment
	Segments []Segment
}

// Segment is one segment of an index.
type Segment struct {
	ID   uint32
	Docs uint32 // messages
	Size uint64 // bytes of its records
}

// Docs is the number of messages in all segments.
func (s *State) Docs() (n uint64) {
	for _, seg := range s.Segments {
		n += uint64(seg.Docs)
	}
	return n
}

// Size is the number of bytes of all segments.
func (s *State) Size() (n uint64) {
	for _, seg := range s.Segments {
		n += seg.Size
	}
	return n
}

// The byte behind the prefix of a key.
const (
	keyState    = 0
	keyDocs     = 1
	keyVocab    = 2
	keyPostings = 3
)

// StateKey appends the key of the state.
func StateKey(dst, prefix []byte) []byte { return append(append(dst, prefix...), keyState) }

func segmentKey(dst, prefix []byte, what byte, segment uint32) []byte {
	return binary.BigEndian.AppendUint32(append(append(dst, prefix...), what), segment)
}

func blockKey(dst, prefix []byte, what byte, segment uint32, f field, n uint32) []byte {
	return binary.BigEndian.AppendUint32(append(segmentKey(dst, prefix, what, segment), byte(f)), n)
}

// Append appends the record of a state.
func (s *State) Append(dst []byte) []byte {
	dst = append(dst, version)
	for _, v := range [...]uint32{Rules, s.Validity, s.To, s.Next, uint32(len(s.Segments))} {
		dst = binary.AppendUvarint(dst, uint64(v))
	}
	for _, seg := range s.Segments {
		dst = binary.AppendUvarint(dst, uint64(seg.ID))
		dst = binary.AppendUvarint(dst, uint64(seg.Docs))
		dst = binary.AppendUvarint(dst, seg.Size)
	}
	return dst
}

// DecodeState reads the record of a state. ErrCorrupt covers other Rules.
func DecodeState(value []byte) (State, error) {
	d := decode(value)
	rules := d.uint32()
	s := State{Validity: d.uint32(), To: d.uint32(), Next: d.uint32()}
	n := d.uint()
	if rules != Rules || n > uint64(len(d.b)) {
		d.bad, n = true, 0
	}
	for range n {
		seg := Segment{ID: d.uint32(), Docs: d.uint32(), Size: d.uint()}
		s.Segments = append(s.Segments, seg)
		if seg.ID >= s.Next {
			d.bad = true
		}
	}
	return s, d.err("state")
}

// ReadState returns the state of an index; false when there is none.
func ReadState(r kv.Reader, prefix []byte) (State, bool, error) {
	value, err := r.Get(StateKey(nil, prefix))
	if errors.Is(err, kv.ErrNotFound) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	s, err := DecodeState(value)
	return s, err == nil, err
}

// documents is the messages of a segment, by their ordinals.
type documents struct {
	uids   []Range
	open   []Range        // those whose terms do not tell all: they are to be scanned
	blocks [fields]uint32 // of each vocabulary: a block that is lost must not go unseen
}

func (d *documents) append(dst []byte) []byte {
	dst = appendRanges(appendRanges(append(dst, version), d.uids), d.open)
	for _, n := range d.blocks {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return dst
}

func decodeDocuments(value []byte) (documents, error) {
	d := decode(value)
	docs := documents{uids: d.ranges()}
	docs.open = d.ranges()
	for f := range docs.blocks {
		docs.blocks[f] = d.uint32()
	}
	return docs, d.err("documents")
}

// readDocuments returns the messages of a segment.
func readDocuments(r kv.Reader, prefix []byte, seg Segment) (documents, error) {
	value, err := r.Get(segmentKey(nil, prefix, keyDocs, seg.ID))
	if errors.Is(err, kv.ErrNotFound) {
		return documents{}, ErrCorrupt
	}
	if err != nil {
		return documents{}, err
	}
	docs, err := decodeDocuments(value)
	if err == nil && count(docs.uids) != seg.Docs {
		err = ErrCorrupt
	}
	return docs, err
}

// DeleteSegment removes the records of a segment.
func DeleteSegment(space kv.Space, prefix []byte, id uint32) error {
	for _, what := range [...]byte{keyDocs, keyVocab, keyPostings} {
		if err := space.DeleteRange(segmentKey(nil, prefix, what, id), segmentKey(nil, prefix, what, id+1)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteUnlisted removes what an interrupted work has left: the records of
// segments that are not, or not yet, in the state.
func DeleteUnlisted(space kv.Space, prefix []byte, s *State) error {
	for _, what := range [...]byte{keyDocs, keyVocab, keyPostings} {
		next := uint32(0)
		for _, seg := range sortedByID(s.Segments) {
			if err := deleteBetween(space, prefix, what, next, seg.ID); err != nil {
				return err
			}
			next = seg.ID + 1
		}
		if err := deleteBetween(space, prefix, what, next, 1<<32-1); err != nil {
			return err
		}
	}
	return nil
}

// deleteBetween removes the records of segments from lo to below hi, if any.
func deleteBetween(space kv.Space, prefix []byte, what byte, lo, hi uint32) error {
	from, to := segmentKey(nil, prefix, what, lo), segmentKey(nil, prefix, what, hi)
	it := space.Scan(from, to)
	found := it.Next()
	err := errors.Join(it.Err(), it.Close())
	if err != nil || !found {
		return err
	}
	return space.DeleteRange(from, to)
}
