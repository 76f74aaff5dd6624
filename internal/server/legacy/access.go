package legacy

import (
	"net/netip"
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// access adds a rule, or notes why it cannot be.
func (m *importer) access(by, match, action string, s source) {
	kind, err := directory.ParseAccessBy(by)
	if err == nil {
		_, err = directory.Access{By: kind, Match: match, Action: action}.Normal()
	}
	if err != nil {
		m.note(s, match+" "+action, "%v", err)
		return
	}
	if !m.once("access", by, match) {
		return // the first counts, as in the table
	}
	m.out.Book.Access = append(m.out.Book.Access, control.Access{By: by, Match: match, Action: action})
}

// postfixAccess reads a table of access(5) that one of the restrictions asks.
func (m *importer) postfixAccess(by string, table []pair) {
	for _, p := range table {
		action, why := postfixAction(p.value)
		if why != "" {
			m.note(p.source, p.key+" "+p.value, "%s", why)
			continue
		}
		if action == "" {
			continue // DUNNO, which is what no rule means too
		}
		match := partialNetwork(p.key)
		if by == "sender" || by == "recipient" {
			if strings.HasSuffix(match, "@") {
				m.note(p.source, p.key, "a user in every domain cannot be matched")
				continue
			}
			if !strings.ContainsAny(match, "@.*<") {
				match += "@" // a name alone is no pattern: the note says so
			}
		}
		m.access(by, match, action, p.source)
		// Postfix lets a domain match its subdomains here.
		if isDomain(match) {
			m.access(by, "."+match, action, p.source)
		}
	}
}

// isDomain reports whether a pattern is a plain domain.
func isDomain(s string) bool {
	if strings.ContainsAny(s, "@*<:/") || strings.HasPrefix(s, ".") || !strings.Contains(s, ".") {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err != nil
}

// postfixAction turns the right side into an action.
func postfixAction(value string) (action, why string) {
	word, rest, _ := strings.Cut(value, " ")
	rest = strings.TrimSpace(rest)
	switch upper := strings.ToUpper(word); {
	case upper == "OK" || upper == "PERMIT" || word != "" && strings.Trim(word, "0123456789") == "" && len(word) != 3:
		return "ok", ""
	case upper == "DUNNO":
		return "", ""
	case upper == "REJECT":
		return strings.TrimSpace("reject " + rest), ""
	case upper == "DEFER" || upper == "DEFER_IF_PERMIT" || upper == "DEFER_IF_REJECT":
		return strings.TrimSpace("defer " + rest), ""
	case upper == "DISCARD":
		return "discard", ""
	case upper == "HOLD":
		return strings.TrimSpace("hold " + rest), ""
	case len(word) == 3 && word[0] == '5':
		return "reject " + value, ""
	case len(word) == 3 && word[0] == '4':
		return "defer " + value, ""
	}
	return "", "the action " + word + " is not one of OK, REJECT, DEFER, DISCARD, HOLD, DUNNO, 4xx and 5xx"
}

// partialNetwork turns "192.0.2" into 192.0.2.0/24.
func partialNetwork(s string) string {
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	if len(parts) >= 4 || strings.Trim(s, "0123456789.") != "" || s == "" {
		return s
	}
	bits := []string{"/8", "/16", "/24"}[len(parts)-1]
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	return strings.Join(parts, ".") + bits
}

// sendmailAccess reads sendmail's access table.
func (m *importer) sendmailAccess(table []pair) {
	for _, p := range table {
		tag, match, tagged := strings.Cut(p.key, ":")
		if !tagged || strings.EqualFold(tag, "IPv6") {
			tag, match = "", p.key
		}
		match = partialNetwork(strings.TrimPrefix(match, "IPv6:"))
		m.sendmailRule(strings.ToLower(tag), match, p)
	}
}

// sendmailRule makes the rules of one line.
func (m *importer) sendmailRule(tag, match string, p pair) {
	action, why := sendmailAction(p.value)
	if why != "" {
		m.note(p.source, p.key+" "+p.value, "%s", why)
		return
	}
	if strings.HasSuffix(match, "@") {
		m.note(p.source, p.key, "a user in every domain cannot be matched")
		return
	}
	var by []string
	switch tag {
	case "connect":
		by = []string{"client"}
	case "from":
		by = []string{"sender"}
	case "to":
		by = []string{"recipient"}
	case "":
		by = untagged(match)
	default:
		m.note(p.source, p.key, "no rule has the tag %s", tag)
		return
	}
	for _, by := range by {
		m.sendmailRuleBy(by, match, action, p)
	}
}

// untagged says what a key without a tag is about: sendmail asks it for
// clients and for senders.
func untagged(match string) []string {
	switch {
	case strings.Contains(match, "@"):
		return []string{"sender"}
	case isDomain(match):
		return []string{"client", "sender"}
	}
	return []string{"client"}
}

func (m *importer) sendmailRuleBy(by, match, action string, p pair) {
	if action == "relay" && by != "client" {
		if by == "sender" {
			return // the client's rule is what lets mail through
		}
		if d := m.domain(match, p.source); d != nil && d.Kind == "" && d.Name != m.primary {
			d.Kind = "relayed"
		}
		return
	}
	m.access(by, match, action, p.source)
	if isDomain(match) {
		m.access(by, "."+match, action, p.source)
	}
}

// sendmailAction turns the right side into an action.
func sendmailAction(value string) (action, why string) {
	upper := strings.ToUpper(value)
	switch {
	case upper == "OK" || upper == "RELAY" || upper == "REJECT" || upper == "DISCARD":
		return strings.ToLower(value), ""
	case strings.HasPrefix(upper, "ERROR:"):
		return "reject " + errorText(value[len("error:"):]), ""
	case strings.HasPrefix(upper, "QUARANTINE:"):
		return "hold " + value[len("quarantine:"):], ""
	case len(value) > 3 && value[3] == ' ' && value[0] == '5':
		return "reject " + value, ""
	case len(value) > 3 && value[3] == ' ' && value[0] == '4':
		return "defer " + value, ""
	}
	return "", "the action is not one of OK, RELAY, REJECT, DISCARD, ERROR:, QUARANTINE:, 4xx and 5xx"
}

// errorText turns `5.1.1:"550 No such user"` or "nouser 550 No such user" into
// "550 5.1.1 No such user".
func errorText(s string) string {
	status, rest, ok := strings.Cut(s, ":")
	if !ok || strings.Count(status, ".") != 2 {
		status, rest = "", s
	}
	rest = strings.Trim(strings.TrimSpace(rest), `"`)
	word, after, _ := strings.Cut(rest, " ")
	if word != "" && strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz") == "" && strings.HasPrefix(strings.ToLower(word), "no") {
		rest = after // nouser, nohost
		word, after, _ = strings.Cut(rest, " ")
	}
	code := "550"
	if len(word) == 3 && strings.Trim(word, "0123456789") == "" {
		code, rest = word, after
	}
	return strings.Join(strings.Fields(code+" "+status+" "+rest), " ")
}

// errorText5 is "5.1.1 text" for a next hop.
func errorText5(s string) string {
	fields := strings.Fields(errorText(s))[1:]
	if len(fields) > 0 && strings.Count(fields[0], ".") == 2 && strings.Trim(fields[0], "0123456789.") == "" {
		return errorHop(strings.Join(fields, " "), "5.1.1")
	}
	return errorHop(strings.Join(fields, " "), "5.1.2")
}
