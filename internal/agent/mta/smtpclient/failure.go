package smtpclient

import (
	"errors"
	"fmt"
	"io"
	"net"

	"tram/internal/mail/smtpwire"
)

// Failure is the end of a conversation before its time: no connection, a
// timeout, a host that does not speak SMTP, or one that refused to talk.
type Failure struct {
	Host     string // "mx.example.org[192.0.2.1]"
	Step     string // what we were doing: "connect", "MAIL", "the final dot"
	Enhanced string // RFC 3463 code, "4.4.2"
	Err      error  // a *smtpwire.Reply when the host said why
	// Source is set when not the host but the text could not be read.
	Source bool
}

func (f *Failure) Error() string {
	var reply *smtpwire.Reply
	if errors.As(f.Err, &reply) {
		return fmt.Sprintf("%s said at %s: %s", f.Host, f.Step, reply.Error())
	}
	return fmt.Sprintf("%s: at %s: %s", f.Host, f.Step, plain(f.Err))
}

// isReply reports whether the host said why.
func (f *Failure) isReply() bool {
	var reply *smtpwire.Reply
	return errors.As(f.Err, &reply)
}

func (f *Failure) Unwrap() error { return f.Err }

// Reply is the failure as a temporary reply.
func (f *Failure) Reply() *smtpwire.Reply {
	return smtpwire.NewReply(451, f.Enhanced, f.Error())
}

// plain says in a word what happened to a connection.
func plain(err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	}
	return err.Error()
}
