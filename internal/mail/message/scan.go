package message

import (
	"bytes"
	"time"
)

// scan is a scanner at work. A message is a sequence of lines, each in one of
// three places; only the first bytes of a line decide what it is.
type scan struct {
	place       place
	off         int64 // octets consumed
	lines       int64 // line feeds consumed
	lineStart   bool  // a line begins at off
	last        byte  // the octet before off
	newline     int64 // octets of the line break before off, if lineStart
	headerStart int64 // where the header began, if inHeader
	headerLines int   // its lines so far
	headerRead  bool  // its empty line was read, and what follows may be a boundary
	bodyStart   int64 // where the text between boundaries began, if inBody
	gaveBack    bool  // the body is empty, and bodyStart before the line break before off
	final       bool  // no more bytes will come

	held []byte // the beginning of a line, too short to decide on

	header  header
	content contentReader
	tree    tree
	top     topHeaderData
	part    content // of the header read last
}

// place is where in a message the scanner is.
type place uint8

const (
	inHeader place = iota
	inBody
	inBoundary // behind a boundary, on its line
)

// topHeaderData is what is kept of the message's own header.
type topHeaderData struct {
	size     int64
	envelope []byte
	cached   []byte
	sentDate time.Time
}

func (s *scan) reset() {
	s.off, s.lines, s.last, s.newline = 0, 0, 0, 0
	s.final, s.gaveBack = false, false
	s.held = s.held[:0]
	s.content.log.reset()
	s.tree.reset()
	s.top = topHeaderData{}
	s.lineStart = true
	s.beginHeader(topHeader, 0)
}

// trim lets go of buffers that a large message made large.
func (s *scan) trim() {
	s.header.raw = trimmed(s.header.raw)
	s.content.text = trimmed(s.content.text)
	s.content.log.bytes = trimmed(s.content.log.bytes)
	s.content.params.buf = trimmed(s.content.params.buf)
	s.tree.table = trimmed(s.tree.table)
	s.top = topHeaderData{}
}

func trimmed(b []byte) []byte {
	if cap(b) > pooledBuffer {
		return nil
	}
	return b[:0]
}

func (s *scan) write(p []byte) {
	if len(s.held) > 0 {
		p = s.fill(p)
	}
	s.consume(p)
}

// fill completes the held beginning of a line from p and gives the rest of p.
func (s *scan) fill(p []byte) []byte {
	n := min(headBytes-len(s.held), len(p))
	if i := bytes.IndexByte(p[:n], '\n'); i >= 0 {
		n = i + 1
	}
	s.held = append(s.held, p[:n]...)
	if head := s.held; lineHead(head) != nil {
		s.held = s.held[:0]
		s.consume(head)
	}
	return p[n:]
}

// consume goes through p. It may put a last, short line aside.
func (s *scan) consume(p []byte) {
	for len(p) > 0 {
		switch {
		case s.place == inBody:
			p = s.body(p)
		case s.lineStart && s.place == inHeader:
			p = s.headerLine(p)
		default:
			p = s.restOfLine(p)
		}
	}
}

// head gives what decides about the line that p begins with. When p is too
// short for that it is put aside, and head is nil.
func (s *scan) head(p []byte) []byte {
	head := lineHead(p)
	if head == nil {
		if s.final {
			return p
		}
		s.held = append(s.held[:0], p...)
	}
	return head
}

// lineHead gives the whole line that p begins with, or its first headBytes, or
// nil when p has neither.
func lineHead(p []byte) []byte {
	if i := bytes.IndexByte(p[:min(len(p), headBytes)], '\n'); i >= 0 {
		return p[:i+1]
	}
	if len(p) >= headBytes {
		return p[:headBytes]
	}
	return nil
}

// advance passes over bytes with that many line feeds in them.
func (s *scan) advance(p []byte, feeds int) {
	n := len(p)
	if n == 0 {
		return
	}
	s.off += int64(n)
	s.lines += int64(feeds)
	s.lineStart = p[n-1] == '\n'
	if s.lineStart {
		s.newline = 1
		if n > 1 && p[n-2] == '\r' || n == 1 && s.last == '\r' {
			s.newline = 2
		}
	}
	s.last = p[n-1]
}

// advanceLine is advance for bytes that may end with a line feed and hold none
// elsewhere.
func (s *scan) advanceLine(p []byte) {
	feeds := 0
	if p[len(p)-1] == '\n' {
		feeds = 1
	}
	s.advance(p, feeds)
}

// restOfLine passes over the rest of a line whose beginning is dealt with.
func (s *scan) restOfLine(p []byte) []byte {
	n := len(p)
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		n = i + 1
	}
	if s.place == inHeader {
		s.header.more(p[:n])
	}
	s.advanceLine(p[:n])
	if s.lineStart && s.place == inBoundary {
		s.afterBoundary()
	}
	return p[n:]
}

// finish ends the message: what is held is a line, and every part ends here.
func (s *scan) finish() *Digest {
	s.final = true
	held := s.held
	s.held = s.held[:0]
	s.consume(held)
	for s.place == inHeader {
		if !s.headerRead {
			s.readHeader(nil)
		}
		s.beginBody(s.off)
	}
	s.tree.closeAll(s.off, s.lines)
	d := &Digest{
		Size:       s.off,
		HeaderSize: s.top.size,
		Envelope:   s.top.envelope,
		Header:     s.top.cached,
		SentDate:   s.top.sentDate,
		Parts:      bytes.Clone(s.tree.table),
	}
	s.content.text = appendStructure(s.content.text[:0], s.tree.table[1:], s.content.log.bytes)
	d.BodyStructure = bytes.Clone(s.content.text)
	return d
}
