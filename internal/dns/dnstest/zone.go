package dnstest

import (
	"fmt"
	"strings"

	wire "github.com/miekg/dns"
)

// maxAliases is how many CNAMEs the server follows for one question.
const maxAliases = 16

// zone holds records by name, in lower case with the final dot.
type zone struct {
	records map[string][]wire.RR
	exists  map[string]bool // names with records and all names above them
	ttl     uint32          // of negative answers
}

func parseZone(text string) (zone, error) {
	z := zone{records: make(map[string][]wire.RR), exists: make(map[string]bool), ttl: DefaultTTL}
	p := wire.NewZoneParser(strings.NewReader(unindent(text)), ".", "zone")
	p.SetDefaultTTL(DefaultTTL)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name := strings.ToLower(rr.Header().Name)
		z.records[name] = append(z.records[name], rr)
		z.ttl = min(z.ttl, rr.Header().Ttl)
		for name != "." {
			z.exists[name] = true
			name = parent(name)
		}
	}
	if err := p.Err(); err != nil {
		return zone{}, fmt.Errorf("dnstest: %w", err)
	}
	return z, nil
}

// unindent lets a zone text be indented with the test around it: in a zone
// file a blank at the start of a line means "same name as above".
func unindent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, " \t"))
	}
	return b.String()
}

func parent(name string) string {
	if i, end := wire.NextLabel(name, 0); !end {
		return name[i:]
	}
	return "."
}

// answer fills in the answer to the question of m, and the response code.
func (z zone) answer(m *wire.Msg) {
	q := m.Question[0]
	name := strings.ToLower(q.Name)
	for range maxAliases {
		alias := ""
		for _, rr := range z.at(name) {
			switch c, isAlias := rr.(*wire.CNAME); {
			case rr.Header().Rrtype == q.Qtype:
				m.Answer = append(m.Answer, rr)
			case isAlias:
				m.Answer = append(m.Answer, rr)
				alias = strings.ToLower(c.Target)
			}
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if n := len(m.Answer); n > 0 && m.Answer[n-1].Header().Rrtype == q.Qtype {
		return
	}
	if len(z.at(name)) == 0 && !z.exists[name] {
		m.Rcode = wire.RcodeNameError
	}
	m.Ns = append(m.Ns, &wire.SOA{
		Hdr: wire.RR_Header{Name: ".", Rrtype: wire.TypeSOA, Class: wire.ClassINET, Ttl: z.ttl},
		Ns:  "ns.", Mbox: "hostmaster.", Minttl: z.ttl,
	})
}

// at returns the records of a name, made from a wildcard if need be.
func (z zone) at(name string) []wire.RR {
	if z.exists[name] {
		return z.records[name]
	}
	for up := parent(name); up != "."; up = parent(up) {
		var made []wire.RR
		for _, rr := range z.records["*."+up] {
			rr = wire.Copy(rr)
			rr.Header().Name = name
			made = append(made, rr)
		}
		if len(made) > 0 {
			return made
		}
	}
	return nil
}
