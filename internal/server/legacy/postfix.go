package legacy

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// The tables of Postfix: the parameter that names them, and the usual file
// where there is no main.cf.
var postfixTables = []struct{ parameter, file string }{
	{"alias_maps", "aliases"},
	{"virtual_alias_maps", "virtual"},
	{"virtual_mailbox_maps", "vmailbox"},
	{"relay_recipient_maps", "relay_recipients"},
	{"canonical_maps", "canonical"},
	{"sender_canonical_maps", "sender_canonical"},
	{"recipient_canonical_maps", "recipient_canonical"},
	{"smtp_generic_maps", "generic"},
	{"transport_maps", "transport"},
	{"sender_dependent_default_transport_maps", "sender_transport"},
	{"sender_dependent_relayhost_maps", "sender_relay"},
	{"smtp_sasl_password_maps", "sasl_passwd"},
	{"sender_bcc_maps", "sender_bcc"},
	{"recipient_bcc_maps", "recipient_bcc"},
}

// table gives the lines of one table to what reads it.
func (m *importer) table(parameter string, p []pair) {
	switch parameter {
	case "virtual_alias_maps":
		m.virtual(p)
	case "virtual_mailbox_maps":
		m.mailboxes(p)
	case "relay_recipient_maps":
		m.relayRecipients(p)
	case "canonical_maps":
		m.rewrites("canonical", p)
	case "sender_canonical_maps":
		m.rewrites("sender-canonical", p)
	case "recipient_canonical_maps":
		m.rewrites("recipient-canonical", p)
	case "smtp_generic_maps":
		m.rewrites("generic", p)
	case "transport_maps":
		m.transports("recipient", p)
	case "sender_dependent_default_transport_maps":
		m.transports("sender", p)
	case "sender_dependent_relayhost_maps":
		m.transports("sender", withTransport(p))
	case "smtp_sasl_password_maps":
		m.saslPasswords(p)
	case "sender_bcc_maps":
		m.copies("sender", p)
	case "recipient_bcc_maps":
		m.copies("recipient", p)
	}
}

// withTransport puts "smtp:" in front of hosts.
func withTransport(in []pair) []pair {
	out := slices.Clone(in)
	for i := range out {
		out[i].value = "smtp:" + out[i].value
	}
	return out
}

func (m *importer) postfix() error {
	name, text, found, err := m.read("main.cf")
	if err != nil {
		return err
	}
	c, bad := parseMainCF(name, text)
	for _, l := range bad {
		m.note(l.source, l.text, "not of the form name = value")
	}
	if !found {
		m.note(source{file: "main.cf"}, "", "is not there: files with the usual names are read, mydestination and relay_domains among them")
		m.usualNames(&c)
	}
	c.defaults(m.o.Hostname)
	if err := m.postfixDomains(&c); err != nil {
		return err
	}
	for _, t := range postfixTables {
		value, s, set := c.value(t.parameter)
		if !set && t.parameter == "alias_maps" && found {
			value, set = "hash:/etc/aliases", true
		}
		if !set {
			continue
		}
		if err := m.tables(t.parameter, value, s); err != nil {
			return err
		}
	}
	if err := m.postfixRest(&c); err != nil {
		return err
	}
	m.unknown(&c)
	return nil
}

// usualNames fills in the parameters of files that are there.
func (m *importer) usualNames(c *mainCF) {
	set := func(name, value string) { c.values[name] = parameter{value, source{file: "main.cf"}} }
	for _, t := range postfixTables {
		if _, err := readAll(filepath.Join(m.o.Dir, t.file)); err == nil {
			set(t.parameter, "hash:"+t.file)
		}
	}
	for _, name := range []string{"mydestination", "relay_domains"} {
		for _, file := range []string{name, "local-host-names"} {
			if _, err := readAll(filepath.Join(m.o.Dir, file)); err == nil && (file == name || name == "mydestination") {
				set(name, filepath.Join(m.o.Dir, file))
				break
			}
		}
	}
}

// textTypes are the types of tables whose text is beside them.
var textTypes = []string{"hash", "btree", "dbm", "sdbm", "lmdb", "cdb", "texthash"}

// tables reads all tables that a parameter names.
func (m *importer) tables(parameter, value string, s source) error {
	for _, name := range words(value) {
		lines, ok, err := m.lookupTable(name, s)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if parameter == "alias_maps" {
			m.aliasFile(lines.file, lines.text)
			continue
		}
		m.table(parameter, pairs(lines.file, lines.text))
	}
	return nil
}

// tableText is the text of a table.
type tableText struct {
	file string
	text []byte
}

// lookupTable reads a table "type:path"; false when it was noted.
func (m *importer) lookupTable(name string, s source) (t tableText, ok bool, err error) {
	name = strings.TrimPrefix(name, "proxy:")
	kind, path, found := strings.Cut(name, ":")
	if !found || !slices.Contains(textTypes, kind) && kind != "cidr" {
		m.note(s, name, "tables of this type cannot be read; those of %s can", strings.Join(textTypes, ", "))
		return t, false, nil
	}
	t.file, t.text, found, err = m.read(path)
	if errors.Is(err, fs.ErrPermission) || err == nil && !found {
		m.note(s, name, "there is no such file, here or in its place")
		return t, false, nil
	}
	return t, found, err
}

// domainList reads a list of domains: names, files with names, tables of which
// the keys count.
func (m *importer) domainList(value string, s source) (names []string, err error) {
	for _, word := range words(value) {
		switch {
		case strings.HasPrefix(word, "/"):
			file, text, found, err := m.read(word)
			if err != nil {
				return nil, err
			}
			if !found {
				m.note(s, word, "there is no such file")
			}
			for _, p := range pairs(file, text) {
				names = append(names, p.key)
			}
		case strings.Contains(word, ":") && !strings.HasPrefix(word, "["):
			t, ok, err := m.lookupTable(word, s)
			if err != nil {
				return nil, err
			}
			if ok {
				for _, p := range pairs(t.file, t.text) {
					names = append(names, p.key)
				}
			}
		default:
			names = append(names, word)
		}
	}
	return names, nil
}
