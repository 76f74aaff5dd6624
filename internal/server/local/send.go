package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Times of the conversation on the socket.
const (
	dialTime  = 5 * time.Second
	replyTime = 5 * time.Minute // RFC 5321 4.5.3.2.7; a busy server takes its time to sync
)

// Sent says how a message went.
type Sent struct {
	ID      string // of the queue entry
	Dropped bool   // it waits for the server in a file
}

// RefusedError is a message that will not be taken, however often it is tried.
type RefusedError struct{ Reply *smtpwire.Reply }

func (e *RefusedError) Error() string { return "refused: " + e.Reply.Error() }

// Send hands a message to the server of a directory, or leaves it for it.
func Send(ctx context.Context, dir string, m *Message) (Sent, error) {
	id, err := submit(ctx, dir, m)
	var refused *RefusedError
	switch {
	case err == nil:
		return Sent{ID: id}, nil
	case errors.As(err, &refused):
		return Sent{}, err
	}
	if dropErr := drop(dir, m); dropErr != nil {
		return Sent{}, fmt.Errorf("no server takes the message (%w), and it cannot be left for it: %w", err, dropErr)
	}
	return Sent{Dropped: true}, nil
}

// Dial connects to the server, for sendmail -bs.
func Dial(ctx context.Context, dir string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTime}
	return d.DialContext(ctx, "unix", socketPath(dir))
}

// submit sends a message by SMTP.
func submit(ctx context.Context, dir string, m *Message) (id string, err error) {
	c, err := greet(ctx, dir)
	if err != nil {
		return "", err
	}
	defer c.conn.Close()
	from, rcpts, err := m.Envelope.addresses(c.domain)
	if err != nil {
		return "", err
	}
	if err := c.command(250, "MAIL FROM:%s%s", from, m.Envelope.mailParams(m.Text.Size(), from)); err != nil {
		return "", err
	}
	for _, to := range rcpts {
		if err := c.command(250, "RCPT TO:%s%s", to, m.Envelope.rcptParams()); err != nil {
			return "", err
		}
	}
	if err := c.command(354, "DATA"); err != nil {
		return "", err
	}
	var w smtpwire.DotWriter
	w.Reset(c.w)
	if _, err := io.Copy(&w, m.Text.Reader()); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	reply, err := c.reply(250)
	if err != nil {
		return "", err
	}
	fmt.Fprint(c.w, "QUIT\r\n")
	_ = c.w.Flush() // the message is taken; how the session ends does not matter
	return queuedID(reply.Text), nil
}

// queuedID finds the id in "Queued as ID".
func queuedID(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// client is our end of a conversation.
type client struct {
	conn   net.Conn
	r      *bufio.Reader
	w      *bufio.Writer
	domain string // of the server, that completes addresses
}

func greet(ctx context.Context, dir string) (*client, error) {
	conn, err := Dial(ctx, dir)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, r: bufio.NewReader(conn), w: bufio.NewWriterSize(conn, 64<<10)}
	if _, err = c.reply(220); err == nil {
		fmt.Fprint(c.w, "EHLO localhost\r\n")
		var hello *smtpwire.Reply
		if hello, err = c.reply(250); err == nil {
			c.domain, _, _ = strings.Cut(hello.Text, " ")
			c.domain, _, _ = strings.Cut(c.domain, "\n")
			return c, nil
		}
	}
	conn.Close()
	return nil, err
}

func (c *client) command(want int, format string, args ...any) error {
	fmt.Fprintf(c.w, format+"\r\n", args...)
	_, err := c.reply(want)
	return err
}

// reply flushes and reads a reply. One that is final is a RefusedError.
func (c *client) reply(want int) (*smtpwire.Reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return nil, err
	}
	if err := c.w.Flush(); err != nil {
		return nil, err
	}
	reply, err := smtpwire.ReadReply(c.r)
	switch {
	case err != nil:
		return nil, err
	case reply.Code == want:
		return reply, nil
	case reply.Permanent():
		return nil, &RefusedError{reply}
	}
	return nil, reply
}

// addresses are the paths of an envelope, completed with a domain.
func (e *Envelope) addresses(domain string) (from string, rcpts []string, err error) {
	from = "<>"
	if e.From != "" {
		a, err := complete(e.From, domain)
		if err != nil {
			return "", nil, err
		}
		from = a.Path()
	}
	for _, text := range e.Rcpts {
		a, err := complete(text, domain)
		if err != nil {
			return "", nil, err
		}
		rcpts = append(rcpts, a.Path())
	}
	return from, rcpts, nil
}

// complete reads an address of the command line.
func complete(text, domain string) (address.Address, error) {
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "<"), ">")
	if !strings.Contains(text, "@") {
		text += "@" + domain
	}
	a, err := address.ParseAddress(text)
	if err != nil {
		return a, &RefusedError{smtpwire.NewReply(553, "5.1.3", fmt.Sprintf("%q is not an address: %v", text, err))}
	}
	return a, nil
}

func (e *Envelope) mailParams(size int64, from string) string {
	var b strings.Builder
	fmt.Fprintf(&b, " SIZE=%d BODY=8BITMIME", size)
	for _, path := range append([]string{from}, e.Rcpts...) {
		if strings.ContainsFunc(path, func(r rune) bool { return r >= 0x80 }) {
			b.WriteString(" SMTPUTF8")
			break
		}
	}
	if e.Ret != "" {
		b.WriteString(" RET=" + e.Ret)
	}
	if e.EnvID != "" {
		b.WriteString(" ENVID=" + string(smtpwire.AppendXtext(nil, e.EnvID)))
	}
	return b.String()
}

func (e *Envelope) rcptParams() string {
	if e.Notify == "" {
		return ""
	}
	return " NOTIFY=" + e.Notify
}

// Verify asks the server about an address (VRFY) and returns its answer.
func Verify(ctx context.Context, dir, text string) (string, error) {
	c, err := greet(ctx, dir)
	if err != nil {
		return "", err
	}
	defer c.conn.Close()
	a, err := complete(text, c.domain)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(c.w, "VRFY %s\r\n", a.Path())
	reply, err := c.reply(250)
	if reply != nil && reply.Code == 252 { // it will be tried: that is all that can be said of other domains
		return a.Path(), nil
	}
	if err != nil {
		return "", err
	}
	return reply.Text, nil
}
