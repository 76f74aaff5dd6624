package message

import (
	"bytes"
	"encoding/binary"
)

// tree follows the parts that are open, from the message down to the innermost
// one, and writes the table of parts (its form is in parts.go).
type tree struct {
	open   []openPart
	bounds []boundary // of the open multiparts, innermost last
	table  []byte
	count  int  // parts begun
	full   bool // no more parts are begun: a limit is reached

	charset []byte // of the leaf
}

// openPart is a part that has not ended.
type openPart struct {
	kind      PartKind
	tag       byte
	digest    bool
	header    int64 // octets of the header
	gap       int64 // octets between the part before and this one
	bodyStart int64
	next      int64 // where the next child's gap counts from
	lines     int64 // line feeds before the body
	numbers   int   // where in the table a container's numbers go
}

// boundary is what separates the parts of an open multipart.
type boundary struct {
	owner int // index in open
	size  int
	text  [MaxBoundary]byte
}

// boundaryMatch is a boundary that was met.
type boundaryMatch struct {
	level int // index in bounds
	last  bool
}

func (t *tree) reset() {
	t.open, t.bounds = t.open[:0], t.bounds[:0]
	t.table = append(t.table[:0], partsVersion)
	t.count, t.full = 0, false
}

// surroundings tells of the place where the next part is going to be.
func (t *tree) surroundings() surroundings {
	at := surroundings{canNest: len(t.open)+1 < MaxDepth && t.count+1 < MaxParts && !t.full}
	if n := len(t.open); n > 0 {
		at.inMultipart = t.open[n-1].kind == Multipart
		at.inDigest = t.open[n-1].digest
	}
	return at
}

// expect makes the boundary of the part that begins next known.
func (t *tree) expect(c *content) {
	if c.kind != Multipart || !c.hasBoundary {
		return
	}
	b := boundary{owner: len(t.open)}
	b.size = copy(b.text[:], c.boundary)
	t.bounds = append(t.bounds, b)
}

// isOwn reports whether a boundary is that of the part that begins next.
func (t *tree) isOwn(b boundaryMatch) bool { return t.bounds[b.level].owner == len(t.open) }

// begin opens a part whose header is read.
func (t *tree) begin(headerStart, bodyStart, lines int64, c *content) {
	p := openPart{
		kind: c.kind, tag: c.tag(), digest: c.digest,
		header: bodyStart - headerStart, gap: headerStart,
		bodyStart: bodyStart, next: bodyStart, lines: lines,
	}
	if n := len(t.open); n > 0 {
		p.gap = headerStart - t.open[n-1].next
	}
	if c.kind == Leaf {
		t.charset = c.charset
	} else {
		t.table = reserve(t.table, partReserve)
		t.startRecord(&p)
		p.numbers = len(t.table)
		t.table = append(t.table, make([]byte, containerSize)...)
	}
	t.open = append(t.open, p)
	t.count++
}

func (c *content) tag() byte {
	tag := byte(c.kind) | byte(c.encoding)<<tagEncoding
	if c.text {
		tag |= tagText
	}
	if c.readable {
		tag |= tagReadable
	}
	if c.attached {
		tag |= tagAttached
	}
	return tag
}

func (t *tree) startRecord(p *openPart) {
	t.table = append(t.table, p.tag)
	t.table = binary.AppendUvarint(t.table, uint64(p.gap))
	t.table = binary.AppendUvarint(t.table, uint64(p.header))
}

// closeTop ends the innermost part. lines counts the line feeds before end.
func (t *tree) closeTop(end, lines int64) {
	n := len(t.open) - 1
	p := &t.open[n]
	if p.kind == Leaf {
		t.table = reserve(t.table, partReserve)
		t.startRecord(p)
		t.table = binary.AppendUvarint(t.table, uint64(end-p.bodyStart))
		t.table = binary.AppendUvarint(t.table, uint64(lines-p.lines))
		if p.tag&tagReadable != 0 {
			t.table = appendCharset(t.table, t.charset)
		}
	} else {
		numbers := t.table[p.numbers:]
		putContainer(numbers, lines-p.lines, end-p.bodyStart, len(numbers)-containerSize)
	}
	t.open = t.open[:n]
	if n > 0 {
		t.open[n-1].next = end
	}
}

// closeEmpty ends the parts inside that multipart whose bodies begin and end at
// the same place.
func (t *tree) closeEmpty(b boundaryMatch, at, lines int64) {
	for n := len(t.open) - 1; n > t.bounds[b.level].owner && t.open[n].bodyStart == at; n-- {
		t.closeTop(at, lines)
	}
}

// closeTo ends the parts inside the multipart whose boundary was met. Behind its
// last boundary the multipart stays open, without one.
func (t *tree) closeTo(b boundaryMatch, end, lines int64) {
	for len(t.open)-1 > t.bounds[b.level].owner {
		t.closeTop(end, lines)
	}
	t.bounds = t.bounds[:b.level+1]
	if b.last {
		t.bounds = t.bounds[:b.level]
	}
}

// closeAll ends the message.
func (t *tree) closeAll(end, lines int64) {
	for len(t.open) > 0 {
		t.closeTop(end, lines)
	}
}

// bounded reports whether a boundary may come.
func (t *tree) bounded() bool { return len(t.bounds) > 0 && !t.full }

// expectsPart reports whether the boundary just met begins a part.
func (t *tree) expectsPart() bool {
	n := len(t.bounds)
	return n > 0 && t.bounds[n-1].owner == len(t.open)-1
}

// match finds the boundary that a line is, given its head. A line is a boundary
// if it begins like one (RFC 2046 5.1.1 allows blanks behind it, and more stands
// there in the wild). Where several match, the longest is meant; of equal ones
// the innermost.
func (t *tree) match(head []byte) (m boundaryMatch, ok bool) {
	if !t.bounded() || len(head) < 2 || head[0] != '-' || head[1] != '-' {
		return m, false
	}
	line := trimLineBreak(head[2:])
	best := -1
	for i := len(t.bounds) - 1; i >= 0; i-- {
		b := &t.bounds[i]
		if b.size > best && bytes.HasPrefix(line, b.text[:b.size]) {
			best, m.level = b.size, i
			if b.ends(line) {
				break
			}
		}
	}
	if best < 0 {
		return m, false
	}
	m.last = bytes.HasPrefix(line[best:], []byte("--"))
	return m, true
}

// ends reports whether nothing follows the boundary on its line but the mark of
// the last one. "--b--" is the end of b rather than a part of "b--".
func (b *boundary) ends(line []byte) bool {
	rest := line[b.size:]
	return len(rest) == 0 || b.size > 0 && string(rest) == "--"
}

// reserve makes room for n more octets, in steps that waste little of a large
// buffer.
func reserve(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	grown := make([]byte, len(b), len(b)+n+min(len(b), growthStep))
	copy(grown, b)
	return grown
}
