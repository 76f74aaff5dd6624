// Package smtpclient speaks SMTP to other hosts: one connection, any number of
// transactions (RFC 5321, with PIPELINING, SIZE, 8BITMIME, SMTPUTF8, DSN,
// STARTTLS and AUTH PLAIN when the host offers them).
package smtpclient

import (
	"crypto/x509"
	"time"
)

// TLSMode says whether a connection is encrypted. The values are those of the
// configuration file.
type TLSMode string

// The modes. Empty means Opportunistic.
const (
	Opportunistic TLSMode = "opportunistic" // STARTTLS when offered, any certificate
	NoTLS         TLSMode = "none"
	StartTLS      TLSMode = "starttls" // required, certificate verified
	ImplicitTLS   TLSMode = "implicit" // from the first byte, certificate verified
)

// Options of all connections. The zero value is sensible.
type Options struct {
	Hostname string         // our name in EHLO
	RootCAs  *x509.CertPool // for verified certificates; nil: those of the system
	Timeouts Timeouts
}

// Timeouts bound each step (RFC 5321 4.5.3.2 gives the least values; they are
// the defaults).
type Timeouts struct {
	Connect  time.Duration // 30 s
	Greeting time.Duration // 5 min, also the TLS handshake's, at most 1 min for that
	Command  time.Duration // 5 min: EHLO, MAIL, RCPT, STARTTLS, AUTH
	Data     time.Duration // 2 min: the reply to DATA
	Block    time.Duration // 3 min: to send a block of the text
	Final    time.Duration // 10 min: the reply to the final dot
	Quit     time.Duration // 5 s
}
