package textindex

import "tram/internal/mail/fold"

// Builder collects the terms of messages, in ascending order of UIDs, for one
// segment. The zero value is ready.
type Builder struct {
	words fold.Words
	into  Scope // where words are from

	docs  documents
	n     uint32 // messages; the ordinal of the last one is one less
	terms [fields]dictionary
}

// Reset forgets everything and keeps the memory.
func (b *Builder) Reset() {
	b.docs, b.n = documents{}, 0
	for f := range b.terms {
		b.terms[f].reset()
	}
}

// Size is the memory that the builder holds, in bytes, about.
func (b *Builder) Size() (size int) {
	for f := range b.terms {
		size += b.terms[f].size
	}
	return size
}

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
	b.terms[fieldOf(b.into, marked)].add(term, b.n-1)
}

// Store writes the segment with a number.
func (b *Builder) Store(put Put, prefix []byte, id uint32) (Segment, error) {
	w := writer{put: put, prefix: prefix, id: id}
	var ords []uint32
	for f := range fields {
		d := &b.terms[f]
		for i := range d.sorted() {
			e := &d.entries[i]
			ords = e.ordinals(ords[:0])
			if err := w.add(f, d.term(e), ords); err != nil {
				return Segment{}, err
			}
		}
	}
	return w.finish(&b.docs)
}
