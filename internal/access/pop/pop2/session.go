package pop2

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"time"
	"unicode/utf8"

	"tram/internal/access/listen"
	"tram/internal/access/listen/lineconn"
	"tram/internal/access/listen/login"
	"tram/internal/access/pop"
	"tram/internal/storage/kv"
)

// state is a state of RFC 937's server.
type state uint8

const (
	stateAuth state = 1 << iota
	stateMbox
	stateItem
	stateNext
)

// session is one connection, used by one goroutine.
type session struct {
	server *Server
	info   listen.Info
	conn   *lineconn.Conn

	state   state
	user    string // after login
	account uint64
	folder  *folder // after login
	quit    bool
}

func newSession(s *Server, c net.Conn, info listen.Info) *session {
	p := &session{server: s, info: info, conn: lineconn.New(c), state: stateAuth}
	p.conn.SetLimit(time.Now().Add(s.opts.LoginTimeout))
	p.conn.SetTimeout(s.opts.IdleTimeout)
	return p
}

// close gives back all that the session held. What was not released stays
// undone.
func (p *session) close() {
	if p.folder != nil {
		p.folder.drop()
		p.server.opts.Maildrops.Release(p.account)
	}
	p.conn.Release()
}

// run greets and answers commands until the session ends.
func (p *session) run(ctx context.Context) {
	p.reply("+ POP2 " + p.server.opts.Hostname + " Tram ready")
	for !p.quit {
		line, err := p.conn.ReadLine(MaxLine)
		if err == nil && ctx.Err() != nil {
			err = lineconn.ErrWoken
		}
		if err != nil {
			p.readFailed(err)
			break
		}
		p.dispatch(ctx, bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'}))
	}
	_ = p.conn.Flush() // the connection ends in any case
}

func (p *session) readFailed(err error) {
	switch {
	case errors.Is(err, lineconn.ErrWoken):
		p.fail("server is stopping, connect again in a minute")
	case errors.Is(err, lineconn.ErrLineTooLong):
		p.fail("command line too long")
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.fail("too long without a command")
	}
}

// states are where a command may be said; dispatch is RFC 937's Server Decision
// Table.
func states(verb string) state {
	switch verb {
	case "HELO":
		return stateAuth
	case "FOLD", "READ":
		return stateMbox | stateItem
	case "RETR":
		return stateItem
	case "ACKS", "ACKD", "NACK":
		return stateNext
	case "QUIT":
		return stateAuth | stateMbox | stateItem
	}
	return 0
}

func (p *session) dispatch(ctx context.Context, line []byte) {
	verb, args, err := parse(line)
	if err != nil {
		p.fail(err.Error())
		return
	}
	if states(verb)&p.state == 0 {
		p.fail(verb + " has no place here")
		return
	}
	switch verb {
	case "HELO":
		p.helo(ctx, args[0], args[1])
	case "FOLD":
		p.fold(ctx, args[0])
	case "READ":
		p.read(ctx, args)
	case "RETR":
		p.retr()
	case "ACKS", "ACKD":
		p.folder.acknowledge(verb == "ACKD")
		p.item(ctx)
	case "NACK":
		p.item(ctx)
	case "QUIT":
		p.leave(ctx)
	}
}

// helo logs in and opens the INBOX. There is one try a connection.
func (p *session) helo(ctx context.Context, user, password string) {
	opts := &p.server.opts
	if p.info.TLSMode != listen.Implicit && !p.info.PlaintextLogin {
		p.fail("passwords only over TLS")
		return
	}
	if !utf8.ValidString(user) || !utf8.ValidString(password) {
		p.fail("login and password must be UTF-8")
		return
	}
	desk := &login.Desk{Auth: opts.Auth, Hostname: opts.Hostname, Remote: p.info.Remote.Addr()}
	err := desk.Password(ctx, user, password)
	account, name := desk.Who()
	switch {
	case err == nil:
	case opts.BadLogin == nil || errors.Is(err, opts.BadLogin):
		p.refused(ctx, user)
		return
	case errors.Is(err, login.ErrTooManyGuesses): // it was logged
		p.fail("cannot check the password now, try again later")
		return
	default:
		opts.Log.Error("pop login failed", "protocol", "pop2", "login", user, "remote", p.info.Remote, "error", err)
		p.fail("cannot check the password now, try again later")
		return
	}
	switch opts.Maildrops.TakeSoon(ctx, account, opts.LoginDelay) {
	case pop.InUse:
		p.fail("another session has this mailbox")
		return
	case pop.TooSoon:
		p.fail("you logged in a moment ago, try again later")
		return
	}
	folder, err := openFolder(ctx, opts.Store, kv.Account(account), "INBOX")
	if err != nil {
		opts.Maildrops.Release(account)
		p.failed("opening the mailbox", err)
		return
	}
	p.account, p.user, p.folder = account, name, folder
	p.conn.SetLimit(time.Time{})
	p.counted()
}

// refused answers a wrong password, after a moment that makes guessing slow.
func (p *session) refused(ctx context.Context, user string) {
	opts := &p.server.opts
	opts.Log.Info("login refused", "protocol", "pop2", "login", user, "remote", p.info.Remote.Addr())
	if opts.FailureDelay > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(opts.FailureDelay):
		}
	}
	p.fail("wrong login or password")
}

// fold leaves a mailbox, which removes what ACKD marked, and opens another.
func (p *session) fold(ctx context.Context, name string) {
	if err := p.folder.release(ctx); err != nil {
		p.failed("leaving the mailbox", err)
		return
	}
	fresh, err := openFolder(ctx, p.server.opts.Store, kv.Account(p.account), name)
	if err != nil {
		p.failed("opening the mailbox", err)
		return
	}
	p.folder = fresh
	p.counted()
}

// counted answers with the number of messages.
func (p *session) counted() {
	p.state = stateMbox
	p.reply("#" + strconv.Itoa(p.folder.count()) + " messages")
}

// read moves the current message indicator, when it has an argument.
func (p *session) read(ctx context.Context, args []string) {
	if len(args) > 0 {
		p.folder.current, _ = strconv.Atoi(args[0]) // parse has seen that it is a number
	}
	p.item(ctx)
}

// item answers with the length of the current message.
func (p *session) item(ctx context.Context) {
	octets, err := p.folder.prepare(ctx)
	if err != nil {
		p.failed("reading the message", err)
		return
	}
	p.state = stateItem
	p.reply("=" + strconv.FormatInt(octets, 10) + " characters in message " + strconv.Itoa(p.folder.current))
}

// retr sends the current message; without one the connection ends (RFC 937,
// RETR).
func (p *session) retr() {
	if p.folder.item == nil || p.folder.item.octet == 0 {
		p.quit = true
		return
	}
	if err := p.folder.send(p.conn); err != nil {
		p.server.opts.Log.Error("pop message unreadable", "protocol", "pop2", "login", p.user, "account", p.account, "error", err)
		p.quit = true // the client counts, and sees that something is missing
		return
	}
	p.state = stateNext
}

func (p *session) leave(ctx context.Context) {
	p.quit = true
	if p.folder != nil {
		if err := p.folder.release(ctx); err != nil {
			p.failed("removing the messages", err)
			return
		}
	}
	p.reply("+ OK bye")
}

func (p *session) reply(text string) {
	p.conn.WriteString(text)
	p.conn.WriteString("\r\n")
}

// fail is the answer to everything that is wrong (RFC 937: "if anything goes
// wrong close the connection").
func (p *session) fail(text string) {
	p.reply("- " + text + ", closing")
	p.quit = true
}

// failed is fail for trouble of the store. Clients never see internals.
func (p *session) failed(what string, err error) {
	p.server.opts.Log.Error("pop command failed", "protocol", "pop2", "command", what, "login", p.user, "account", p.account, "remote", p.info.Remote, "error", err)
	p.fail(what + " failed, ask the administrator")
}
