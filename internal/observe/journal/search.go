package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// maxLine bounds a line that is read; longer ones are passed over.
	maxLine = 256 << 10
	// MaxMessages bounds the messages, and the refusals, of an answer: the last
	// ones are shown.
	MaxMessages = 1000
	// DefaultLimit is the limit of a query for an address that names none.
	DefaultLimit = 50
)

// Query says which events are wanted: those of one message with everything
// that was made from it, or those of all messages from or to an address.
type Query struct {
	ID      string    // of a queue entry, or
	Address string    // envelope sender or recipient, or "@domain"
	Since   time.Time // zero: all that is kept
	Limit   int       // messages, the last ones; 0 = [DefaultLimit], at most [MaxMessages]
}

// Links between messages: what was forwarded, and what a notification is about.
var links = []string{"forwarded_as", "bounce_of", "report_of"}

// Search calls emit for the wanted events, message by message in the order in
// which they began, and the events of one in the order of time.
func Search(ctx context.Context, dir string, q Query, emit func(Event) error) error {
	s := &search{ctx: ctx, dir: dir, q: q, wanted: make(map[string]bool)}
	if err := s.find(); err != nil {
		return err
	}
	if err := s.collect(); err != nil {
		return err
	}
	for _, id := range s.order {
		for _, e := range s.events[id] {
			if err := emit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// search is the state of one. It reads the pages twice or more: to find out
// which messages are meant, and to collect their events.
type search struct {
	ctx context.Context
	dir string
	q   Query

	wanted  map[string]bool
	last    []string // wanted, in the order in which they were found
	refused []Event
	order   []string // of events; "" stands for refusals
	events  map[string][]Event
}

// find fills wanted.
func (s *search) find() error {
	if s.q.ID == "" {
		return s.findAddress()
	}
	s.want(s.q.ID)
	// What was made before is named later: once more for each generation.
	for before := 0; before < len(s.wanted); {
		before = len(s.wanted)
		if err := s.each(s.namesWanted, s.related); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) findAddress() error {
	text := bytes.ToLower([]byte(strings.Trim(s.q.Address, "<>")))
	var lower []byte
	worth := func(line []byte) bool {
		lower = append(lower[:0], line...)
		for i, c := range lower {
			if 'A' <= c && c <= 'Z' {
				lower[i] = c + 'a' - 'A'
			}
		}
		return bytes.Contains(lower, text)
	}
	if err := s.each(worth, s.concerned); err != nil {
		return err
	}
	limit := min(s.q.Limit, MaxMessages)
	if limit <= 0 {
		limit = DefaultLimit
	}
	for _, id := range s.last[:max(0, len(s.last)-limit)] {
		delete(s.wanted, id)
	}
	s.refused = s.refused[max(0, len(s.refused)-limit):]
	return nil
}

func (s *search) want(id string) {
	if id == "" || s.wanted[id] {
		return
	}
	s.wanted[id] = true
	if s.last = append(s.last, id); len(s.last) > MaxMessages {
		delete(s.wanted, s.last[0])
		s.last = s.last[1:]
	}
}

// namesWanted reports whether a line holds the id of a wanted message.
func (s *search) namesWanted(line []byte) bool {
	for id := range s.wanted {
		if bytes.Contains(line, []byte(id)) {
			return true
		}
	}
	return false
}

// related takes in messages that were made from wanted ones, or that wanted
// ones were made from.
func (s *search) related(e Event) {
	for _, key := range links {
		for other := range strings.FieldsSeq(e.Fields[key]) {
			if s.wanted[other] || s.wanted[e.ID] {
				s.want(other)
				s.want(e.ID)
			}
		}
	}
}

// concerned takes in messages from and to the address.
func (s *search) concerned(e Event) {
	if !slices.ContainsFunc(addressKeys, func(key string) bool { return matches(e.Fields[key], s.q.Address) }) {
		return
	}
	if e.ID != "" {
		s.want(e.ID)
		return
	}
	if s.refused = append(s.refused, e); len(s.refused) > MaxMessages {
		s.refused = s.refused[1:]
	}
}

// addressKeys are the attributes that hold an address of the envelope.
var addressKeys = []string{"from", "to", "user", "mailbox", "address"}

// matches compares a path ("<an@example.org>") or address with the wanted one.
func matches(value, wanted string) bool {
	value, wanted = strings.Trim(value, "<>"), strings.Trim(wanted, "<>")
	if strings.HasPrefix(wanted, "@") {
		at := strings.LastIndexByte(value, '@')
		return at >= 0 && strings.EqualFold(value[at:], wanted)
	}
	return wanted != "" && strings.EqualFold(value, wanted)
}

// collect reads the events of what is wanted.
func (s *search) collect() error {
	s.events = make(map[string][]Event)
	if len(s.refused) > 0 {
		s.order, s.events[""] = append(s.order, ""), s.refused
	}
	if len(s.wanted) == 0 {
		return nil
	}
	return s.each(func(line []byte) bool { return s.wanted[idOf(line)] }, func(e Event) {
		if s.events[e.ID] == nil {
			s.order = append(s.order, e.ID)
		}
		s.events[e.ID] = append(s.events[e.ID], e)
	})
}

// each calls fn for the events since the beginning of the query whose lines
// are worth parsing, which is the costly part.
func (s *search) each(worth func(line []byte) bool, fn func(Event)) error {
	all, err := pages(s.dir)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.day.Add(24 * time.Hour).Before(s.q.Since) {
			continue
		}
		if err := s.read(p, worth, fn); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) read(p page, worth func(line []byte) bool, fn func(Event)) error {
	f, err := p.open()
	if errors.Is(err, os.ErrNotExist) { // packed or deleted just now
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, maxLine)
	for n := 0; ; n++ {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue // the rest of it is no event either
		case err == io.EOF || err == io.ErrUnexpectedEOF: // what is cut is no event
			return nil
		case err != nil:
			return err
		case n%1024 == 0 && s.ctx.Err() != nil:
			return s.ctx.Err()
		}
		if !worth(line) {
			continue
		}
		if e, ok := parse(line); ok && !e.Time.Before(s.q.Since) {
			fn(e)
		}
	}
}

// idOf is the id of a line without parsing it, "" when there is none. Texts in
// a line hold no bare quotes, so the key is found nowhere else.
func idOf(line []byte) string {
	const key = `,"id":"`
	_, rest, ok := bytes.Cut(line, []byte(key))
	if !ok {
		return ""
	}
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}
