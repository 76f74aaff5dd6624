package imap

import "tram/internal/access/imap/thread"

// threadAlgorithms are those of RFC 5256, and REFS, which Dovecot and Cyrus
// have in the same form.
var threadAlgorithms = map[string]func([]thread.Message) *thread.Forest{
	"ORDEREDSUBJECT": thread.OrderedSubject,
	"REFERENCES":     thread.References,
	"REFS":           thread.Refs,
}

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
	build, ok := threadAlgorithms[algorithm]
	if !ok {
		return "", bad("Unknown thread algorithm")
	}
	prog, ok := p.program()
	if !ok || !d.ExpectCRLF() {
		return "", p.failure()
	}
	if prog.modSeq {
		s.enableCondstore()
	}
	in := s.sel.target()
	set := prog.bind(in)
	if err := s.checkSearched(prog, set, in); err != nil {
		return "", err
	}
	found, err := s.find(prog, set, in)
	if err != nil {
		return "", err
	}
	msgs, err := s.threadKeys(in, found.indexes, byUID)
	if err != nil {
		return "", err
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
func (s *session) threadKeys(in *target, found []uint32, byUID bool) ([]thread.Message, error) {
	if len(found) == 0 {
		return nil, nil
	}
	rows, err := s.keys(in, unranked, keyDates, keySubject, keyThread)
	if err != nil {
		return nil, err
	}
	msgs := make([]thread.Message, len(found))
	subjects, threads := &rows.texts[keySubject-firstText], &rows.threads
	for i, row := range rows.positions(in.view, found) {
		m := &msgs[i]
		m.Number = found[i] + 1
		if row < 0 {
			continue
		}
		m.Date = rows.date[row]
		m.Subject, m.Reply = subjects.numbers[row]>>1, subjects.numbers[row]&1 != 0
		m.ID, m.Refs = threads.ids[row], threads.refsOf(row)
	}
	if byUID {
		i := 0
		for e := range entriesAt(in.view, found) {
			msgs[i].Number = uint32(e.UID)
			i++
		}
	}
	return msgs, nil
}
