package dns

import (
	"strings"
	"time"

	wire "github.com/miekg/dns"
)

// Limits of an answer.
const (
	maxRecords = 200 // records of one answer that are looked at
	maxAliases = 8   // CNAMEs that are followed from one name
)

// question is what is asked and remembered: a name in lower case with its
// final dot, and a type.
type question struct {
	name string
	typ  uint16
}

// answer is what the DNS said to a question: records, or that there are none.
// It is immutable.
type answer struct {
	records []wire.RR
	err     error // nil, ErrNXDomain or ErrNoData
	expires time.Time
	bytes   int
}

func (a *answer) size() int { return a.bytes + entryOverhead }

// behind is the answer as seen through an alias that expires earlier or later.
func (a *answer) behind(alias time.Time) *answer {
	if a.expires.Before(alias) {
		return a
	}
	b := *a
	b.expires = alias
	return &b
}

// read takes from a response what belongs to the question: the records at the
// end of the chain of aliases that begins with its name. Records of other
// names are ignored, whatever they say. When the chain leads out of the
// response, the answer is nil and next is the name to ask for instead; alias
// is when the chain so far expires.
func read(q question, m *wire.Msg, now time.Time) (a *answer, next string, alias time.Time) {
	records := m.Answer[:min(len(m.Answer), maxRecords)]
	name, alias := q.name, now.Add(maxTTL)
	for range maxAliases {
		found, target, ttl := pick(records, question{name, q.typ})
		expires := earlier(alias, now.Add(ttl))
		switch {
		case len(found.records) > 0:
			found.expires = expires
			return found, "", alias
		case target != "":
			name, alias = target, expires
		case name != q.name && !certain(m):
			return nil, name, alias
		default:
			return none(m, now).behind(alias), "", alias
		}
	}
	// A circle, or a chain as long as one: it leads nowhere.
	return &answer{err: ErrNoData, expires: now}, "", alias
}

// pick finds the records of a question among others, and where an alias of its
// name leads. ttl is the shortest life of what it found.
func pick(records []wire.RR, q question) (a *answer, target string, ttl time.Duration) {
	a, ttl = &answer{}, maxTTL
	for _, rr := range records {
		h := rr.Header()
		if h.Class != wire.ClassINET || !strings.EqualFold(h.Name, q.name) {
			continue
		}
		if h.Rrtype == q.typ {
			a.records = append(a.records, rr)
			a.bytes += wire.Len(rr)
		} else if c, ok := rr.(*wire.CNAME); ok {
			target = strings.ToLower(c.Target)
		} else {
			continue
		}
		ttl = min(ttl, time.Duration(h.Ttl)*time.Second)
	}
	return a, target, ttl
}

// certain reports whether a response without the records asked for says that
// there are none (RFC 2308 2), rather than only not having looked.
func certain(m *wire.Msg) bool {
	return m.Rcode == wire.RcodeNameError || authority(m) != nil
}

// none is the negative answer that a response without records gives.
func none(m *wire.Msg, now time.Time) *answer {
	a := &answer{err: ErrNoData, expires: now}
	if m.Rcode == wire.RcodeNameError {
		a.err = ErrNXDomain
	}
	if s := authority(m); s != nil {
		// RFC 2308 5: the lesser of the SOA's own TTL and its last field.
		ttl := time.Duration(min(s.Hdr.Ttl, s.Minttl)) * time.Second
		a.expires = now.Add(min(ttl, maxNegative))
	}
	return a
}

func authority(m *wire.Msg) *wire.SOA {
	for _, rr := range m.Ns[:min(len(m.Ns), maxRecords)] {
		if s, ok := rr.(*wire.SOA); ok {
			return s
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
