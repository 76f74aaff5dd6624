package legacy

import (
	"strings"

	"tram/internal/server/control"
)

func (m *importer) sendmail() error {
	if err := m.sendmailLocal(); err != nil {
		return err
	}
	for _, t := range []struct {
		file string
		take func([]pair)
	}{
		{"relay-domains", m.relayDomains},
		{"virtuserdomains", m.hosted},
		{"virtual-domains", m.hosted},
		{"virtusertable", m.virtusertable},
		{"mailertable", m.mailertable},
		{"access", m.sendmailAccess},
		{"genericstable", func(p []pair) { m.rewrites("generic", p) }},
		{"domaintable", m.domaintable},
		{"authinfo", m.authinfo},
	} {
		name, text, found, err := m.read(t.file)
		if err != nil {
			return err
		}
		if found {
			t.take(pairs(name, text))
		}
	}
	name, text, found, err := m.read("aliases")
	if !found && err == nil {
		name, text, found, err = m.read("../aliases") // /etc/mail and /etc/aliases
	}
	if err != nil {
		return err
	}
	if found {
		m.aliasFile(name, text)
	}
	return m.sendmailMC()
}

// sendmailLocal reads the names of this host: class w.
func (m *importer) sendmailLocal() error {
	name, text, found, err := m.read("local-host-names")
	if err != nil || !found {
		m.needPrimary(source{file: "local-host-names"})
		return err
	}
	for _, p := range pairs(name, text) {
		m.local([]string{p.key}, p.source)
	}
	m.needPrimary(source{file: name})
	return nil
}

// relayDomains is class R: mail for them is passed on.
func (m *importer) relayDomains(table []pair) {
	for _, p := range table {
		if partialNetwork(p.key) != p.key || strings.Count(p.key, ".") == 3 && strings.Trim(p.key, "0123456789.") == "" {
			m.access("client", partialNetwork(p.key), "relay", p.source)
			continue
		}
		if d := m.domain(p.key, p.source); d != nil && d.Kind == "" && d.Name != m.primary {
			d.Kind = "relayed"
		}
	}
}

// hosted are domains of the virtusertable.
func (m *importer) hosted(table []pair) {
	for _, p := range table {
		m.domain(p.key, p.source)
	}
}

// virtusertable is a virtual table with more forms on both sides.
func (m *importer) virtusertable(table []pair) {
	var plain []pair
	for _, p := range table {
		if strings.Contains(p.key, "+*") || strings.Contains(p.key, "++") || strings.Contains(p.value, "%2") || strings.Contains(p.value, "%3") {
			m.note(p.source, p.key+" "+p.value, "patterns with + are not carried over; mail for user+tag goes to user")
			continue
		}
		if strings.Contains(p.value, "%1") {
			if _, ok := sameUsers(p.value); !ok || !strings.HasPrefix(p.key, "@") {
				m.note(p.source, p.key+" "+p.value, "%%1 stands only in \"@domain %%1@other\"")
				continue
			}
		}
		plain = append(plain, p)
	}
	m.virtual(plain)
}

// domaintable: mail for one domain is mail for another.
func (m *importer) domaintable(table []pair) {
	for _, p := range table {
		m.rewrite(control.Rewrite{Kind: "canonical", Match: p.key, To: p.value}, p.source)
	}
}

// sendmailMC reads the lines of sendmail.mc that are about addresses.
func (m *importer) sendmailMC() error {
	name, text, found, err := m.read("sendmail.mc")
	if err != nil || !found {
		return err
	}
	var masquerade, exposed []string
	at := source{file: name}
	as := ""
	n := 0
	for raw := range strings.Lines(string(text)) {
		n++
		macro, argument := macroLine(raw)
		s := source{name, n}
		switch macro {
		case "":
		case "MASQUERADE_AS":
			as, at = argument, s
		case "MASQUERADE_DOMAIN":
			masquerade = append(masquerade, words(argument)...)
		case "EXPOSED_USER":
			exposed = append(exposed, words(argument)...)
		case "SMART_HOST":
			m.note(s, strings.TrimSpace(raw), "%s", hints["relayhost"])
		default:
			m.note(s, strings.TrimSpace(raw), "not about addresses; see whether the configuration has something like it: docs/configuration.md")
		}
	}
	if as != "" {
		for _, d := range append([]string{m.primary}, masquerade...) {
			if d != "" {
				m.rewrite(control.Rewrite{Kind: "masquerade", Match: d, To: as, Except: exposed}, at)
			}
		}
	}
	return nil
}

// macroLine is the name and first argument of a line of m4; "" for comments
// and what only frames the file. define(`NAME', `value') counts as NAME.
func macroLine(raw string) (name, argument string) {
	s := strings.TrimSpace(raw)
	if s == "" || strings.HasPrefix(s, "dnl") || strings.HasPrefix(s, "#") || strings.HasPrefix(s, "divert") {
		return "", ""
	}
	name, rest, _ := strings.Cut(s, "(")
	name = strings.TrimSpace(name)
	rest, _, _ = strings.Cut(rest, ")")
	parts := strings.SplitN(rest, ",", 2)
	unquote := func(s string) string { return strings.Trim(strings.TrimSpace(s), "`'") }
	if name == "define" && len(parts) == 2 {
		return unquote(parts[0]), unquote(parts[1])
	}
	return name, unquote(rest)
}
