package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tram/internal/mail/address"
)

// Filter chooses entries: those that fit everything that is said. The zero
// value chooses all.
//
// A text chooses what contains it, in any case; with a * it is a pattern for
// the whole, where each * stands for any characters.
type Filter struct {
	IDs []ID // only these

	Sender    string // the sender's address; "<>" is the null sender
	Recipient string // the address of a waiting recipient
	Domain    string // the domain of the same recipient, whole; ".example.org" and "*.example.org" are its subdomains
	Reply     string // the last reply to the same recipient

	OlderThan   time.Duration // received longer ago than this
	YoungerThan time.Duration // received less long ago than this
	LargerThan  int64         // octets, with the header lines that we add
	States      []State       // in one of these

	After ID  // List: only later IDs, the last one of the page before
	Limit int // List: entries a page; default and most 1000. Select: entries in all; 0 = no limit
}

// Only chooses single entries.
func Only(ids ...ID) Filter { return Filter{IDs: ids} }

// isNamed reports that f names entries and asks nothing else of them.
func (f *Filter) isNamed() bool {
	return len(f.IDs) > 0 && f.Sender == "" && f.Recipient == "" && f.Domain == "" && f.Reply == "" &&
		f.OlderThan == 0 && f.YoungerThan == 0 && f.LargerThan == 0 && len(f.States) == 0
}

// matcher is a filter that is ready for use.
type matcher struct {
	ids              map[ID]bool // nil: all
	null             bool        // the null sender
	sender, rcpt     pattern
	domain, reply    pattern
	before, since    time.Time // received; zero: whenever
	larger           int64
	states           []State
	byRcpt, byRecord bool // there is a question about recipients; about the record at all
}

func (f *Filter) compile() (*matcher, error) {
	domain, err := domainPattern(f.Domain)
	if err != nil {
		return nil, err
	}
	m := &matcher{
		null: f.Sender == "<>", rcpt: textPattern(f.Recipient), reply: textPattern(f.Reply),
		domain: domain, larger: f.LargerThan, states: f.States,
		byRcpt: f.Recipient != "" || f.Domain != "" || f.Reply != "",
	}
	m.byRecord = m.byRcpt || f.Sender != "" || f.OlderThan != 0 || f.YoungerThan != 0 || f.LargerThan != 0
	if !m.null {
		m.sender = textPattern(f.Sender)
	}
	now := time.Now()
	if f.OlderThan != 0 {
		m.before = now.Add(-f.OlderThan)
	}
	if f.YoungerThan != 0 {
		m.since = now.Add(-f.YoungerThan)
	}
	if len(f.IDs) > 0 {
		m.ids = make(map[ID]bool, len(f.IDs))
		for _, id := range f.IDs {
			m.ids[id] = true
		}
	}
	return m, nil
}

func (m *matcher) choosesState(s State) bool {
	return len(m.states) == 0 || slices.Contains(m.states, s)
}

// chooses decides about an entry whose record could be read.
func (m *matcher) chooses(e *Entry) bool {
	switch {
	case !m.before.IsZero() && !e.Received.Before(m.before),
		!m.since.IsZero() && e.Received.Before(m.since),
		m.larger > 0 && e.Size+int64(len(e.Header)) <= m.larger,
		m.null && !e.Sender.IsNull(),
		!m.sender.matches(e.Sender.String()):
		return false
	}
	return !m.byRcpt || slices.ContainsFunc(e.Rcpts, m.choosesRcpt)
}

func (m *matcher) choosesRcpt(r Rcpt) bool {
	return m.rcpt.matches(r.To.String()) && m.domain.matches(r.To.ASCII()) && m.reply.matches(r.LastReply)
}

// pattern is what a text is held against; the zero value fits all.
type pattern struct {
	parts []string // lower case; between them is anything
	whole bool     // the first part begins the text and the last one ends it
}

func textPattern(s string) pattern {
	if s == "" {
		return pattern{}
	}
	return pattern{parts: strings.Split(strings.ToLower(s), "*"), whole: strings.Contains(s, "*")}
}

// domainPattern reads the domain of a filter, in A-labels like the domains that
// it is held against.
func domainPattern(s string) (pattern, error) {
	if s == "" || s == "*" {
		return pattern{}, nil
	}
	front, name := "", s
	for _, prefix := range []string{"*.", "."} {
		if strings.HasPrefix(s, prefix) {
			front, name = "*.", s[len(prefix):]
			break
		}
	}
	if strings.Contains(name, "*") {
		return textPattern(front + name), nil // nobody's domain, only a text
	}
	d, err := address.ParseDomain(name)
	if err != nil {
		return pattern{}, fmt.Errorf("%w: domain %q: %w", ErrBadFilter, s, err)
	}
	p := textPattern(front + address.Address{Domain: d}.ASCII())
	p.whole = true
	return p, nil
}

func (p pattern) matches(s string) bool {
	if len(p.parts) == 0 {
		return true
	}
	s = strings.ToLower(s)
	if !p.whole {
		return strings.Contains(s, p.parts[0])
	}
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		return s == first
	}
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return strings.HasSuffix(s, last)
}
