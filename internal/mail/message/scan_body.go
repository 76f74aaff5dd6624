package message

import "bytes"

// body passes over a body up to the next boundary, or the end of p.
func (s *scan) body(p []byte) []byte {
	if !s.tree.bounded() {
		s.advance(p, bytes.Count(p, lineFeed))
		return nil
	}
	feeds := 0
	atLine := s.lineStart
	for i := 0; i < len(p); {
		if atLine && p[i] == '-' {
			head := s.head(p[i:])
			if head == nil {
				s.advance(p[:i], feeds)
				return nil
			}
			if b, ok := s.tree.match(head); ok {
				s.advance(p[:i], feeds)
				s.boundary(b, head)
				return p[i+len(head):]
			}
		}
		j := bytes.IndexByte(p[i:], '\n')
		if j < 0 {
			break
		}
		i += j + 1
		feeds++
		atLine = true
	}
	s.advance(p, feeds)
	return nil
}

var lineFeed = []byte{'\n'}

// boundary ends the parts before a boundary line.
func (s *scan) boundary(b boundaryMatch, head []byte) {
	end, lines := s.off, s.lines
	switch {
	case s.gaveBack:
		s.tree.closeEmpty(b, s.bodyStart, s.lines-1)
	case end > s.bodyStart:
		end -= s.newline
		lines--
	}
	s.gaveBack = false
	s.tree.closeTo(b, end, lines)
	s.place = inBoundary
	s.advanceLine(head)
	if s.lineStart {
		s.afterBoundary()
	}
}

// afterBoundary begins what follows a boundary line: a part, or the text after
// the last part.
func (s *scan) afterBoundary() {
	if s.tree.expectsPart() {
		s.beginHeader(partHeader, s.off)
		return
	}
	s.place, s.bodyStart = inBody, s.off
}
