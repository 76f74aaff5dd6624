package server

import (
	"crypto/tls"
	"fmt"
	"slices"
	"testing"
)

// What is spoken is agreed on in the handshake, when the client asks: who wants
// another protocol is not let in (RFC 7301 3.2), who wants none is.
func TestApplicationProtocols(t *testing.T) {
	var listeners string
	for n, protocol := range []string{"imap", "pop3", "submission"} {
		listeners += fmt.Sprintf("[[listener]]\nprotocol = %q\naddress = \"127.0.0.%d:0\"\ntls = \"implicit\"\n", protocol, n+1)
	}
	r := start(t, listeners)
	handshake := func(at string, offered ...string) (string, error) {
		conn, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true, NextProtos: offered})
		if err != nil {
			return "", err
		}
		defer conn.Close()
		return conn.ConnectionState().NegotiatedProtocol, nil
	}
	for _, l := range r.doors.list() {
		for _, offered := range [][]string{nil, {l.Protocol}, {"h2", l.Protocol}, {"http/1.1"}} {
			got, err := handshake(l.Address, offered...)
			registered := l.Protocol != "submission" // SMTP has no name there
			want := ""
			if registered && slices.Contains(offered, l.Protocol) {
				want = l.Protocol
			}
			refused := registered && want == "" && offered != nil
			if got != want || (err != nil) != refused {
				t.Errorf("%s, offered %q: %q, %v", l.Protocol, offered, got, err)
			}
		}
	}
}
