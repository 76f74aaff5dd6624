package legacy

import (
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// saslPasswords reads smtp_sasl_password_maps: host, or sender, and
// user:password.
func (m *importer) saslPasswords(table []pair) {
	for _, p := range table {
		user, password, ok := strings.Cut(p.value, ":")
		if !ok {
			m.note(p.source, p.key, "not of the form user:password") // the value stays out of the notes
			continue
		}
		if !strings.Contains(p.key, "@") {
			m.credential(hostOf(p.key), user, password, p.source)
			continue
		}
		i, there := m.routes[strings.TrimPrefix(p.key, "@")]
		if !there {
			m.note(p.source, p.key, "a login of a sender needs a route of the sender that says where: tram route add --sender %s 'smtp:[HOST] auth=%s'", p.key, user)
			continue
		}
		r := &m.out.Book.Routes[i]
		hop, err := directory.ParseNextHop(r.NextHop)
		if err != nil || hop.Kind != directory.HopHost {
			m.note(p.source, p.key, "the route of the sender leads to no host")
			continue
		}
		hop.User = user
		r.NextHop = hop.String()
		hop.User, hop.TLS = "", ""
		m.credential(hostOf(strings.TrimPrefix(strings.TrimPrefix(hop.String(), "smtp:"), "lmtp:")), user, password, p.source)
	}
}

// hostOf turns "[host]:port" into host:port.
func hostOf(key string) string {
	return strings.NewReplacer("[", "", "]", "").Replace(strings.ToLower(key))
}

func (m *importer) credential(host, user, password string, s source) {
	c := directory.Credential{Host: host, User: user, Password: password}
	if _, err := c.Normal(); err != nil {
		m.note(s, host, "%v", err)
		return
	}
	if !m.once("credential", host, user) {
		return // several senders with the same login
	}
	m.out.Book.Credentials = append(m.out.Book.Credentials, control.Credential{Host: host, User: user, Password: password})
}

// authinfo reads sendmail's: AuthInfo:host "U:user" "I:id" "P:password" "M:…".
func (m *importer) authinfo(table []pair) {
	for _, p := range table {
		host, ok := strings.CutPrefix(p.key, "AuthInfo:")
		if !ok || host == "" {
			m.note(p.source, p.key, "not of the form AuthInfo:host")
			continue
		}
		var user, password string
		for rest := p.value; rest != ""; {
			var word string
			word, rest = cutBlank(rest)
			word = strings.Trim(word, `"`)
			switch {
			case strings.HasPrefix(word, "U:"), strings.HasPrefix(word, "I:"):
				user = word[2:]
			case strings.HasPrefix(word, "P:"):
				password = word[2:]
			case strings.HasPrefix(word, "P="), strings.HasPrefix(word, "U="), strings.HasPrefix(word, "I="):
				m.note(p.source, p.key, "%s… is base64; write it plainly, as %s:…", word[:2], word[:1])
			}
		}
		if user == "" || password == "" {
			m.note(p.source, p.key, "U: and P: are needed")
			continue
		}
		m.credential(hostOf(host), user, password, p.source)
	}
}
