package textindex

import (
	"bytes"
	"errors"

	"tram/internal/storage/kv"
)

// MergeFactor is how many neighbours of about one size become one segment.
const MergeFactor = 8

// smallest is the number of messages up to which segments are of one size.
const smallest = 512

// largest is the size from which on segments are left as they are: one has
// 262,144 messages or more.
const largest = 4

// tier is the size of a segment: each is MergeFactor times the one before.
func (s Segment) tier() (t int) {
	for n := s.Docs; n > smallest; n /= MergeFactor {
		t++
	}
	return t
}

// NextMerge returns the segments that should become one, by their places in
// the list, first included and end not; false when all is well. live is the
// number of messages in the mailbox.
func (s *State) NextMerge(live uint64) (first, end int, ok bool) {
	if len(s.Segments) > 0 && s.Docs() > 2*live+2*smallest {
		return 0, len(s.Segments), true // most are expunged
	}
	for tier := range largest {
		for first = 0; first < len(s.Segments); first = end + 1 {
			n := 0
			for end = first; end < len(s.Segments) && s.Segments[end].tier() <= tier; end++ {
				if s.Segments[end].tier() == tier {
					n++
				}
			}
			if n >= MergeFactor {
				return first, end, true
			}
		}
	}
	return 0, 0, false
}

// Merge writes one segment, with the number id, in place of several neighbours,
// without the messages that are no longer alive (alive is asked in ascending
// order). read runs a function on a picture of the records; a new one each time
// is fine, because segments do not change. A segment without messages is
// written too.
func Merge(read func(func(kv.Reader) error) error, put Put, prefix []byte, from []Segment, id uint32, alive func(uid uint32) bool) (Segment, error) {
	m := merge{w: writer{put: put, prefix: prefix, id: id}}
	for _, seg := range from {
		in := &input{read: read, prefix: prefix, seg: seg}
		if err := in.number(&m.docs, alive); err != nil {
			return Segment{}, err
		}
		m.inputs = append(m.inputs, in)
	}
	for f := range fields {
		if err := m.field(f); err != nil {
			return Segment{}, err
		}
	}
	return m.w.finish(&m.docs)
}

// merge is one call of Merge.
type merge struct {
	inputs []*input
	docs   documents // of the new segment
	w      writer
	ords   []uint32
}

// field merges one field.
func (m *merge) field(f field) error {
	for _, in := range m.inputs {
		if err := in.begin(f); err != nil {
			return err
		}
	}
	var term []byte
	for {
		least := m.least()
		if least == nil {
			return nil
		}
		term = append(term[:0], least...)
		m.ords = m.ords[:0]
		for _, in := range m.inputs {
			if !bytes.Equal(in.term, term) {
				continue
			}
			if err := in.take(&m.ords); err != nil {
				return err
			}
		}
		if len(m.ords) == 0 {
			continue
		}
		if err := m.w.add(f, term, m.ords); err != nil {
			return err
		}
	}
}

// least returns the first term at which an input stands, nil when all are done.
func (m *merge) least() (least []byte) {
	for _, in := range m.inputs {
		if in.term != nil && (least == nil || bytes.Compare(in.term, least) < 0) {
			least = in.term
		}
	}
	return least
}

// input walks over the terms of one of the old segments.
type input struct {
	read   func(func(kv.Reader) error) error
	prefix []byte
	seg    Segment
	places []uint32 // ordinal in the new segment by the old one, plus 1; 0 for a message that is gone

	blocks [fields]uint32
	field  field
	n      uint32 // of the next block
	vocab  []byte // the newline before the next term, and the rest of the block
	lists  blockReader
	term   []byte // nil at the end of the field
}

// number gives the messages that are alive their ordinals in the new segment.
func (in *input) number(docs *documents, alive func(uint32) bool) error {
	var old documents
	err := in.read(func(r kv.Reader) (err error) {
		old, err = readDocuments(r, in.prefix, in.seg)
		return err
	})
	if err != nil {
		return err
	}
	in.blocks = old.blocks
	next := count(docs.uids)
	for _, r := range old.uids {
		for uid := uint64(r.First); uid <= uint64(r.Last); uid++ {
			if !alive(uint32(uid)) {
				in.places = append(in.places, 0)
				continue
			}
			docs.uids = addUID(docs.uids, uint32(uid))
			if contains(old.open, uint32(uid)) {
				docs.open = addUID(docs.open, uint32(uid))
			}
			next++
			in.places = append(in.places, next)
		}
	}
	return nil
}

// begin goes to the first term of a field.
func (in *input) begin(f field) error {
	in.field, in.n, in.vocab = f, 0, nil
	return in.next()
}

// next goes to the next term.
func (in *input) next() error {
	if len(in.vocab) < 2 {
		if err := in.load(); err != nil || in.vocab == nil {
			in.term = nil
			return err
		}
	}
	end := bytes.IndexByte(in.vocab[1:], '\n') + 1
	in.term, in.vocab = in.vocab[1:end], in.vocab[end:]
	return nil
}

// load reads the next block; without one vocab is nil.
func (in *input) load() error {
	in.vocab = nil
	if in.n == in.blocks[in.field] {
		return nil
	}
	key := blockKey(nil, in.prefix, keyVocab, in.seg.ID, in.field, in.n)
	in.n++
	return in.read(func(r kv.Reader) error {
		value, err := r.Get(key)
		if errors.Is(err, kv.ErrNotFound) {
			return ErrCorrupt
		}
		if err != nil {
			return err
		}
		vocab, ok := vocabulary(value)
		if !ok {
			return ErrCorrupt
		}
		in.vocab = bytes.Clone(vocab)
		b, err := readBlock(r, key, len(in.prefix), bytes.Count(vocab, newline)-1)
		b.sizes, b.data = bytes.Clone(b.sizes), bytes.Clone(b.data)
		in.lists = b
		return err
	})
}

// take adds the messages of the term, by their new ordinals, and goes on.
func (in *input) take(ords *[]uint32) error {
	ok := in.lists.next().each(in.seg.Docs, func(o uint32) {
		if place := in.places[o]; place != 0 {
			*ords = append(*ords, place-1)
		}
	})
	if !ok || in.lists.bad {
		return ErrCorrupt
	}
	return in.next()
}
