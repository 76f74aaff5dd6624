package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"

	"tram/internal/mail/smtpwire"
)

// Buffer sizes of a connection, in bytes. The reader bounds a line of a reply.
const (
	readBuffer  = 4 << 10
	writeBuffer = 16 << 10
)

// Conn is a connection to a host that is ready for transactions. It is used
// by one goroutine at a time.
type Conn struct {
	host Host
	o    *Options
	t    Timeouts

	ctx   context.Context // of the call that is running; see guard
	nc    net.Conn
	r     *bufio.Reader
	w     *bufio.Writer
	offer smtpwire.Offer

	opened   time.Time
	sent     int    // transactions so far
	dirty    bool   // a transaction was given up: RSET goes before the next
	broken   bool   // nothing more can be said
	fallback bool   // the TLS handshake failed before
	copying  []byte // buffer for texts, made when there is one
	chunk    []byte // the same, of BDAT
	line     []byte // buffer for a command
}

// Dial connects, greets, and brings up TLS and the login as the host entry
// says. The error is a *Failure.
//
// A host that offers STARTTLS and then fails at it is connected to once more,
// in plain text, when TLS is opportunistic: encryption is a gift there, and
// mail that does not arrive protects nobody.
func Dial(ctx context.Context, h Host, o *Options) (*Conn, error) {
	c, err := dial(ctx, h, o)
	var failed *Failure
	if errors.As(err, &failed) && failed.Step == stepHandshake && ctx.Err() == nil && (h.TLS == Opportunistic || h.TLS == "") {
		h.TLS = NoTLS
		if c, err = dial(ctx, h, o); err == nil {
			c.fallback = true
		}
	}
	return c, err
}

func dial(ctx context.Context, h Host, o *Options) (*Conn, error) {
	c := &Conn{host: h, o: o, t: o.Timeouts.withDefaults(), opened: time.Now(), ctx: ctx}
	network, where := "tcp", h.Addr.String()
	if h.Socket != "" {
		network, where = "unix", h.Socket
	}
	nc, err := c.dialer().DialContext(ctx, network, where)
	if err != nil {
		return nil, c.fail("connect", "4.4.1", err)
	}
	if err := c.begin(ctx, nc); err != nil {
		return nil, err
	}
	return c, nil
}

// dialer binds our side to Options.Source, unless the host is one of the other
// IP family, which cannot be reached from there.
func (c *Conn) dialer() *net.Dialer {
	d := &net.Dialer{Timeout: c.t.Connect}
	if to := c.host.Addr.Addr(); c.o.Source.IsValid() && to.IsValid() && c.o.Source.Is4() == to.Is4() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.o.Source, 0))
	}
	return d
}

// begin takes a fresh connection over; with an error it is closed.
func (c *Conn) begin(ctx context.Context, nc net.Conn) error {
	c.attach(nc)
	defer c.guard(ctx)()
	if err := c.open(); err != nil {
		nc.Close()
		return err
	}
	return nil
}

// attach makes nc the connection under the buffers, which must be empty.
func (c *Conn) attach(nc net.Conn) {
	c.nc = nc
	c.r = bufio.NewReaderSize(nc, readBuffer)
	c.w = bufio.NewWriterSize(blockWriter{c}, writeBuffer)
}

// open brings the connection up to where transactions begin.
func (c *Conn) open() error {
	if c.host.TLS == ImplicitTLS {
		if err := c.handshake(); err != nil {
			return err
		}
	}
	greeting, err := c.read("greeting", c.t.Greeting)
	if err != nil {
		return err
	}
	if greeting.Code != 220 {
		return c.refuse("greeting", greeting)
	}
	if err := c.hello(); err != nil {
		return err
	}
	if err := c.startTLS(); err != nil {
		return err
	}
	return c.login()
}

// hello introduces us, by HELO when the host is too old for EHLO.
func (c *Conn) hello() error {
	verb := "EHLO"
	if c.host.LMTP {
		verb = "LHLO"
	}
	reply, err := c.command(verb, verb+" "+c.o.Hostname)
	if err != nil {
		return err
	}
	c.offer = smtpwire.Offer{}
	if reply.Code == 250 {
		c.offer = smtpwire.ParseEHLO(reply)
		return nil
	}
	if !reply.Permanent() || c.host.LMTP {
		return c.refuse(verb, reply)
	}
	reply, err = c.command("HELO", "HELO "+c.o.Hostname)
	if err == nil && reply.Code != 250 {
		err = c.refuse("HELO", reply)
	}
	return err
}

// errEarly says that the host answered what it had not been asked. What it
// means by it, and to whom it really speaks, is not worth finding out.
var errEarly = errors.New("answered before it was asked")

// command sends a line and reads the reply.
func (c *Conn) command(step, line string) (*smtpwire.Reply, error) {
	if c.r.Buffered() > 0 {
		return nil, c.fail(step, "4.5.0", errEarly)
	}
	c.w.WriteString(line)
	c.w.WriteString("\r\n")
	return c.flushAndRead(step, c.t.Command)
}

func (c *Conn) flushAndRead(step string, timeout time.Duration) (*smtpwire.Reply, error) {
	if err := c.w.Flush(); err != nil {
		return nil, c.fail(step, "4.4.2", err)
	}
	return c.read(step, timeout)
}

// read reads one reply. 421 can come at any time and ends the connection
// (RFC 5321 3.8); it is an error like every other end.
func (c *Conn) read(step string, timeout time.Duration) (*smtpwire.Reply, error) {
	c.deadline(timeout)
	reply, err := smtpwire.ReadReply(c.r)
	switch {
	case errors.Is(err, smtpwire.ErrBadReply):
		return nil, c.fail(step, "4.5.0", err)
	case err != nil:
		return nil, c.fail(step, "4.4.2", err)
	case reply.Code == 421:
		return nil, c.refuse(step, reply)
	}
	return reply, nil
}

// deadline bounds the next read or write, but never beyond the end of the
// context: guard may have set a deadline in the past already.
func (c *Conn) deadline(timeout time.Duration) {
	c.nc.SetDeadline(time.Now().Add(timeout))
	if c.ctx.Err() != nil {
		c.nc.SetDeadline(time.Unix(1, 0))
	}
}

// guard makes the end of ctx interrupt what the connection is waiting for,
// until the returned function is called.
func (c *Conn) guard(ctx context.Context) (release func()) {
	c.ctx = ctx
	nc := c.nc
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// blockWriter gives each block of text its own time (RFC 5321 4.5.3.2.5).
type blockWriter struct{ c *Conn }

func (b blockWriter) Write(p []byte) (int, error) {
	b.c.deadline(b.c.t.Block)
	return b.c.nc.Write(p)
}

// fail ends the connection because of an error.
func (c *Conn) fail(step, enhanced string, err error) *Failure {
	c.broken = true
	if cause := context.Cause(c.ctx); cause != nil {
		err = cause
	}
	return &Failure{Host: c.Name(), Step: step, Enhanced: enhanced, Err: err}
}

// refuse ends the connection because of what the host said.
func (c *Conn) refuse(step string, reply *smtpwire.Reply) *Failure {
	c.broken = true
	return c.said(step, reply)
}

// said is what the host said as the end of this transaction only.
func (c *Conn) said(step string, reply *smtpwire.Reply) *Failure {
	enhanced := "4.3.0"
	if reply.Temporary() && reply.Enhanced != "" {
		enhanced = reply.Enhanced
	}
	return &Failure{Host: c.Name(), Step: step, Enhanced: enhanced, Err: reply}
}

// Name is the host as logs and reports call it, "mx.example.org[192.0.2.1]", or
// the path of its socket.
func (c *Conn) Name() string {
	switch {
	case c.host.Socket != "":
		return c.host.Socket
	case c.host.Name == "" || c.host.Name == c.host.Addr.Addr().String():
		return "[" + c.host.Addr.Addr().String() + "]"
	}
	return c.host.Name + "[" + c.host.Addr.Addr().String() + "]"
}

// Host is the host that was dialled.
func (c *Conn) Host() Host { return c.host }

// Usable reports whether another transaction can follow.
func (c *Conn) Usable() bool {
	return !c.broken && (c.offer.MaxMails == 0 || c.sent < c.offer.MaxMails)
}

// usualRcpts is how many recipients every host takes (RFC 5321 4.5.3.1.8).
const usualRcpts = 100

// MaxRcpts is how many recipients a transaction may have here.
func (c *Conn) MaxRcpts() int {
	if c.offer.MaxRcpts > 0 {
		return c.offer.MaxRcpts
	}
	return usualRcpts
}

// MaxDomains is how many domains the recipients of a transaction may have, 0
// when it does not matter.
func (c *Conn) MaxDomains() int { return c.offer.MaxDomains }

// Sent is the number of transactions so far.
func (c *Conn) Sent() int { return c.sent }

// Opened is when the connection was made.
func (c *Conn) Opened() time.Time { return c.opened }

// Fallback reports whether the connection is in plain text only because the
// TLS handshake failed.
func (c *Conn) Fallback() bool { return c.fallback }

// TLS describes the encryption, "TLS 1.3 TLS_AES_128_GCM_SHA256", or is empty.
func (c *Conn) TLS() string {
	tc, ok := c.nc.(*tls.Conn)
	if !ok {
		return ""
	}
	state := tc.ConnectionState()
	return tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
}

// Abort closes without a word.
func (c *Conn) Abort() {
	c.broken = true
	c.nc.Close()
}

// Close says QUIT, waits a moment for the answer (RFC 5321 4.1.1.10), and
// closes.
func (c *Conn) Close() {
	if !c.broken {
		defer c.guard(context.Background())()
		c.nc.SetDeadline(time.Now().Add(c.t.Quit))
		if _, err := c.nc.Write([]byte("QUIT\r\n")); err == nil {
			_, _ = smtpwire.ReadReply(c.r) // whatever it says, we are leaving
		}
	}
	c.broken = true
	c.nc.Close()
}
