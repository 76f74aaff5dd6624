// Package textindex is the inverted index behind SEARCH TEXT and BODY: which
// messages of a mailbox have a term (see package fold) that contains, begins
// with, ends with or is a given text.
//
// # What it is made of
//
// The index of a mailbox is a row of segments. A segment covers some messages,
// is never changed, and is replaced together with its neighbours by one larger
// segment now and then, so that a search looks at few. Segments cover ascending
// UIDs. What is expunged stays in its segment until that is merged: a search
// asks which messages of a view match, so what is not in the view does not
// matter.
//
// Within a segment each field (header or body, each bare and marked) has a
// vocabulary, sorted, in blocks, and the postings of each block in a record of
// their own. A substring is looked for with one pass over the vocabularies,
// which are small beside the texts, and the postings of the few blocks that
// have it.
//
// # Records
//
// All keys begin with a prefix that the caller gives, one a mailbox:
//
//	<prefix> 0                      state: what is covered, the list of segments
//	<prefix> 1 <segment>            documents: the UIDs of the segment
//	<prefix> 2 <segment> <field> <n>   block n of a vocabulary
//	<prefix> 3 <segment> <field> <n>   its postings
//
// A record begins with a version byte. A vocabulary block is its terms, each
// behind a newline, and a newline; a term has none. A block of postings has for
// each term the length of its list times two (plus one for a bitmap) as a
// varint, then the lists: ordinals of messages within the segment, each as the
// distance from the one before, or a bitmap where that is shorter.
//
// Nothing here is the only copy of anything: any record may be lost or damaged,
// and the caller throws away the index and makes it again.
package textindex
