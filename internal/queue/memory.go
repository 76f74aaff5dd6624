package queue

// memory keeps fresh entries as Add got them, with their digest, so that the
// ordinary way of a message never reads back what was just written. It holds
// at most MaxRemembered entries and MaxRememberedBytes; entries that do not
// fit are read when they are due.
type memory struct {
	entries map[ID]*Entry
	bytes   int
}

func (m *memory) keep(e *Entry) {
	size := e.footprint()
	if len(m.entries) >= MaxRemembered || m.bytes+size > MaxRememberedBytes {
		return
	}
	if m.entries == nil {
		m.entries = make(map[ID]*Entry)
	}
	m.entries[e.ID] = e
	m.bytes += size
}

// take returns the entry and forgets it; nil when it is not kept.
func (m *memory) take(id ID) *Entry {
	e := m.entries[id]
	if e != nil {
		delete(m.entries, id)
		m.bytes -= e.footprint()
	}
	return e
}

// footprint is about how much memory an entry keeps.
func (e *Entry) footprint() int {
	const entry, rcpt = 768, 256
	n := entry + rcpt*len(e.Rcpts) + len(e.Header)
	if d := e.Digest; d != nil {
		n += len(d.Envelope) + len(d.BodyStructure) + len(d.Parts) + len(d.Header)
	}
	return n
}
