package pop

import "context"

// capa lists what the server can do now (RFC 2449 5). STLS and SASL come and
// go with TLS, so a client asks again after STLS.
func (p *session) capa(context.Context, string) {
	p.ok("capabilities follow")
	for _, c := range []string{"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"} {
		p.line(c)
	}
	if p.secure() {
		p.line("USER")
		p.line("SASL " + p.desk().Mechanisms())
	}
	if p.mayStartTLS() {
		p.line("STLS")
	}
	p.line("IMPLEMENTATION Tram")
	p.line(".")
}

func (p *session) noop(context.Context, string) { p.ok("") }
