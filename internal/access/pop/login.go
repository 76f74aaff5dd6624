package pop

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tram/internal/access/listen/login"
	"tram/internal/storage/kv"
)

// userName is USER: it only remembers the name, so that a name that exists is
// answered like one that does not (RFC 1939 13).
func (p *session) userName(_ context.Context, arg string) {
	if !p.mayLogIn() {
		return
	}
	if !utf8.ValidString(arg) {
		p.badCommand(p.say.notUTF8) // RFC 6856 2.2
		return
	}
	p.user = strings.TrimSpace(arg)
	p.ok(p.say.nowPass)
}

// pass is PASS. The password is the rest of the line, spaces and all.
func (p *session) pass(ctx context.Context, arg string) {
	if !p.mayLogIn() {
		return
	}
	if p.user == "" {
		p.badCommand(p.say.userFirst)
		return
	}
	name := p.user
	p.user = ""
	if !utf8.ValidString(arg) {
		p.badCommand(p.say.notUTF8)
		return
	}
	desk := p.desk()
	p.login(ctx, desk, desk.Password(ctx, name, arg))
}

func (p *session) apop(context.Context, string) {
	p.badCommand(p.say.noAPOP)
}

// mayLogIn refuses passwords on a connection that anyone can read.
func (p *session) mayLogIn() bool {
	if !p.secure() {
		p.errCode(codeAuth, p.say.onlyTLS)
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
	case errors.Is(err, login.ErrTooManyGuesses): // it was logged
		p.errCode(codeTemporary, p.say.cannotCheck)
		return
	default:
		opts.Log.Error("pop login failed", "login", desk.Tried(), "remote", p.info.Remote, "error", err)
		p.errCode(codeTemporary, p.say.cannotCheck)
		return
	}
	switch opts.Maildrops.TakeSoon(ctx, account, opts.LoginDelay) {
	case InUse:
		p.errCode(codeInUse, p.say.inUse)
		return
	case TooSoon:
		p.errCode(codeLoginDelay, fmt.Sprintf(p.say.tooSoon, delaySeconds(opts.LoginDelay)))
		return
	}
	drop, err := openMaildrop(ctx, opts.Store, kv.Account(account))
	if err != nil {
		opts.Maildrops.Release(account)
		p.fail("opening the maildrop", err)
		return
	}
	p.account, p.drop, p.user = account, drop, name
	p.conn.SetLimit(time.Time{})
	p.state = stateTransaction
	count, size := p.drop.total()
	p.okf(p.say.loggedIn, count, size)
}

// refused answers a wrong password, after a moment that makes guessing slow.
func (p *session) refused(ctx context.Context, login string) {
	opts := &p.server.opts
	p.flush() // what is done already does not wait
	opts.Log.Info("login refused", "protocol", "pop3", "login", login, "remote", p.info.Remote.Addr())
	if opts.FailureDelay > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(opts.FailureDelay):
		}
	}
	p.errCode(codeAuth, p.say.wrongLogin)
	if p.failures++; p.failures >= opts.AuthFailures {
		p.quit = true
	}
}
