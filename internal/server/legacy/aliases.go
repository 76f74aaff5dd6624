package legacy

import (
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// aliasLine splits a line of an aliases file: "name: targets", the name in
// quotes perhaps.
func aliasLine(s string) (name, targets string, ok bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ':' && !quoted:
			name = strings.TrimSpace(s[:i])
			if len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"' {
				name = strings.ReplaceAll(name[1:len(name)-1], `\"`, `"`)
			}
			return name, strings.TrimSpace(s[i+1:]), name != ""
		}
	}
	return "", "", false
}

// aliasFile reads a file in the form of /etc/aliases, aliases(5).
func (m *importer) aliasFile(file string, text []byte) {
	for _, l := range logicalLines(file, text) {
		name, targets, ok := aliasLine(l.text)
		if !ok {
			m.note(l.source, l.text, "not of the form name: targets")
			continue
		}
		addr, ok := m.own(name, l.source)
		if ok {
			m.addOrCopies(addr, m.targets(targets, l.source), l.source)
		}
	}
}

// lists makes a list of each alias that has an owner: sendmail and Postfix send
// bounces of such an alias to "owner-".
func (m *importer) lists() {
	for _, addr := range m.names {
		name, domain, _ := strings.Cut(addr, "@")
		of, ok := strings.CutPrefix(name, "owner-")
		list := m.aliases[of+"@"+domain]
		if !ok || list == nil {
			continue
		}
		owner := m.aliases[addr]
		if why := notAList(list, owner); why != "" {
			m.note(owner.source, addr, "%s stays an alias, so bounces go to the author: %s", list.Address, why)
			continue
		}
		m.out.Book.Lists = append(m.out.Book.Lists, control.List{
			Address: list.Address, Owner: owner.Targets[0], Members: list.Targets,
		})
		delete(m.aliases, list.Address)
		delete(m.aliases, owner.Address)
	}
}

// notAList says why an alias cannot be a list, or "".
func notAList(list, owner *alias) string {
	if len(owner.Targets) != 1 || !addressesOnly(owner.Targets) {
		return "a list has one owner, an address"
	}
	if !addressesOnly(list.Targets) {
		return "members of a list are addresses; put those of the :include: file on it with tram list members --file"
	}
	return ""
}

func addressesOnly(targets []string) bool {
	for _, t := range targets {
		if p, err := directory.ParseTarget(t); err != nil || p.Kind != directory.ToAddress {
			return false
		}
	}
	return true
}
