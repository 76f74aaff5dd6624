package legacy

import (
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// rewrites reads a table of addresses that become others: canonical(5),
// generic(5), genericstable.
func (m *importer) rewrites(kind string, table []pair) {
	for _, p := range table {
		match := p.key
		if !strings.ContainsAny(match, "@.") {
			addr, ok := m.own(match, p.source)
			if !ok {
				continue
			}
			match = addr
		}
		to := strings.TrimPrefix(p.value, "%1") // "%1@domain" keeps the user, as "@domain" does
		if isName(to) && !strings.Contains(to, ".") {
			addr, ok := m.own(to, p.source)
			if !ok {
				continue
			}
			to = addr
		}
		m.rewrite(control.Rewrite{Kind: kind, Match: match, To: to}, p.source)
	}
}

func (m *importer) rewrite(w control.Rewrite, s source) {
	kind, err := directory.ParseRewriteKind(w.Kind)
	if err == nil {
		_, err = directory.Rewrite{Kind: kind, Match: w.Match, To: w.To, Except: w.Except}.Normal()
	}
	if err != nil {
		m.note(s, w.Match+" "+w.To, "%v", err)
		return
	}
	m.out.Book.Rewrites = append(m.out.Book.Rewrites, w)
}

// copies reads a table of bcc(5).
func (m *importer) copies(by string, table []pair) {
	for _, p := range table {
		to, ok := m.target(p.value, p.source)
		match := p.key
		if ok && !strings.Contains(match, "@") {
			match, ok = m.own(match, p.source)
		}
		if !ok {
			continue
		}
		c := control.Copy{By: by, Match: match, To: to}
		kind, _ := directory.ParseCopyBy(by)
		if _, err := (directory.Copy{By: kind, Match: match, To: to}).Normal(); err != nil {
			m.note(p.source, p.key+" "+p.value, "%v", err)
			continue
		}
		m.out.Book.Copies = append(m.out.Book.Copies, c)
	}
}

// masquerade reads domains whose subdomains do not show.
func (m *importer) masquerade(domains, except []string, s source) {
	for _, d := range domains {
		if strings.HasPrefix(d, "!") {
			m.note(s, d, "exceptions of domains are --except of tram rewrite add --kind masquerade")
			continue
		}
		m.rewrite(control.Rewrite{Kind: "masquerade", Match: d, Except: except}, s)
	}
}
