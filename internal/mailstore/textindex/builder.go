package textindex

import (
	"encoding/binary"
	"slices"

	"tram/internal/mail/fold"
)

// Builder collects the terms of messages, in ascending order of UIDs, for one
// segment. The zero value is ready.
type Builder struct {
	words fold.Words
	into  Scope // where words are from

	docs  documents
	n     uint32                    // messages; the ordinal of the last one is one less
	terms [fields]map[string]uint32 // index of lists
	lists [fields][]growing
	size  int // bytes of memory, about
}

// growing is the list of a term while it grows. Most terms are in one message.
type growing struct {
	first, last uint32
	more        []byte // distances of the others
}

// termCost is the memory of a term beside its bytes, about.
const termCost = 96

// Reset forgets everything and keeps the memory.
func (b *Builder) Reset() {
	b.docs, b.n = documents{}, 0
	for f := range b.terms {
		clear(b.terms[f])
		clear(b.lists[f])
		b.lists[f] = b.lists[f][:0]
	}
	b.size = 0
}

// Size is the memory that the builder holds, in bytes, about.
func (b *Builder) Size() int { return b.size }

// Docs is the number of messages.
func (b *Builder) Docs() int { return int(b.n) }

// Begin goes on to the next message.
func (b *Builder) Begin(uid uint32) {
	if b.words.Term == nil {
		b.words.Term = b.add
	}
	b.docs.uids = addUID(b.docs.uids, uid)
	b.n++
}

// Write takes a chunk of UTF-8 text of the message, which ends between
// characters. An empty chunk ends a piece of text.
func (b *Builder) Write(s Scope, chunk []byte) {
	b.into = s
	if len(chunk) == 0 {
		b.words.Break()
		return
	}
	b.words.Write(chunk)
}

// End ends the message. complete says that all of its text was written;
// otherwise it is left to be scanned.
func (b *Builder) End(complete bool) {
	b.words.Break()
	if uid := b.docs.uids[len(b.docs.uids)-1].Last; !complete || b.words.TooLong {
		b.docs.open = addUID(b.docs.open, uid)
	}
	b.words.TooLong = false
}

// add notes that the message has a term.
func (b *Builder) add(term []byte, marked bool) {
	f := fieldOf(b.into, marked)
	doc := b.n - 1
	i, ok := b.terms[f][string(term)]
	if !ok {
		if b.terms[f] == nil {
			b.terms[f] = map[string]uint32{}
		}
		b.terms[f][string(term)] = uint32(len(b.lists[f]))
		b.lists[f] = append(b.lists[f], growing{first: doc, last: doc})
		b.size += termCost + len(term)
		return
	}
	if l := &b.lists[f][i]; l.last != doc {
		before := cap(l.more)
		l.more = binary.AppendUvarint(l.more, uint64(doc-l.last))
		l.last = doc
		b.size += cap(l.more) - before
	}
}

// Store writes the segment with a number.
func (b *Builder) Store(put Put, prefix []byte, id uint32) (Segment, error) {
	w := writer{put: put, prefix: prefix, id: id}
	var ords []uint32
	for f := range fields {
		terms := make([]string, 0, len(b.terms[f]))
		for t := range b.terms[f] {
			terms = append(terms, t)
		}
		slices.Sort(terms)
		for _, t := range terms {
			ords = b.lists[f][b.terms[f][t]].append(ords[:0])
			if err := w.add(f, []byte(t), ords); err != nil {
				return Segment{}, err
			}
		}
	}
	return w.finish(&b.docs)
}

// append appends the ordinals.
func (l *growing) append(dst []uint32) []uint32 {
	o := l.first
	dst = append(dst, o)
	for p := l.more; len(p) > 0; {
		d, n := binary.Uvarint(p)
		o, p = o+uint32(d), p[n:]
		dst = append(dst, o)
	}
	return dst
}
