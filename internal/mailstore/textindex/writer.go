package textindex

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"tram/internal/storage/kv"
)

// Limits of a block: what a search reads to find a term, and then its postings.
const (
	vocabBytes   = 16 << 10
	postingBytes = 64 << 10
)

// Put stores a record; it copies both.
type Put func(key, value []byte) error

// writer writes the records of a segment. Terms come in order, field by field.
type writer struct {
	put    Put
	prefix []byte
	id     uint32

	field field
	n     uint32 // of the block
	vocab []byte
	sizes []byte
	data  []byte

	key, value []byte
	written    uint64
	blocks     [fields]uint32
}

// add adds a term of a field with the messages that have it.
func (w *writer) add(f field, term []byte, ords []uint32) error {
	if f != w.field || len(w.vocab) >= vocabBytes || len(w.data) >= postingBytes {
		if err := w.flush(); err != nil {
			return err
		}
		if f != w.field {
			w.field, w.n = f, 0
		}
	}
	if len(w.vocab) == 0 {
		w.vocab = append(w.vocab, version, '\n')
	}
	w.vocab = append(append(w.vocab, term...), '\n')
	before := len(w.data)
	data, bitmap := appendList(w.data, ords)
	size := uint64(len(data)-before) << 1
	if bitmap {
		size |= 1
	}
	w.data, w.sizes = data, binary.AppendUvarint(w.sizes, size)
	return nil
}

// flush writes the block.
func (w *writer) flush() error {
	if len(w.vocab) == 0 {
		return nil
	}
	w.key = blockKey(w.key[:0], w.prefix, keyVocab, w.id, w.field, w.n)
	if err := w.set(w.vocab); err != nil {
		return err
	}
	w.key = blockKey(w.key[:0], w.prefix, keyPostings, w.id, w.field, w.n)
	w.value = append(append(append(w.value[:0], version), w.sizes...), w.data...)
	if err := w.set(w.value); err != nil {
		return err
	}
	w.n++
	w.blocks[w.field] = w.n
	w.vocab, w.sizes, w.data = w.vocab[:0], w.sizes[:0], w.data[:0]
	return nil
}

func (w *writer) set(value []byte) error {
	w.written += uint64(len(w.key) + len(value))
	return w.put(w.key, value)
}

// finish writes the rest, and returns the segment.
func (w *writer) finish(docs *documents) (Segment, error) {
	if err := w.flush(); err != nil {
		return Segment{}, err
	}
	docs.blocks = w.blocks
	w.key = segmentKey(w.key[:0], w.prefix, keyDocs, w.id)
	if err := w.set(docs.append(nil)); err != nil {
		return Segment{}, err
	}
	return Segment{ID: w.id, Docs: count(docs.uids), Size: w.written}, nil
}

// sortedByID returns segments in the order of their numbers.
func sortedByID(segments []Segment) []Segment {
	segments = slices.Clone(segments)
	slices.SortFunc(segments, func(a, b Segment) int { return int(int64(a.ID) - int64(b.ID)) })
	return segments
}

// readBlock returns a block of postings whose vocabulary block has this key.
func readBlock(r kv.Reader, vocabKey []byte, prefixLen, terms int) (blockReader, error) {
	key := bytes.Clone(vocabKey)
	key[prefixLen] = keyPostings
	value, err := r.Get(key)
	if errors.Is(err, kv.ErrNotFound) {
		return blockReader{}, ErrCorrupt
	}
	if err != nil {
		return blockReader{}, err
	}
	b := newBlockReader(value, terms)
	if b.bad {
		return b, ErrCorrupt
	}
	return b, nil
}
