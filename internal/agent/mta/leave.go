package mta

import (
	"io"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/directory"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// leaving is the text of an entry as it goes to other hosts, with the senders
// in its header rewritten by generic rules. Without such rules it is the text
// as it lies in the store. A header that is too large goes as it is.
func leaving(rules *directory.Rules, e *queue.Entry, body blob.Reader) (*io.SectionReader, error) {
	plain := textOf(e, body)
	if !rules.Has(directory.Generic) {
		return plain, nil
	}
	header, _, err := peekHeader(io.NewSectionReader(plain, 0, plain.Size()))
	if err != nil {
		return nil, err
	}
	changed := LeavingHeader(rules, header)
	if len(header) == 0 || &changed[0] == &header[0] {
		return plain, nil
	}
	rest := int64(len(header))
	return io.NewSectionReader(text{changed, io.NewSectionReader(plain, rest, plain.Size()-rest)}, 0, int64(len(changed))+plain.Size()-rest), nil
}

// login is how we log in at a hop; an empty user does not.
func (m *MTA) login(rules *directory.Rules, hop Hop) (user, password string) {
	if hop.User == "" {
		return "", ""
	}
	if c := rules.Credential(hop.Name, int(hop.Port), hop.User); c != nil {
		return c.User, c.Password
	}
	if hop == m.route.Relay {
		return hop.User, m.o.Relay.Password
	}
	return hop.User, "" // the host will say that it is wrong, which somebody has to hear
}

// socketOf is how an LMTP server on this machine is to be talked to.
func (m *MTA) socketOf(rules *directory.Rules, hop Hop) smtpclient.Host {
	h := smtpclient.Host{Name: hop.Name, Socket: hop.Socket, LMTP: true, TLS: smtpclient.NoTLS}
	h.User, h.Password = m.login(rules, hop)
	return h
}
