package smtpclient

import (
	"context"
	"io"

	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
)

// Send offers a message to the host. It always says what became of each
// recipient; see Result. There are at most [Conn.MaxRcpts] of them.
func (c *Conn) Send(ctx context.Context, m *Message) Result {
	t := &transaction{c: c, m: m, source: source{r: m.Text}}
	t.Replies, t.Offered = make([]*smtpwire.Reply, len(m.Rcpts)), c.offer.Extensions
	defer c.guard(ctx)()
	c.sent++
	unfit, failed := t.fit()
	if unfit != nil || failed != nil {
		t.Unfit, t.Failure = unfit, failed
		return t.Result
	}
	if t.prepare(); len(t.asked) == 0 {
		return t.Result
	}
	if err := t.run(); err != nil {
		t.Failure = err
	}
	return t.Result
}

// transaction is one run through MAIL, RCPT and DATA or BDAT.
type transaction struct {
	Result
	c      *Conn
	m      *Message
	source source // the text, and whether it could be read

	utf8      bool
	size      int64              // of the text as it will be sent, about
	body      smtpwire.BodyType  // BODY
	converted *message.Downgrade // the text in 7 bits, or nil: as it is

	asked    []int // indexes of the recipients that are named to the host
	accepted []int // of those, the ones it takes
}

// prepare chooses the recipients that can be named to this host.
func (t *transaction) prepare() {
	t.utf8 = t.c.needsUTF8(t.m)
	t.asked = make([]int, 0, 2*len(t.m.Rcpts))
	for i := range t.m.Rcpts {
		if reply := t.c.unfitRcpt(&t.m.Rcpts[i]); reply != nil {
			t.Replies[i] = reply
		} else {
			t.asked = append(t.asked, i)
		}
	}
	t.accepted = t.asked[len(t.asked):]
}

func (t *transaction) run() *Failure {
	if err := t.reset(); err != nil {
		return err
	}
	t.c.dirty = true
	switch {
	case t.c.Offers(smtpwire.Chunking):
		return t.bdat()
	case t.c.Offers(smtpwire.Pipelining):
		return t.pipelined()
	}
	return t.stepwise()
}

// reset clears away what an earlier transaction left behind.
func (t *transaction) reset() *Failure {
	if !t.c.dirty {
		return nil
	}
	reply, err := t.c.command("RSET", "RSET")
	if err != nil {
		return asFailure(err)
	}
	if reply.Code != 250 {
		return t.c.refuse("RSET", reply)
	}
	t.c.dirty = false
	return nil
}

// stepwise waits for each reply before the next command.
func (t *transaction) stepwise() *Failure {
	if err := t.envelope(); err != nil || len(t.accepted) == 0 {
		return err
	}
	t.c.w.WriteString("DATA\r\n")
	return t.data()
}

// pipelined sends MAIL, all RCPT and DATA in one go (RFC 2920).
func (t *transaction) pipelined() *Failure {
	t.writeEnvelope()
	t.c.w.WriteString("DATA\r\n")
	if err := t.c.w.Flush(); err != nil {
		return t.c.fail("MAIL", "4.4.2", err)
	}
	taken, err := t.readEnvelope()
	switch {
	case err != nil:
		return err
	case !taken:
		return t.abandon()
	}
	return t.data()
}

// envelope says MAIL and RCPT and reads what the host says to them.
func (t *transaction) envelope() *Failure {
	if t.c.Offers(smtpwire.Pipelining) {
		t.writeEnvelope()
		if err := t.c.w.Flush(); err != nil {
			return t.c.fail("MAIL", "4.4.2", err)
		}
		_, err := t.readEnvelope()
		return err
	}
	t.c.w.Write(t.appendMail(t.c.line[:0]))
	if taken, err := t.readMail(true); err != nil || !taken {
		return err
	}
	for _, i := range t.asked {
		t.c.w.Write(t.appendRcpt(t.c.line[:0], &t.m.Rcpts[i]))
		if err := t.readRcpt(i, true); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) writeEnvelope() {
	line := t.appendMail(t.c.line[:0])
	t.c.w.Write(line)
	for _, i := range t.asked {
		line = t.appendRcpt(line[:0], &t.m.Rcpts[i])
		t.c.w.Write(line)
	}
	t.c.line = line
}

// readEnvelope reads the replies to what writeEnvelope wrote.
func (t *transaction) readEnvelope() (taken bool, failed *Failure) {
	taken, err := t.readMail(false)
	if err != nil {
		return false, err
	}
	for _, i := range t.asked {
		if err := t.readRcpt(i, false); err != nil {
			return false, err
		}
	}
	if !taken {
		t.accepted = nil
	}
	return taken, nil
}

// abandon reads the reply to a DATA that was pipelined behind a refused MAIL.
// A host that wants the text all the same does not follow its own words: the
// connection is cut, for a final dot could make a message of nothing.
func (t *transaction) abandon() *Failure {
	reply, err := t.c.read("DATA", t.c.t.Data)
	if err != nil || reply.Code == 354 {
		t.c.broken = true // what there was to decide is decided
	}
	return nil
}

// readMail reads the reply to MAIL. A refusal for good is the reply of every
// recipient; one for now is a failure of this host, for another may be less
// busy.
func (t *transaction) readMail(flush bool) (taken bool, failed *Failure) {
	reply, err := t.reply("MAIL", flush)
	switch {
	case err != nil:
		return false, asFailure(err)
	case reply.Code/100 == 2:
		return true, nil
	case reply.Permanent():
		t.decide(reply)
		return false, nil
	}
	t.Failure = t.c.said("MAIL", reply)
	return false, nil
}

func (t *transaction) readRcpt(i int, flush bool) *Failure {
	reply, err := t.reply("RCPT", flush)
	switch {
	case err != nil:
		return asFailure(err)
	case t.Replies[i] != nil || t.Failure != nil:
		return nil // after a refused MAIL its own reply means nothing
	case reply.Code/100 == 2:
		t.accepted = append(t.accepted, i)
	case reply.Code == 552:
		// RFC 5321 4.5.3.1.10: from old hosts it means "too many recipients".
		t.Replies[i] = smtpwire.NewReply(452, "4.5.3", reply.Text)
	case reply.Permanent() || reply.Temporary():
		t.Replies[i] = reply
	default:
		return t.c.fail("RCPT", "4.5.0", smtpwire.ErrBadReply)
	}
	return nil
}

func (t *transaction) reply(step string, flush bool) (*smtpwire.Reply, error) {
	if flush {
		return t.c.flushAndRead(step, t.c.t.Command)
	}
	return t.c.read(step, t.c.t.Command)
}

// conclude gives the accepted recipients the reply that decides about them.
func (t *transaction) conclude(reply *smtpwire.Reply) {
	for _, i := range t.accepted {
		t.Replies[i] = reply
	}
}

// finish reads what the host says to the end of the text: one reply, or by
// LMTP one for each recipient that it has taken (RFC 2033 4.2).
func (t *transaction) finish(step string) *Failure {
	replies := 1
	if t.c.host.LMTP && len(t.accepted) > 0 {
		replies = len(t.accepted)
	}
	for n := range replies {
		reply, err := t.c.flushAndRead(step, t.c.t.Final)
		if err != nil {
			return t.lost(asFailure(err))
		}
		switch {
		case reply.Code/100 != 2 && !reply.Permanent() && !reply.Temporary():
			return t.lost(t.c.fail(step, "4.5.0", smtpwire.ErrBadReply))
		case t.c.host.LMTP && len(t.accepted) > 0:
			t.Replies[t.accepted[n]] = reply
		default:
			t.conclude(reply)
		}
	}
	t.c.dirty = false
	return nil
}

// lost notes that the text is with the host, and what it did with it unknown:
// unless it said that it goes away without having taken anything (421).
func (t *transaction) lost(f *Failure) *Failure {
	t.Lost = !f.isReply()
	return f
}

// source is the text. It remembers whether reading it went wrong, so that this
// is not taken for trouble with the host.
type source struct {
	r   io.ReaderAt
	err error
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// unreadable is the failure of a message that cannot be read.
func (t *transaction) unreadable(err error) *Failure {
	return &Failure{Host: t.c.Name(), Step: "reading the message", Enhanced: "4.3.0", Err: err, Source: true}
}

func asFailure(err error) *Failure { return err.(*Failure) }
