package legacy

import (
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// route adds a route, or notes why it cannot be.
func (m *importer) route(r control.Route, s source) {
	by, err := directory.ParseRouteBy(r.By)
	if err == nil {
		_, err = directory.Route{By: by, Match: r.Match, NextHop: r.NextHop}.Normal()
	}
	if err != nil {
		m.note(s, r.Match+" "+r.NextHop, "%v", err)
		return
	}
	if r.By == "sender" {
		m.routes[strings.TrimPrefix(r.Match, "@")] = len(m.out.Book.Routes)
	}
	m.out.Book.Routes = append(m.out.Book.Routes, r)
}

// transports reads a table of transport(5), or of senders with the same right
// side.
func (m *importer) transports(by string, table []pair) {
	for _, p := range table {
		hop, why := transport(p.value)
		if why != "" {
			m.note(p.source, p.key+" "+p.value, "%s", why)
			continue
		}
		if hop != "" {
			m.route(control.Route{By: by, Match: p.key, NextHop: hop}, p.source)
		}
	}
}

// transport turns "transport:nexthop" into a next hop; "" with no reason means
// that nothing is to be done, as for the default.
func transport(value string) (hop, why string) {
	name, next, ok := strings.Cut(value, ":")
	switch {
	case !ok:
		return "", "not of the form transport:nexthop"
	case name == "local" || name == "virtual":
		return "local", ""
	case name == "" && next == "":
		return "local", ""
	case name == "discard":
		return "discard", ""
	case name == "hold":
		return "hold", ""
	case name == "error":
		return "error:" + errorHop(next, "5.1.1"), ""
	case name == "retry":
		return "error:" + errorHop(next, "4.4.1"), ""
	case name == "" || name == "smtp" || name == "relay":
		if next == "" {
			return "local", ""
		}
		return smtpHop(next), ""
	case name == "lmtp":
		return lmtpHop(next)
	}
	return "", "no transport " + name + " here; programs are targets of aliases: |/path/of/program"
}

// errorHop is "5.1.1 text" of the right side of an error transport.
func errorHop(text, usual string) string {
	text = strings.TrimSpace(text)
	code, rest, _ := strings.Cut(text, " ")
	if strings.Count(code, ".") == 2 && strings.Trim(code, "0123456789.") == "" {
		text = strings.TrimSpace(rest)
	} else {
		code = usual
	}
	if text == "" {
		text = "Address is not reachable"
	}
	return code + " " + text
}

// smtpHop keeps brackets: without them the MX is asked, in Postfix and here.
func smtpHop(next string) string {
	if strings.HasPrefix(next, "[") {
		return "smtp:" + next
	}
	return "smtp:" + strings.ToLower(next)
}

func lmtpHop(next string) (hop, why string) {
	if path, ok := strings.CutPrefix(next, "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return "", "the path of the socket is relative to Postfix's queue directory; write it whole"
		}
		return "lmtp:" + path, ""
	}
	next = strings.TrimPrefix(next, "inet:")
	if strings.HasPrefix(next, "[") {
		return "lmtp:" + next, ""
	}
	host, port, _ := strings.Cut(next, ":")
	if port != "" {
		port = ":" + port
	}
	return "lmtp:[" + host + "]" + port, ""
}

// mailertable reads sendmail's table of the same name: domain, mailer:host.
func (m *importer) mailertable(table []pair) {
	for _, p := range table {
		hop, why := mailer(p.value)
		if why != "" {
			m.note(p.source, p.key+" "+p.value, "%s", why)
			continue
		}
		m.route(control.Route{By: "recipient", Match: p.key, NextHop: hop}, p.source)
	}
}

// mailer turns "mailer:host" into a next hop.
func mailer(value string) (hop, why string) {
	name, host, ok := strings.Cut(value, ":")
	if !ok {
		return "", "not of the form mailer:host"
	}
	switch strings.ToLower(name) {
	case "smtp", "esmtp", "smtp8", "dsmtp", "relay":
		if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
			return "", "several hosts: give the first, " + strings.Split(host, ":")[0] + ", or name them with MX records"
		}
		return smtpHop(host), ""
	case "error":
		return "error:" + errorText5(host), ""
	case "discard":
		return "discard", ""
	case "local":
		return "", "mail of a whole domain for one user is the catch-all of a domain: tram domain add … --catch-all"
	}
	return "", "no mailer " + name + " here"
}
