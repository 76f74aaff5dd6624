package imap

import "tram/internal/access/imap/thread"

// thread = "THREAD" SP thread-alg SP charset 1*(SP search-key) (RFC 5256)
func (s *session) thread() (string, error) { return s.threadMessages(false) }

// uidThread = "UID" SP thread
func (s *session) uidThread() (string, error) { return s.threadMessages(true) }

func (s *session) threadMessages(byUID bool) (string, error) {
	d := s.dec
	p := s.newKeyParser()
	var algorithm string
	if !d.ExpectSP() || !d.ExpectKeyword(&algorithm) || !d.ExpectSP() || !p.charsetName() || !d.ExpectSP() {
		return "", p.failure()
	}
	if algorithm != "REFERENCES" && algorithm != "ORDEREDSUBJECT" {
		return "", bad("Unknown thread algorithm")
	}
	prog, ok := p.program()
	if !ok || !d.ExpectCRLF() {
		return "", p.failure()
	}
	in := s.sel.target()
	found, err := s.find(prog, prog.bind(in), in)
	if err != nil {
		return "", err
	}
	msgs, err := s.threadKeys(found.indexes, byUID)
	if err != nil {
		return "", err
	}
	build := thread.OrderedSubject
	if algorithm == "REFERENCES" {
		build = thread.References
	}
	s.enc.Raw("* THREAD")
	if len(msgs) > 0 {
		s.enc.Byte(' ')
		s.enc.RawBytes(build(msgs).Append(nil))
	}
	s.enc.CRLF()
	return "Thread completed", nil
}

// threadKeys gathers what threading has to know of messages.
func (s *session) threadKeys(found []uint32, byUID bool) ([]thread.Message, error) {
	if len(found) == 0 {
		return nil, nil
	}
	cols, err := s.columns(keyDate, keySubject, keyThread)
	if err != nil {
		return nil, err
	}
	view := s.sel.view
	r := searchResult{s: s, in: s.sel.target(), byUID: byUID}
	msgs := make([]thread.Message, len(found))
	dates, subjects, threads := cols[keyDate], cols[keySubject], cols[keyThread]
	for i, p := range positions(dates, view, found) {
		msgs[i].Number = r.number(found[i])
		if p >= 0 {
			msgs[i].Date = dates.numbers[p]
		}
	}
	for i, p := range positions(subjects, view, found) {
		if p >= 0 {
			msgs[i].Subject, msgs[i].Reply = subjects.strings[p], subjects.numbers[p] != 0
		}
	}
	for i, p := range positions(threads, view, found) {
		if p >= 0 {
			msgs[i].ID, msgs[i].Refs = threads.ids[p], threads.refsOf(int(p))
		}
	}
	return msgs, nil
}
