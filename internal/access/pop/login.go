package pop

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"tram/internal/access/listen/login"
	"tram/internal/storage/kv"
)

// userName is USER: it only remembers the name, so that a name that exists is
// answered like one that does not (RFC 1939 13).
func (p *session) userName(_ context.Context, arg string) {
	if !p.mayLogIn() {
		return
	}
	p.user = strings.TrimSpace(arg)
	p.ok("now PASS")
}

// pass is PASS. The password is the rest of the line, spaces and all.
func (p *session) pass(ctx context.Context, arg string) {
	if !p.mayLogIn() {
		return
	}
	if p.user == "" {
		p.badCommand("USER comes before PASS")
		return
	}
	name := p.user
	p.user = ""
	desk := p.desk()
	p.login(ctx, desk, desk.Password(ctx, name, arg))
}

func (p *session) apop(context.Context, string) {
	p.badCommand("APOP is not offered, use USER and PASS or AUTH over TLS")
}

// mayLogIn refuses passwords on a connection that anyone can read.
func (p *session) mayLogIn() bool {
	if !p.secure() {
		p.err("[AUTH] passwords only over TLS: use STLS, or the port for POP3 over TLS")
	}
	return p.secure()
}

// desk is where the session logs in.
func (p *session) desk() *login.Desk {
	d := &login.Desk{Auth: p.server.opts.Auth, Hostname: p.server.opts.Hostname, Remote: p.info.Remote.Addr()}
	if secure, ok := p.conn.NetConn().(*tls.Conn); ok && p.info.TLSConfig != nil {
		state := secure.ConnectionState()
		d.Binding = login.BindingOf(&state, p.info.TLSConfig())
	}
	return d
}

// login opens the maildrop when err, the outcome at the desk, is nil.
func (p *session) login(ctx context.Context, desk *login.Desk, err error) {
	opts := &p.server.opts
	account, name := desk.Who()
	switch {
	case err == nil:
	case opts.BadLogin == nil || errors.Is(err, opts.BadLogin):
		p.refused(ctx, desk.Tried())
		return
	default:
		opts.Log.Error("pop login failed", "login", desk.Tried(), "remote", p.info.Remote, "error", err)
		p.err("[SYS/TEMP] cannot check the password now, try again later")
		return
	}
	if !p.server.lock(account) {
		p.err("[IN-USE] another POP session has this maildrop, try again when it ended")
		return
	}
	drop, err := openMaildrop(ctx, opts.Store, kv.Account(account))
	if err != nil {
		p.server.unlock(account)
		p.fail("opening the maildrop", err)
		return
	}
	p.account, p.drop, p.user = account, drop, name
	p.conn.SetLimit(time.Time{})
	p.state = stateTransaction
	p.okLoggedIn()
}

// refused answers a wrong password, after a moment that makes guessing slow.
func (p *session) refused(ctx context.Context, login string) {
	opts := &p.server.opts
	opts.Log.Info("login refused", "protocol", "pop3", "login", login, "remote", p.info.Remote.Addr())
	if opts.FailureDelay > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(opts.FailureDelay):
		}
	}
	p.err("[AUTH] wrong login or password")
	if p.failures++; p.failures >= opts.AuthFailures {
		p.quit = true
	}
}

func (p *session) okLoggedIn() {
	count, size := p.drop.total()
	buf := append(p.scratch[:0], "+OK maildrop has "...)
	buf = appendCount(buf, count, size)
	p.conn.Write(append(buf, '\r', '\n'))
}
