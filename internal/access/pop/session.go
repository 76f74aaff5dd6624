package pop

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/listen/lineconn"
)

// state is where a session is in RFC 1939's life of one.
type state uint8

const (
	stateAuthorization state = 1 << iota
	stateTransaction
)

// session is one connection, used by one goroutine.
type session struct {
	server *Server
	info   listen.Info
	conn   *lineconn.Conn

	state    state
	tls      bool
	user     string // of USER until PASS; after login the canonical address
	account  uint64
	drop     *maildrop // after login
	commands int       // before login
	failures int       // refused logins
	bad      int       // commands that made no sense, in a row
	quit     bool
	utf8Mode bool
	say      *texts // the words of replies

	out    []byte  // replies that were not sent yet, see output.go
	pooled *[]byte // the buffer behind them, nil while there is none
}

var errControl = errors.New("pop: control character in a command")

func newSession(s *Server, c net.Conn, info listen.Info) *session {
	p := &session{server: s, info: info, conn: lineconn.New(c), state: stateAuthorization, say: languages()[0]}
	p.tls = info.TLSMode == listen.Implicit
	// Before login the limit counts from here, so that a slow drip does not
	// renew it.
	p.conn.SetLimit(time.Now().Add(s.opts.LoginTimeout))
	p.conn.SetTimeout(s.opts.IdleTimeout)
	return p
}

// close gives back all that the session held.
func (p *session) close() {
	if p.drop != nil {
		p.server.opts.Maildrops.Release(p.account)
		p.drop = nil
	}
	p.dropOut()
	p.conn.Release()
}

// secure reports whether a password may cross this connection.
func (p *session) secure() bool { return p.tls || p.info.PlaintextLogin }

// run greets and answers commands until the session ends. Replies leave when
// the client has nothing more in the pipeline.
func (p *session) run(ctx context.Context) {
	p.ok(p.server.opts.Hostname + " Tram POP3 ready")
	for !p.quit {
		line, err := p.readLine()
		if err == nil && ctx.Err() != nil {
			err = lineconn.ErrWoken // what is still in the pipeline is not begun
		}
		if err != nil {
			p.readFailed(err)
			break
		}
		p.dispatch(ctx, line)
	}
	p.flush()
	_ = p.conn.Flush() // the connection ends in any case
}

// readLine returns the next line without its end. Before it waits for one it
// sends what was replied, and gives back what a session that waits needs not.
func (p *session) readLine() ([]byte, error) {
	if p.pipelined() == 0 {
		p.dropOut()
		if p.drop != nil {
			p.drop.forget()
		}
	}
	line, err := p.conn.ReadLine(MaxLine)
	if err != nil {
		return nil, err
	}
	line = bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'})
	if bytes.IndexByte(line, 0) >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return nil, errControl
	}
	return line, nil
}

// readFailed tells the client why the session ends, where it can still hear
// it. RFC 1939 3: an end without QUIT removes no messages.
func (p *session) readFailed(err error) {
	switch {
	case errors.Is(err, lineconn.ErrWoken):
		p.errCode(codeTemporary, p.say.stopping)
	case errors.Is(err, lineconn.ErrLineTooLong):
		p.err(p.say.lineTooLong)
	case errors.Is(err, errControl):
		p.err(p.say.control)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.err(p.say.tooSlow)
	}
}
