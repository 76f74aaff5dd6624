package message

// beginHeader expects a header next.
func (s *scan) beginHeader(role headerRole, start int64) {
	s.place = inHeader
	s.headerStart, s.headerLines, s.headerRead = start, 0, false
	s.header.reset(role)
}

// headerLine reads the beginning of a line in a header, or of the line behind
// its empty line.
func (s *scan) headerLine(p []byte) []byte {
	head := s.head(p)
	if head == nil {
		return nil
	}
	boundary, isBoundary := s.tree.match(head)
	switch {
	case s.headerRead && isBoundary && !s.tree.isOwn(boundary):
		s.beginBody(s.off - s.newline)
		return p
	case s.headerRead:
		s.beginBody(s.off)
		return p
	case isBoundary:
		s.interruptHeader()
		return p // the boundary is the body's to read
	case emptyLine(head) > 0:
		s.advanceLine(head)
		s.readHeader(head)
		return p[len(head):]
	case isBlank(head[0]):
		s.header.more(head)
	default:
		s.header.begin(head)
	}
	s.headerLines++
	s.advanceLine(head)
	return p[len(head):]
}

// readHeader reads the header that ended here, with its empty line or without.
// The body begins here too, unless a boundary could follow at once.
func (s *scan) readHeader(emptyLine []byte) {
	s.part = s.content.read(&s.header, s.tree.surroundings(), s.room())
	if s.header.role == topHeader {
		s.keepTop(emptyLine)
	}
	if emptyLine == nil {
		s.part.hasBoundary = false // its parts would come behind the empty line
		return
	}
	// From here on its own boundary is known: a line that it matches better
	// than an outer one is not the end of the part.
	s.tree.expect(&s.part)
	s.headerRead = true
	if !s.tree.bounded() {
		s.beginBody(s.off)
	}
}

// interruptHeader ends a header without an empty line at a boundary.
func (s *scan) interruptHeader() {
	s.readHeader(nil)
	if s.headerLines > 0 {
		s.beginBody(s.off - s.newline)
		return
	}
	s.beginBody(s.headerStart)
}

// beginBody opens the part whose header is read. Its body begins at start: here,
// or before the line break that was read last. For that belongs to the boundary
// that follows (RFC 2046 5.1.1), even if it ended the header.
func (s *scan) beginBody(start int64) {
	lines := s.lines
	if s.gaveBack = start < s.off; s.gaveBack {
		lines--
	}
	s.tree.begin(s.headerStart, start, lines, &s.part)
	s.tree.full = s.tree.count >= MaxParts || s.room() <= 0
	s.place, s.bodyStart = inBody, start
	if s.part.kind == Embedded {
		s.beginHeader(messageHeader, start)
	}
}

// keepTop keeps what the digest says about the message's own header.
func (s *scan) keepTop(emptyLine []byte) {
	t := &s.top
	t.size = s.off
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
