package smtpclient

import (
	"context"
	"io"

	"tram/internal/mail/smtpwire"
)

// Send offers a message to the host. It always says what became of each
// recipient; see Result.
func (c *Conn) Send(ctx context.Context, m *Message) Result {
	t := &transaction{c: c, m: m, Result: Result{Replies: make([]*smtpwire.Reply, len(m.Rcpts))}}
	defer c.guard(ctx)()
	c.sent++
	if reply := c.unfit(m); reply != nil {
		t.decide(reply)
		return t.Result
	}
	if t.prepare(); len(t.asked) == 0 {
		return t.Result
	}
	err := t.reset()
	if err == nil && c.offer.Extensions&smtpwire.Pipelining != 0 {
		err = t.pipelined()
	} else if err == nil {
		err = t.stepwise()
	}
	if err != nil {
		t.Failure = err
	}
	return t.Result
}

// transaction is one run through MAIL, RCPT and DATA.
type transaction struct {
	Result
	c        *Conn
	m        *Message
	utf8     bool
	asked    []int // indexes of the recipients that are named to the host
	accepted []int // of those, the ones it takes
}

// prepare chooses the recipients that can be named to this host.
func (t *transaction) prepare() {
	t.utf8 = t.c.needsUTF8(t.m)
	for i := range t.m.Rcpts {
		if reply := t.c.unfitRcpt(&t.m.Rcpts[i]); reply != nil {
			t.Replies[i] = reply
		} else {
			t.asked = append(t.asked, i)
		}
	}
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
	t.c.dirty = true
	t.c.w.Write(t.c.mailLine(t.m, t.utf8))
	if taken, err := t.readMail(true); err != nil || !taken {
		return err
	}
	for _, i := range t.asked {
		t.c.w.Write(t.c.rcptLine(&t.m.Rcpts[i], t.utf8))
		if err := t.readRcpt(i, true); err != nil {
			return err
		}
	}
	if len(t.accepted) == 0 {
		return nil
	}
	t.c.w.WriteString("DATA\r\n")
	return t.data()
}

// pipelined sends MAIL, all RCPT and DATA in one go (RFC 2920).
func (t *transaction) pipelined() *Failure {
	t.c.dirty = true
	t.c.w.Write(t.c.mailLine(t.m, t.utf8))
	for _, i := range t.asked {
		t.c.w.Write(t.c.rcptLine(&t.m.Rcpts[i], t.utf8))
	}
	t.c.w.WriteString("DATA\r\n")
	if err := t.c.w.Flush(); err != nil {
		return t.c.fail("MAIL", "4.4.2", err)
	}
	taken, err := t.readMail(false)
	if err != nil {
		return err
	}
	for _, i := range t.asked {
		if err := t.readRcpt(i, false); err != nil {
			return err
		}
	}
	if !taken {
		return t.abandon()
	}
	return t.data()
}

// abandon reads the reply to a DATA that was pipelined behind a refused MAIL.
// A host that wants the text all the same does not follow its own words: the
// connection is cut, for a final dot could make a message of nothing.
func (t *transaction) abandon() *Failure {
	t.accepted = nil
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

// data reads the reply to DATA, sends the text and reads the last reply.
func (t *transaction) data() *Failure {
	reply, err := t.c.flushAndRead("DATA", t.c.t.Data)
	switch {
	case err != nil:
		return asFailure(err)
	case reply.Code == 354 && len(t.accepted) == 0:
		return t.nothing()
	case reply.Code == 354:
		return t.text()
	case len(t.accepted) == 0:
		return nil
	case reply.Permanent() || reply.Temporary():
		t.conclude(reply)
		return nil
	}
	return t.c.fail("DATA", "4.5.0", smtpwire.ErrBadReply)
}

// nothing ends a DATA that was pipelined behind recipients none of which was
// taken (RFC 2920 3.1).
func (t *transaction) nothing() *Failure {
	t.c.w.WriteString(".\r\n")
	if _, err := t.c.flushAndRead("the final dot", t.c.t.Final); err != nil {
		t.c.broken = true // all recipients have their replies already
	}
	return nil
}

// text sends the message and its final dot.
func (t *transaction) text() *Failure {
	dots := smtpwire.NewDotWriter(t.c.w)
	source := &sourceReader{r: t.m.Text}
	if t.c.copying == nil {
		t.c.copying = make([]byte, writeBuffer)
	}
	if _, err := io.CopyBuffer(dots, source, t.c.copying); err != nil {
		return t.interrupted(source, err)
	}
	// Up to here the host cannot take the text for a message. What is flushed
	// now holds the final dot: from here on nobody knows without a reply.
	if err := dots.Close(); err != nil {
		return t.interrupted(source, err)
	}
	reply, err := t.c.flushAndRead("the final dot", t.c.t.Final)
	if err != nil {
		t.Lost = true
		return asFailure(err)
	}
	t.c.dirty = false
	switch {
	case reply.Code/100 == 2, reply.Permanent(), reply.Temporary():
		t.conclude(reply)
		return nil
	}
	t.Lost = true
	return t.c.fail("the final dot", "4.5.0", smtpwire.ErrBadReply)
}

// interrupted ends a text that could not be sent to its end. The connection is
// cut without a final dot, so the host cannot take the part for the whole.
func (t *transaction) interrupted(source *sourceReader, err error) *Failure {
	if source.err != nil {
		f := t.c.fail("reading the message", "4.3.0", source.err)
		f.Source = true
		return f
	}
	// A host that closes in the middle of the text has often said why.
	if reply, readErr := t.c.read("the text", t.c.t.Quit); readErr == nil && (reply.Permanent() || reply.Temporary()) {
		t.conclude(reply)
		t.c.broken = true
		return nil
	}
	return t.c.fail("the text", "4.4.2", err)
}

// conclude gives the accepted recipients the reply that decides about them.
func (t *transaction) conclude(reply *smtpwire.Reply) {
	for _, i := range t.accepted {
		t.Replies[i] = reply
	}
}

// sourceReader remembers whether reading or writing failed.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func asFailure(err error) *Failure { return err.(*Failure) }
