// Package lineconn is the connection of a line-based mail protocol (SMTP,
// POP3, IMAP, ManageSieve): lines and raw bytes in, replies out, and next to
// no memory while nothing happens.
//
// # Memory
//
// A connection that waits holds 128 bytes of its own. A buffer of 32 KiB is
// borrowed from a pool when bytes have arrived and given back before the
// connection waits again, unless a longer piece of a line has to be kept. On a
// plain TCP connection the wait itself needs no buffer at all; under TLS it is
// a read into the 128 bytes.
//
// # Bytes in
//
// [Conn.Buffered], [Conn.Discard] and [Conn.Fill] are a window on what has
// arrived (smtpwire.Source); [Conn.ReadLine] cuts lines out of it and
// [Conn.Read] copies. Slices stay valid until the next call that reads.
//
// # Bytes out
//
// Write and WriteString collect; the bytes leave in one piece at [Conn.Flush],
// or by themselves before the connection waits for input. So the replies to
// pipelined commands go out together, and no reply can be forgotten.
//
// # Time
//
// Every wait has a deadline. ReadLine gives the whole line one Timeout, so
// that a byte now and then does not keep a connection alive; Fill gives it to
// each piece. [Conn.Wake] ends a ReadLine that waits for the first byte of a
// line, from any goroutine: for shutdown, and for news to an idle client.
//
// A Conn is used by one goroutine; only Wake may be called from others.
package lineconn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// BufferSize is the size of a borrowed buffer and so the longest line.
	BufferSize = 32 << 10
	// smallSize is what a waiting connection keeps for itself. Most single
	// commands fit.
	smallSize = 128
	// maxSkip is how much of an overlong line is read away before the
	// connection is given up.
	maxSkip = 16 << 20
	// lingerTime and lingerBytes bound Linger.
	lingerTime  = time.Second
	lingerBytes = 1 << 20
	// DefaultTimeout is the Timeout of a new connection (RFC 5321 4.5.3.2.7).
	DefaultTimeout = 5 * time.Minute
)

var (
	// ErrLineTooLong says that a line was longer than allowed. It was read
	// away: the next ReadLine begins after its end.
	ErrLineTooLong = errors.New("lineconn: line too long")
	// ErrEndlessLine says that a line was so long that it was not read to its
	// end. Only closing the connection is left.
	ErrEndlessLine = errors.New("lineconn: line without end")
	// ErrWoken says that Wake was called while or before ReadLine waited.
	ErrWoken = errors.New("lineconn: woken")
)

// Conn is a connection. Its zero value is not usable, see [New].
type Conn struct {
	first net.Conn // the connection that New got; for Wake, which must not race with Replace
	conn  net.Conn
	raw   syscall.RawConn // nil when the connection is not plain TCP

	in        []byte  // what has arrived is in[pos:]
	pos       int     //
	big       *buffer // the backing of in when it was borrowed, else nil
	small     [smallSize]byte
	out       []byte // replies not yet sent
	outBuffer *outBuffer
	writeErr  error // of a write that failed; final

	timeout  time.Duration
	until    time.Time // hard limit of all waits, zero for none
	deadline time.Time // of reads, as last given to conn
	writeDue time.Time // of writes, as last given to conn
	woken    atomic.Bool

	received, sent int64
	readOnce       rawRead
}

// New returns a Conn on top of conn.
func New(conn net.Conn) *Conn {
	c := &Conn{first: conn, timeout: DefaultTimeout}
	c.attach(conn)
	return c
}

func (c *Conn) attach(conn net.Conn) {
	c.conn, c.raw = conn, nil
	c.deadline, c.writeDue = time.Time{}, time.Time{}
	if tcp, ok := conn.(*net.TCPConn); ok {
		c.raw, _ = tcp.SyscallConn()
	}
}

// SetTimeout sets how long the peer may take for a line, for the next piece of
// a body, or to accept a reply.
func (c *Conn) SetTimeout(d time.Duration) { c.timeout = d }

// SetLimit sets a moment after which every wait fails, whatever the timeout;
// the zero time takes it off.
func (c *Conn) SetLimit(t time.Time) { c.until = t }

// Replace puts another connection, as a rule the TLS one made from the old,
// in the place of the old one. Bytes that have arrived and were not read are
// forgotten: they came before the protection (CVE-2011-0411).
func (c *Conn) Replace(conn net.Conn) {
	c.drop()
	c.attach(conn)
}

// NetConn returns the connection below.
func (c *Conn) NetConn() net.Conn { return c.conn }

// Received and Sent count the bytes, without those of TLS.
func (c *Conn) Received() int64 { return c.received }
func (c *Conn) Sent() int64     { return c.sent }

// Wake makes the ReadLine that waits, or else the next one that would wait at
// the start of a line, return ErrWoken. Any goroutine may call it.
func (c *Conn) Wake() {
	c.woken.Store(true)
	// The deadline of a connection is that of the TLS connection on top of it.
	// An error means that the connection is gone, which wakes as well.
	_ = c.first.SetReadDeadline(time.Unix(1, 0))
}

// WakeOn calls Wake when ctx ends. The caller calls stop before it leaves the
// connection. It costs no goroutine until then.
func (c *Conn) WakeOn(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, c.Wake)
}

// Release gives borrowed buffers back, with what is in them. The connection
// below stays open. Nothing else may be called afterwards.
func (c *Conn) Release() {
	c.drop()
	c.dropOut()
}

// Linger closes the sending side and reads what the peer still has under way,
// for a moment and within bounds, so that closing the socket on unread bytes
// does not destroy the last reply. The session ends after it.
func (c *Conn) Linger() {
	c.dropOut()
	conn := c.conn
	if secure, ok := conn.(*tls.Conn); ok {
		secure.SetWriteDeadline(time.Now().Add(lingerTime))
		secure.CloseWrite()
		conn = secure.NetConn()
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.drop()
	c.grow()
	conn.SetReadDeadline(time.Now().Add(lingerTime))
	for total := 0; total < lingerBytes; {
		n, err := conn.Read(c.big[:])
		if err != nil {
			return
		}
		total += n
	}
}
