package outlet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
)

// Message is one message for one outlet.
type Message struct {
	ID        string          // of the queue entry; names the file in a Maildir
	Sender    address.Address // of the envelope; zero is the null sender
	Recipient address.Address // the alias that owns the outlet
	Original  string          // the recipient as the sender wrote it; "" is Recipient
	Received  time.Time
	// Repeated says that an attempt before a crash may have delivered it.
	Repeated bool
	// Text is the whole message with CRLF line ends, read once.
	Text io.Reader
}

// Options of a Deliverer. The zero value delivers to files and refuses programs.
type Options struct {
	// Hostname is the last part of the names in a Maildir; default "localhost".
	Hostname string
	// Root is put in front of every path of a file; default "/".
	Root     string
	Programs Programs
}

// Deliverer delivers to files and programs. It may be used by any number of
// goroutines.
type Deliverer struct {
	o      Options
	places *places
}

// New returns a deliverer.
func New(o Options) *Deliverer {
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	if o.Root == "" {
		o.Root = "/"
	}
	o.Programs = o.Programs.withDefaults()
	return &Deliverer{o: o, places: newPlaces(o.Programs.Places)}
}

// Failure is a delivery that did not succeed, with the words for the sender.
type Failure struct {
	Temporary bool
	Reply     string // "550 5.1.1 User unknown: …"
	Cause     error  // for the log: it may name paths, which are not the sender's business
}

// Error is the cause, or the reply without one.
func (f *Failure) Error() string {
	if f.Cause == nil {
		return f.Reply
	}
	return f.Reply + ": " + f.Cause.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// Replies that an outlet fails with for reasons of its own.
const (
	replyUnsafe = "451 4.3.5 The file of this alias is not set up safely"
	replyFile   = "451 4.3.0 The file of this alias cannot be written"
	replySpace  = "452 4.3.1 The disk is full"
	replyQuota  = "452 4.2.2 The disk quota is used up"
	replyLocked = "451 4.2.0 The mailbox file is locked by another program"
)

// Deliver delivers m to a target of kind ToFile or ToProgram. When it returns
// nil the message is on disk, or the program has taken it. The error is a
// [*Failure] or that of ctx. Deliver waits for a place when programs have taken
// all, or half of them are this one.
func (d *Deliverer) Deliver(ctx context.Context, t directory.Target, m *Message) error {
	switch {
	case t.Kind == directory.ToProgram:
		return d.program(ctx, t.Argv, m)
	case t.Kind != directory.ToFile:
		return &Failure{Reply: "554 5.3.5 The target of the alias is no file and no program", Cause: fmt.Errorf("target %s", t)}
	case t.Path[len(t.Path)-1] == '/':
		return fileFailure(d.maildir(ctx, t.Path, m))
	default:
		return fileFailure(d.mbox(ctx, t.Path, m))
	}
}

// fileFailure finds the words for an error of a file. All of them are
// temporary: an administrator or the passing of time can mend each.
func fileFailure(err error) error {
	reply := replyFile
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, errUnsafe):
		reply = replyUnsafe
	case errors.Is(err, errLocked):
		reply = replyLocked
	case errors.Is(err, syscall.ENOSPC):
		reply = replySpace
	case errors.Is(err, syscall.EDQUOT):
		reply = replyQuota
	}
	return &Failure{Temporary: true, Reply: reply, Cause: err}
}
