package message

// beginHeader expects a header next.
func (s *scan) beginHeader(role headerRole, start int64) {
	s.place = inHeader
	s.headerStart, s.headerLines = start, 0
	s.header.reset(role)
}

// headerLine reads the beginning of a line in a header.
func (s *scan) headerLine(p []byte) []byte {
	head := s.head(p)
	if head == nil {
		return nil
	}
	if n := emptyLine(head); n > 0 {
		s.advanceLine(head)
		s.endHeader(s.off, head)
		return p[n:]
	}
	if _, ok := s.tree.match(head); ok {
		s.interruptHeader()
		return p // the boundary is the body's to read
	}
	if isBlank(head[0]) {
		s.header.more(head)
	} else {
		s.header.begin(head)
	}
	s.headerLines++
	s.advanceLine(head)
	return p[len(head):]
}

// interruptHeader ends a header at the boundary that follows. The line break
// before a boundary belongs to it (RFC 2046 5.1.1), even here.
func (s *scan) interruptHeader() {
	end := s.headerStart
	if s.headerLines > 0 {
		end = s.off - s.newline
	}
	s.endHeader(end, nil)
}

// endHeader opens the part whose header is complete. Its body begins at start,
// after emptyLine.
func (s *scan) endHeader(start int64, emptyLine []byte) {
	c := s.content.read(&s.header, s.tree.surroundings(), s.room())
	if s.header.role == topHeader {
		s.keepTop(start, emptyLine)
	}
	lines := s.lines
	if start < s.off {
		lines-- // of the line break given back to the boundary
	}
	s.tree.begin(s.headerStart, start, lines, c)
	s.tree.full = s.tree.count >= MaxParts || s.room() <= 0
	s.place, s.bodyStart = inBody, start
	if c.kind == Embedded {
		s.beginHeader(messageHeader, start)
	}
}

// keepTop keeps what the digest says about the message's own header.
func (s *scan) keepTop(size int64, emptyLine []byte) {
	t := &s.top
	t.size = size
	s.content.text = s.content.envelopes.append(s.content.text[:0], &s.header, MaxEnvelope)
	t.envelope = append(t.envelope, s.content.text...)
	s.content.text = trimmed(s.content.text)
	if date := s.header.last(fieldDate); date != nil {
		t.sentDate, _ = ParseDate(date)
	}
	t.cached = s.header.cachedLines(emptyLine)
	s.header.raw = trimmed(s.header.raw)
}

// room is how much more the tables may grow, in octets.
func (s *scan) room() int {
	return MaxTables - len(s.tree.table) - len(s.content.log.bytes) - partReserve
}
