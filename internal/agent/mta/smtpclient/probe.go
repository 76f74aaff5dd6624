package smtpclient

import (
	"context"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Probe asks whether the host takes mail for a recipient and sends none: MAIL
// with the null sender, RCPT, and RSET before whatever follows. The reply is
// the one to RCPT. The error is a *Failure: the host would not talk, or not
// about that.
func (c *Conn) Probe(ctx context.Context, to address.Address) (*smtpwire.Reply, error) {
	defer c.guard(ctx)()
	t := &transaction{c: c, m: &Message{Rcpts: []Rcpt{{To: to}}}}
	if reply := c.unfitRcpt(&t.m.Rcpts[0]); reply != nil {
		return reply, nil
	}
	if err := t.reset(); err != nil {
		return nil, err
	}
	c.dirty = true
	line := "MAIL FROM:<>"
	utf8 := !to.IsASCII() && c.Offers(smtpwire.SMTPUTF8)
	if utf8 {
		line += " SMTPUTF8"
	}
	reply, err := c.command("MAIL", line)
	if err != nil {
		return nil, err
	}
	if reply.Code/100 != 2 {
		return nil, c.said("MAIL", reply)
	}
	return c.command("RCPT", "RCPT TO:"+wirePath(to, utf8))
}
