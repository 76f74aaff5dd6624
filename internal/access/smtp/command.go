package smtp

import (
	"bytes"
	"context"

	"tram/internal/mail/smtpwire"
)

// command is a row of the table of commands.
type command struct {
	run   func(s *session, ctx context.Context, arg []byte)
	needs needs
}

// needs is what must be so before a command is run. They are checked in this
// order.
type needs uint8

const (
	last          needs = 1 << iota // nothing may be sent behind it (RFC 2920 3.1)
	secured                         // TLS, where passwords are not taken without
	known                           // EHLO or HELO
	noArgument                      //
	betweenChunks                   // it may come between two BDAT and leaves the message alone
)

// commands is indexed by verb. What has no run is known and not implemented.
var commands = [smtpwire.NumVerbs]command{
	smtpwire.HELO:     {(*session).helo, last},
	smtpwire.EHLO:     {(*session).ehlo, last},
	smtpwire.LHLO:     {(*session).lhlo, last},
	smtpwire.MAIL:     {(*session).mail, secured | known},
	smtpwire.RCPT:     {(*session).rcpt, secured | known},
	smtpwire.DATA:     {(*session).data, last | secured | known | noArgument},
	smtpwire.BDAT:     {(*session).bdat, 0}, // it looks after what it needs: its octets have to be read in any case
	smtpwire.RSET:     {(*session).rset, noArgument},
	smtpwire.NOOP:     {(*session).noop, last | betweenChunks},
	smtpwire.VRFY:     {(*session).vrfy, last | secured | betweenChunks},
	smtpwire.EXPN:     {(*session).expn, last | secured | betweenChunks},
	smtpwire.HELP:     {(*session).help, last | betweenChunks},
	smtpwire.QUIT:     {(*session).quit, noArgument},
	smtpwire.STARTTLS: {(*session).startTLS, last | noArgument},
	smtpwire.AUTH:     {(*session).auth, last | known},
	smtpwire.ETRN:     {(*session).runQueue, secured | known},
	smtpwire.XCLIENT:  {(*session).xclient, last},
}

// command answers one line, which ends in LF.
func (s *session) command(ctx context.Context, line []byte) {
	s.commands++
	s.stats.Commands++
	s.verb = smtpwire.Unknown
	text, fault := cutLineEnd(line)
	if fault != nil {
		// Octets follow a BDAT, and nothing in them is a command.
		if verb, _ := smtpwire.ParseCommand(bytes.TrimRight(line, "\r\n")); verb == smtpwire.BDAT {
			s.ending, s.lingering = true, true
		}
		s.refuse(fault)
		return
	}
	verb, arg := smtpwire.ParseCommand(text)
	s.verb = verb
	s.traceCommand(verb, text)
	cmd := &s.table[verb]
	switch {
	case s.commands > s.opts.Limits.Commands && verb != smtpwire.QUIT:
		s.reply(errTooManyCommands)
	case cmd.needs&last != 0 && len(s.conn.Buffered()) > 0:
		s.refuseEarly()
	case verb == smtpwire.Unknown:
		s.unknown(text)
	case cmd.run == nil:
		s.refuse(errNotImplemented)
	case cmd.needs&secured != 0 && s.mustSecure():
		s.refuse(errNeedTLS)
	case cmd.needs&known != 0 && s.peer.Helo == "":
		s.refuse(errNeedEhlo)
	case cmd.needs&noArgument != 0 && len(arg) > 0:
		s.refuse(errNoArgument)
	default:
		cmd.run(s, ctx, arg)
	}
}

// cutLineEnd takes CR LF off a line. Anything else at the end, and any control
// character inside but a tab, refuses the line: what one program takes for one
// line must not be two for another.
func cutLineEnd(line []byte) ([]byte, *smtpwire.Reply) {
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok {
		return nil, errBareLF
	}
	for _, c := range text {
		if c < ' ' && c != '\t' || c == 0x7f {
			return nil, errControl
		}
	}
	return text, nil
}

// unknown refuses what is no command. A browser that was made to talk to this
// port would go on with headers and form data, in which commands could hide:
// its first line ends the session.
func (s *session) unknown(text []byte) {
	word, _, _ := bytes.Cut(text, []byte(" "))
	for _, method := range []string{"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "PRI"} {
		if string(word) == method {
			s.ending, s.lingering = true, true
			s.refuse(errHTTP)
			return
		}
	}
	s.refuse(errUnknownCommand)
}

// mustSecure reports whether the session has to begin TLS before it may do
// anything that tells or moves mail.
func (s *session) mustSecure() bool {
	return s.opts.Mode == Submission && s.peer.TLS == nil && !s.info.PlaintextLogin && s.canStartTLS()
}

// traceCommand shows a command to the tracer, without the secret that the
// initial response of AUTH is.
func (s *session) traceCommand(verb smtpwire.Verb, text []byte) {
	if s.trace == nil {
		return
	}
	if verb == smtpwire.AUTH {
		if fields := bytes.Fields(text); len(fields) > 2 {
			text = append(bytes.Join(fields[:2], []byte(" ")), " ***"...)
		}
	}
	s.trace(In, text)
}

// rset is RFC 5321 4.1.1.5.
func (s *session) rset(context.Context, []byte) {
	s.tx = transaction{}
	s.reply(okReset)
}

// noop is RFC 5321 4.1.1.9; an argument is ignored.
func (s *session) noop(context.Context, []byte) { s.reply(okNoop) }

// quit is RFC 5321 4.1.1.10.
func (s *session) quit(context.Context, []byte) {
	s.ending = true
	s.reply(okQuit)
}
