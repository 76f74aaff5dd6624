package legacy

import (
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// virtualLine reads one line of a virtual_alias table or a virtusertable:
// addresses of domains that have their own users.
func (m *importer) virtualLine(p pair) {
	switch {
	case p.value == "":
		m.note(p.source, p.key, "nothing stands behind it")
	case strings.HasPrefix(p.key, "@"):
		m.catchAll(p)
	case !strings.Contains(p.key, "@") && strings.Contains(p.key, "."):
		m.domain(p.key, p.source) // Postfix: "domain anything" declares it
	default:
		addr, ok := m.own(p.key, p.source)
		if !ok {
			return
		}
		_, domain, _ := strings.Cut(addr, "@")
		if m.domains[domain] == nil {
			m.domain(domain, p.source)
		}
		if m.errorValue(addr, p) {
			return
		}
		m.addOrCopies(addr, m.targets(p.value, p.source), p.source)
	}
}

// errorValue takes a value "error:…" as a rule of access.
func (m *importer) errorValue(addr string, p pair) bool {
	text, ok := strings.CutPrefix(p.value, "error:")
	if ok {
		m.access("recipient", addr, "reject "+errorText(text), p.source)
	}
	return ok
}

// catchAll reads "@domain target".
func (m *importer) catchAll(p pair) {
	d := m.domain(p.key[1:], p.source)
	if d == nil {
		return
	}
	if other, ok := sameUsers(p.value); ok {
		m.aliasDomain(d, other, p)
		return
	}
	if m.errorValue("@"+d.Name, p) {
		return
	}
	targets := m.targets(p.value, p.source)
	if len(targets) != 1 || !addressesOnly(targets) {
		m.note(p.source, p.key, "a catch-all leads to one address; make an alias with these targets and set it: tram domain set %s --catch-all …", d.Name)
		return
	}
	if d.Kind == "alias" {
		m.note(p.source, p.key+" "+p.value, "%s stands for %s, whose catch-all gets the mail", d.Name, d.AliasOf)
		return
	}
	d.CatchAll = targets[0]
}

// sameUsers reports whether the right side is the same user in another domain:
// "@other", or "%1@other".
func sameUsers(value string) (domain string, ok bool) {
	domain, ok = strings.CutPrefix(strings.TrimPrefix(value, "%1"), "@")
	return domain, ok && !strings.ContainsAny(domain, ", \t@")
}

// aliasDomain makes a domain stand for another, if that one is ours.
func (m *importer) aliasDomain(d *control.BookDomain, other string, p pair) {
	to, err := normalDomain(other)
	if err != nil {
		m.note(p.source, other, "%v", err)
		return
	}
	if m.domains[to] == nil || m.domains[to].Kind == "alias" {
		m.note(p.source, p.key+" "+p.value, "%s is not a domain of this machine; if it only passes the mail on: tram rewrite add --kind recipient-canonical %s %s", to, d.Name, to)
		return
	}
	switch {
	case d.Kind != "":
		m.note(p.source, p.key+" "+p.value, "%s is %s already", d.Name, map[string]string{"alias": "another name of a domain", "relayed": "a relayed domain"}[d.Kind])
		return
	case d.CatchAll != "" || d.Name == to:
		m.note(p.source, p.key+" "+p.value, "%s has addresses of its own; one of the two must go", d.Name)
		return
	}
	d.Kind, d.AliasOf = "alias", to
	for _, other := range m.domains {
		if other.AliasOf == d.Name { // what stands for it stands for what it stands for
			other.AliasOf = to
		}
	}
}

// emptyAliasDomains keeps addresses of a domain that was to stand for another
// from being lost: it has addresses of its own, so it stays as it is.
func (m *importer) emptyAliasDomains() {
	for _, addr := range m.names {
		a := m.aliases[addr]
		_, domain, _ := strings.Cut(addr, "@")
		d := m.domains[domain]
		if a == nil || d == nil || d.Kind != "alias" {
			continue
		}
		local, _, _ := strings.Cut(addr, "@")
		moved := local + "@" + d.AliasOf
		if m.aliases[moved] != nil {
			m.note(a.source, addr, "%s stands for %s, where this name leads elsewhere", domain, d.AliasOf)
			delete(m.aliases, addr)
			continue
		}
		m.note(a.source, addr, "%s stands for %s; the alias was made there, as %s", domain, d.AliasOf, moved)
		delete(m.aliases, addr)
		a.Address = moved
		m.aliases[moved] = a
		m.names = append(m.names, moved)
	}
}

// copyOf adds a copy for a user who also gets the mail.
func (m *importer) copyOf(addr, to string, s source) {
	t, err := directory.ParseTarget(to)
	if err != nil || t.Kind != directory.ToAddress {
		m.note(s, to, "%s keeps the mail and it goes here too: only copies to addresses can be made", addr)
		return
	}
	c := control.Copy{By: "recipient", Match: addr, To: t.String()}
	if m.once("copy", c.Match, c.To) {
		m.out.Book.Copies = append(m.out.Book.Copies, c)
	}
}

// virtual reads a whole table; what stands for other domains comes last, when
// the domains are known.
func (m *importer) virtual(table []pair) {
	for _, p := range table {
		if !strings.HasPrefix(p.key, "@") {
			m.virtualLine(p)
		}
	}
	for _, p := range table {
		if strings.HasPrefix(p.key, "@") {
			m.virtualLine(p)
		}
	}
}
