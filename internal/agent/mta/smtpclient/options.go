// Package smtpclient speaks SMTP and LMTP to other hosts: one connection, any
// number of transactions (RFC 5321, RFC 2033). What the host offers is used:
// PIPELINING, CHUNKING, SIZE, 8BITMIME, BINARYMIME, SMTPUTF8, DSN, STARTTLS,
// AUTH, REQUIRETLS, DELIVERBY, MT-PRIORITY and LIMITS. What it lacks is made up
// for where that is possible: text is converted to seven bits, domains go in
// A-labels.
//
//	conn, err := smtpclient.Dial(ctx, smtpclient.Host{Name: "mx.example.org", Addr: addr}, &options)
//	result := conn.Send(ctx, &smtpclient.Message{From: …, Rcpts: …, Text: …})
//	conn.Close() // QUIT
//
// # What a result says
//
// Each recipient has its own reply: 2yz taken over, 4yz later, 5yz never. A
// recipient without a reply is undecided: the conversation ended before the
// host had said anything about it (Result.Failure), or the host cannot take
// such a message (Result.Unfit), and another host may be asked. The one
// exception is a reply to the end of the text that got lost (Result.Lost). Then
// nobody knows, and only a later attempt, which may double the message, is
// right.
//
// # The text
//
// What leaves is canonical whatever is stored: lines end in CR LF, no CR, LF or
// NUL stands alone, by DATA and by BDAT alike. The one exception is a message
// that is marked as binary and goes to a host that offers BINARYMIME: there its
// octets are counted, and no octet means an end. (The queue has none of those:
// the intake encodes them.)
//
// # Trust
//
// The host is a stranger. Replies are bounded, its text is made printable, and
// what it sends before it was asked, before STARTTLS or after it, ends the
// conversation. Addresses are checked before they are written.
package smtpclient

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"time"
)

// TLSMode says whether a connection is encrypted. The values are those of the
// configuration file.
type TLSMode string

// The modes. Empty means Opportunistic.
const (
	Opportunistic TLSMode = "opportunistic" // STARTTLS when offered, any certificate; plain text when it fails
	NoTLS         TLSMode = "none"
	StartTLS      TLSMode = "starttls" // required, certificate verified
	ImplicitTLS   TLSMode = "implicit" // from the first byte, certificate verified
)

// Host is the host to talk to. It is comparable: connections to the same Host
// can stand in for each other.
type Host struct {
	Name     string // what its certificate must name, and what logs call it
	Addr     netip.AddrPort
	Socket   string // path of a Unix socket, in place of Addr
	LMTP     bool   // RFC 2033: LHLO, and a reply for each recipient
	TLS      TLSMode
	User     string // AUTH when not empty; never without TLS unless the mode is NoTLS
	Password string
}

// Options of all connections. The zero value is sensible.
type Options struct {
	Hostname string                 // our name in EHLO
	Source   netip.Addr             // where our side of connections comes from; zero: the system chooses
	RootCAs  *x509.CertPool         // for verified certificates; nil: those of the system
	Sessions tls.ClientSessionCache // to resume TLS sessions; nil: every handshake is a full one
	Timeouts Timeouts
}

// Timeouts bound each step (RFC 5321 4.5.3.2 gives the least values; they are
// the defaults).
type Timeouts struct {
	Connect   time.Duration // 30 s
	Greeting  time.Duration // 5 min
	Handshake time.Duration // 1 min, of TLS
	Command   time.Duration // 5 min: EHLO, MAIL, RCPT, STARTTLS, AUTH
	Data      time.Duration // 2 min: the reply to DATA
	Block     time.Duration // 3 min: to send a block of the text
	Final     time.Duration // 10 min: the reply to the final dot
	Quit      time.Duration // 5 s
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Connect:   cmp.Or(t.Connect, 30*time.Second),
		Greeting:  cmp.Or(t.Greeting, 5*time.Minute),
		Handshake: cmp.Or(t.Handshake, time.Minute),
		Command:   cmp.Or(t.Command, 5*time.Minute),
		Data:      cmp.Or(t.Data, 2*time.Minute),
		Block:     cmp.Or(t.Block, 3*time.Minute),
		Final:     cmp.Or(t.Final, 10*time.Minute),
		Quit:      cmp.Or(t.Quit, 5*time.Second),
	}
}
