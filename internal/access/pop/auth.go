package pop

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tram/internal/mail/sasl"
)

// auth is AUTH (RFC 5034). Without an argument it lists the mechanisms, as
// clients older than CAPA expect.
func (p *session) auth(ctx context.Context, arg string) {
	if arg = strings.TrimSpace(arg); arg == "" {
		p.authList()
		return
	}
	if !p.mayLogIn() {
		return
	}
	name, initial, given := strings.Cut(arg, " ")
	desk := p.desk()
	mechanism := desk.Mechanism(ctx, name)
	if mechanism == nil {
		p.badCommand(fmt.Sprintf(p.say.unknownMechanism, desk.Mechanisms()))
		return
	}
	x := sasl.NewExchange(mechanism)
	challenge, done, err := x.Start([]byte(initial), given)
	for err == nil && !done {
		p.line("+ " + challenge)
		var line []byte
		if line, err = p.readLine(); err != nil {
			p.readFailed(err)
			p.quit = true
			return
		}
		challenge, done, err = x.Next(line)
	}
	if err != nil && !desk.Judged(err) {
		p.authFailed(ctx, err)
		return
	}
	p.login(ctx, desk, err)
}

func (p *session) authList() {
	p.ok(p.say.mechanisms)
	if p.secure() {
		for name := range strings.FieldsSeq(p.desk().Mechanisms()) {
			p.line(name)
		}
	}
	p.line(".")
}

// authFailed answers an exchange that did not get as far as a password.
func (p *session) authFailed(ctx context.Context, err error) {
	switch {
	case errors.Is(err, sasl.ErrCancelled):
		p.err(p.say.cancelled)
	case errors.Is(err, sasl.ErrIdentity):
		p.refused(ctx, "")
	default:
		p.badCommand(p.say.badResponse)
	}
}
