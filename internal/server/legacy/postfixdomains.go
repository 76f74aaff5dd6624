package legacy

import (
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// postfixDomains reads the classes of addresses: local, virtual alias, virtual
// mailbox, relay.
func (m *importer) postfixDomains(c *mainCF) error {
	value, s, _ := c.value("mydestination")
	names, err := m.domainList(value, s)
	if err != nil {
		return err
	}
	// Bare names are users of $myorigin; it is the first local domain if it is
	// one at all.
	origin, _, _ := c.value("myorigin")
	if i := indexFold(names, origin); i > 0 {
		names[0], names[i] = names[i], names[0]
	}
	m.local(names, s)
	if sep, s, ok := c.value("recipient_delimiter"); ok {
		m.setSeparator(sep, s)
	}
	for _, class := range []struct {
		parameter string
		set       func(*control.BookDomain)
	}{
		{"virtual_alias_domains", func(*control.BookDomain) {}},
		{"virtual_mailbox_domains", func(*control.BookDomain) {}},
		{"relay_domains", func(d *control.BookDomain) {
			if d.Kind == "" && d.Name != m.primary {
				d.Kind = "relayed"
			}
		}},
	} {
		if err := m.class(c, class.parameter, class.set); err != nil {
			return err
		}
	}
	return nil
}

// class makes the domains that a parameter names. "$virtual_alias_maps" among
// them, the default, names those that the table declares itself.
func (m *importer) class(c *mainCF, parameter string, set func(*control.BookDomain)) error {
	p, there := c.values[parameter]
	if !there || strings.Contains(p.text, "$virtual_alias_maps") || strings.Contains(p.text, "$mydestination") && parameter == "relay_domains" {
		return nil
	}
	value, s, _ := c.value(parameter)
	names, err := m.domainList(value, s)
	if err != nil {
		return err
	}
	for _, name := range names {
		if d := m.domain(name, s); d != nil {
			set(d)
		}
	}
	return nil
}

func indexFold(list []string, s string) int {
	for i, one := range list {
		if strings.EqualFold(one, s) {
			return i
		}
	}
	return -1
}

// setSeparator takes recipient_delimiter: the first of its letters.
func (m *importer) setSeparator(sep string, s source) {
	if sep == "" {
		m.separator = directory.NoSubaddress
		return
	}
	if len(sep) > 1 {
		m.note(s, "recipient_delimiter = "+sep, "a domain has one separator; it is %q", sep[:1])
	}
	if _, err := (directory.Domain{Name: "a.example", SubaddressSeparator: sep[:1]}).Normal(); err != nil {
		m.note(s, "recipient_delimiter = "+sep, "%v", err)
		return
	}
	if sep[:1] != "+" {
		m.separator = sep[:1]
	}
}

// mailboxes makes the accounts of virtual_mailbox_maps. Their passwords are
// somewhere else.
func (m *importer) mailboxes(table []pair) {
	for _, p := range table {
		if strings.HasPrefix(p.key, "@") {
			m.note(p.source, p.key+" "+p.value, "a mailbox for all addresses of a domain: make an account and set it as catch-all")
			continue
		}
		addr, ok := m.own(p.key, p.source)
		if !ok {
			continue
		}
		_, domain, _ := strings.Cut(addr, "@")
		m.domain(domain, p.source)
		if m.hasAccount(addr) {
			continue
		}
		m.out.Book.Accounts = append(m.out.Book.Accounts, control.BookAccount{Address: addr})
		m.note(p.source, addr, "the account is made without a password: tram account passwd %s", addr)
	}
}

// relayRecipients lists recipients of relayed domains.
func (m *importer) relayRecipients(table []pair) {
	for _, p := range table {
		local, domain, ok := strings.Cut(p.key, "@")
		if !ok {
			m.note(p.source, p.key, "a recipient of a relayed domain is user@domain")
			continue
		}
		name, _ := normalDomain(domain)
		d := m.domains[name]
		switch {
		case d == nil || d.Kind != "relayed":
			m.note(p.source, p.key, "%s is not among relay_domains", domain)
		case local == "":
			d.Verify = "none"
			d.Recipients = nil
		case d.Verify != "none":
			addr, err := directory.NormalAddress(p.key)
			if err != nil {
				m.note(p.source, p.key, "%v", err)
				continue
			}
			d.Verify = "list"
			d.Recipients = append(d.Recipients, addr)
		}
	}
}
