package pop

import (
	"context"
	"strconv"
	"time"
)

// capa lists what the server can do now (RFC 2449 5). USER and SASL come with
// TLS and STLS goes, so a client asks again after STLS.
func (p *session) capa(context.Context, string) {
	p.ok(p.say.capabilities)
	for _, c := range []string{"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8 USER", "LANG"} {
		p.line(c)
	}
	p.line("EXPIRE " + expire(p.server.opts.Expire))
	if seconds := delaySeconds(p.server.opts.LoginDelay); seconds > 0 {
		p.line("LOGIN-DELAY " + strconv.FormatInt(seconds, 10))
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

// expire is the argument of EXPIRE (RFC 2449 6.7): whole days that a message
// stays at least.
func expire(kept time.Duration) string {
	if kept <= 0 {
		return "NEVER"
	}
	return strconv.Itoa(int(kept / (24 * time.Hour)))
}

// delaySeconds is the argument of LOGIN-DELAY, rounded up: a client that waits
// so long is let in.
func delaySeconds(d time.Duration) int64 {
	return int64((max(d, 0) + time.Second - 1) / time.Second)
}

func (p *session) noop(context.Context, string) { p.ok(p.say.nothing) }
