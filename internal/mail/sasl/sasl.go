// Package sasl is the server side of SASL (RFC 4422) as SMTP, IMAP, POP3 and
// ManageSieve use it: mechanisms as small state machines, and the exchange of
// base64 lines around them. It does no I/O.
//
//	x := sasl.NewExchange(sasl.NewPlain(check))
//	challenge, done, err := x.Start(initial, hasInitial) // "AUTH PLAIN AGpvZQBwYXNz"
//	for !done && err == nil {
//		// send challenge behind "334 " or "+ ", read a line
//		challenge, done, err = x.Next(line)
//	}
//
// # Results
//
// done with a nil error means that the client is who it says; what that means
// is for the check function that the mechanism was given, which remembers the
// login. An error is one of those below, with a fixed meaning for every
// protocol, or the error of check.
//
// Mechanisms that never see a password (SCRAM-SHA-256, CRAM-MD5) are other
// implementations of [Mechanism] with other functions behind them. Package
// access/listen/login chooses among them for all doors alike.
package sasl

import "errors"

// Limits, in octets.
const (
	// MaxLine is the longest line of an exchange, without CRLF; RFC 4954 4
	// finds 12,288 sufficient.
	MaxLine = 12288
	// MaxLogin and MaxPassword bound what a client may give as credentials.
	MaxLogin    = 512
	MaxPassword = 1024
)

var (
	// ErrCancelled: the client sent "*" (SMTP: 501, IMAP: BAD, POP3: -ERR).
	ErrCancelled = errors.New("sasl: cancelled by the client")
	// ErrEncoding: the line is not base64, or too long (SMTP: 501 5.5.2).
	ErrEncoding = errors.New("sasl: response is not valid base64")
	// ErrMalformed: the response is not what the mechanism expects (501 5.5.2).
	ErrMalformed = errors.New("sasl: malformed response")
	// ErrIdentity: the client wants to act as someone else, which no mechanism
	// here allows (535 5.7.8, as a wrong password).
	ErrIdentity = errors.New("sasl: acting as another user is not supported")
	// ErrProof: the client does not know the password (as a wrong password).
	ErrProof = errors.New("sasl: the proof is wrong")
	// ErrBinding: the exchange is bound to another channel, or someone in
	// between hid that it could be (as a wrong password).
	ErrBinding = errors.New("sasl: the channel binding does not fit")
)

// Mechanism is the server side of one authentication. It is used once.
type Mechanism interface {
	// Name is the registered name: "PLAIN".
	Name() string
	// Next takes the client's response and returns the next challenge, or
	// done. response is nil at the first call when the client sent no initial
	// response; an empty one is not nil. It is not kept.
	Next(response []byte) (challenge []byte, done bool, err error)
}

// CheckPassword says whether login and password belong together; an error
// means that they do not, or that it could not be found out. Both are valid
// UTF-8 without NUL, not empty, within MaxLogin and MaxPassword.
type CheckPassword func(login, password string) error
