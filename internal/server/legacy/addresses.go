package legacy

import (
	"strings"

	"tram/internal/directory"
)

func normalDomain(name string) (string, error) {
	d, err := directory.Domain{Name: name}.Normal()
	return d.Name, err
}

// own is the address of a name that the old system looked up for itself: a
// bare name is in the local domain.
func (m *importer) own(name string, s source) (string, bool) {
	if !strings.Contains(name, "@") {
		if !m.needPrimary(s) {
			m.note(s, name, "no local domain is known that the name could be in")
			return "", false
		}
		name += "@" + m.primary
	}
	addr, err := directory.NormalAddress(name)
	if err != nil {
		m.note(s, name, "%v", err)
		return "", false
	}
	return addr, true
}

// target is one target of an alias in the words of the directory; false when
// it was noted.
func (m *importer) target(text string, s source) (string, bool) {
	// "\an" is an, not looked up again.
	text = strings.TrimPrefix(text, `\`)
	t, err := directory.ParseTarget(text)
	if err != nil && isName(text) {
		addr, ok := m.own(text, s)
		if ok {
			m.named(addr, s)
		}
		return addr, ok
	}
	if err != nil {
		m.note(s, text, "%v", err)
		return "", false
	}
	if t.Kind == directory.ToAddress {
		m.named(t.Address.Fold().String(), s)
	}
	return t.String(), true
}

// named remembers an address of a local user that mail goes to.
func (m *importer) named(addr string, s source) {
	_, domain, _ := strings.Cut(addr, "@")
	if d := m.domains[domain]; d != nil && d.Kind == "" {
		if _, there := m.bare[addr]; !there {
			m.bare[addr] = s
		}
	}
}

// isName reports whether a target is the name of a local user.
func isName(s string) bool {
	return s != "" && !strings.ContainsAny(s, "@|/: \t\"<>()")
}

// targets reads all targets of a line.
func (m *importer) targets(text string, s source) (out []string) {
	for _, t := range directory.SplitTargets(text) {
		if t, ok := m.target(t, s); ok {
			out = append(out, t)
		}
	}
	return out
}

// alias adds an alias, or notes why it cannot be.
func (m *importer) alias(addr string, targets []string, s source) {
	switch {
	case len(targets) == 0:
		m.note(s, addr, "no target is left")
	case m.hasAccount(addr):
		m.note(s, addr, "an account has this address; delete it, or give the alias another name")
	case m.aliases[addr] != nil:
		m.note(s, addr, "stands twice, first in %s:%d, which counts", m.aliases[addr].file, m.aliases[addr].line)
	default:
		a := &alias{source: s}
		a.Address, a.Targets = addr, targets
		m.aliases[addr] = a
		m.names = append(m.names, addr)
	}
}

// addOrCopies adds an alias; one that leads to itself and elsewhere is a user
// with copies.
func (m *importer) addOrCopies(addr string, targets []string, s source) {
	rest := targets[:0:0]
	for _, t := range targets {
		if t != addr {
			rest = append(rest, t)
		}
	}
	if len(rest) == len(targets) {
		m.alias(addr, targets, s)
		return
	}
	m.bareUser(addr, s)
	for _, t := range rest {
		m.copyOf(addr, t, s)
	}
}

func (m *importer) bareUser(addr string, s source) {
	if _, there := m.bare[addr]; !there {
		m.bare[addr] = s
	}
}
