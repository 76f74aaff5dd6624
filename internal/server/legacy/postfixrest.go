package legacy

import (
	"slices"
	"strings"

	"tram/internal/server/control"
)

// postfixRest reads the parameters that hold addresses themselves, and the
// access tables of the restrictions.
func (m *importer) postfixRest(c *mainCF) error {
	if to, s, ok := c.value("always_bcc"); ok && to != "" {
		if to, ok := m.target(to, s); ok {
			m.out.Book.Copies = append(m.out.Book.Copies, control.Copy{By: "always", To: to})
		}
	}
	if domains, s, ok := c.value("masquerade_domains"); ok {
		except, _, _ := c.value("masquerade_exceptions")
		m.masquerade(words(domains), words(except), s)
	}
	for _, parameter := range restrictions {
		value, s, ok := c.value(parameter)
		if !ok {
			continue
		}
		if err := m.restriction(words(value), s); err != nil {
			return err
		}
	}
	return nil
}

// restrictions are the parameters that can name access tables.
var restrictions = []string{
	"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
}

// checks are the restrictions that ask a table, and what about.
var checks = map[string]string{
	"check_client_access": "client", "check_helo_access": "helo",
	"check_sender_access": "sender", "check_recipient_access": "recipient",
}

// served are restrictions that need no rule, because this server does so
// always or is told by its configuration.
var served = []string{
	"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination", "permit", "permit_inet_interfaces",
	"reject_non_fqdn_recipient", "reject_unknown_recipient_domain", "defer_unauth_destination", "permit_auth_destination",
}

func (m *importer) restriction(list []string, s source) error {
	for i := 0; i < len(list); i++ {
		by, asks := checks[list[i]]
		switch {
		case asks && i+1 < len(list):
			i++
			t, ok, err := m.lookupTable(list[i], s)
			if err != nil {
				return err
			}
			if ok {
				m.postfixAccess(by, pairs(t.file, t.text))
			}
		case slices.Contains(served, list[i]):
		default:
			m.note(s, list[i], "there is no such restriction")
		}
	}
	return nil
}

// hints say where a parameter has its place here.
var hints = map[string]string{
	"relayhost":             "the way out of this host is relay.host in the configuration",
	"mynetworks":            "who may send to anybody is relay.networks in the configuration",
	"message_size_limit":    "it is limits.message_size in the configuration",
	"myhostname":            "it is hostname in the configuration",
	"inet_interfaces":       "each listener in the configuration has its address",
	"mailbox_size_limit":    "each account has its quota: tram account quota",
	"luser_relay":           "it is the catch-all of a domain: tram domain set --catch-all",
	"mailbox_command":       "programs are targets of aliases; delivery into accounts needs none",
	"local_recipient_maps":  "accounts and aliases are the recipients that there are",
	"smtpd_tls_cert_file":   "it is tls.certificate in the configuration",
	"smtpd_tls_key_file":    "it is tls.key in the configuration",
	"proxy_interfaces":      "it has no counterpart and needs none",
	"compatibility_level":   "it has no counterpart and needs none",
	"alias_database":        "it has no counterpart and needs none: aliases take effect at once",
	"append_dot_mydomain":   "it has no counterpart and needs none",
	"biff":                  "it has no counterpart and needs none",
	"readme_directory":      "it has no counterpart and needs none",
	"mail_owner":            "it has no counterpart and needs none",
	"queue_directory":       "it has no counterpart and needs none",
	"command_directory":     "it has no counterpart and needs none",
	"daemon_directory":      "it has no counterpart and needs none",
	"data_directory":        "it is data in the configuration",
	"masquerade_classes":    "masquerading is about senders in the envelope and the header, always",
	"inet_protocols":        "each listener in the configuration has its address",
	"delay_warning_time":    "it is queue.warn_after in the configuration",
	"mailbox_transport":     "mail of accounts is kept here; a route can send it elsewhere: tram route add",
	"virtual_mailbox_base":  "mail of accounts is kept in the data directory",
	"virtual_transport":     "mail of accounts is kept here; a route can send it elsewhere: tram route add",
	"home_mailbox":          "mail of accounts is kept in the data directory",
	"smtp_sasl_auth_enable": "a route with auth= logs in",
}

// used are the parameters that this package has read.
func used(name string) bool {
	for _, t := range postfixTables {
		if t.parameter == name {
			return true
		}
	}
	return slices.Contains(restrictions, name) || slices.Contains([]string{
		"mydestination", "mydomain", "myorigin", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains",
		"recipient_delimiter", "always_bcc", "masquerade_domains", "masquerade_exceptions",
	}, name)
}

// unknown notes each parameter that was set and not read.
func (m *importer) unknown(c *mainCF) {
	for _, name := range c.order {
		p := c.values[name]
		switch hint, there := hints[name]; {
		case used(name):
		case name == "relayhost" && p.text == "":
		case there:
			m.note(p.source, strings.TrimSpace(name+" = "+p.text), "%s", hint)
		default:
			m.note(p.source, strings.TrimSpace(name+" = "+p.text), "not about addresses; see whether the configuration has something like it: docs/configuration.md")
		}
	}
}
