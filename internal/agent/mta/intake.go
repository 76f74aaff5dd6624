package mta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// IntakeOptions are what an Intake stands on. Hostname, Blobs and Queue are
// required.
type IntakeOptions struct {
	Hostname string
	Blobs    blob.Store
	Queue    *queue.Queue
	// Directory has the rules of rewriting and copies, and the footers. Nil
	// takes mail as it comes.
	Directory Directory
	Networks  []netip.Prefix // clients that are ours although they do not log in
	Names     Names          // as of the Receiver
	// ShowClient writes the address and EHLO name of users who logged in into
	// the trace header, as Postfix does. By default only our own name is
	// there: where somebody was when he wrote is no business of the recipient.
	// The log has it in any case.
	ShowClient bool
	Counters   *Counters
	Log        *slog.Logger
}

// Intake takes accepted mail into the queue. Every agent that accepts mail
// uses it: mta.Receiver directly, msa.Submitter through an interface.
type Intake struct {
	o       IntakeOptions
	policy  PolicyConfig
	buffers sync.Pool // *[]byte, for trace headers
}

// NewIntake returns an intake.
func NewIntake(o IntakeOptions) *Intake {
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Intake{o: o, policy: PolicyConfig{Networks: o.Networks}, buffers: sync.Pool{New: func() any { return new([]byte) }}}
}

// Replies of the intake.
var (
	errHops     = smtpwire.NewReply(554, "5.4.6", "The message has passed too many hosts; it seems to go round in circles")
	errTooLarge = smtpwire.NewReply(552, "5.3.4", "The message is too large")
	errFull     = smtpwire.NewReply(452, "4.3.1", "The queue is full, try again later")
)

// Take reads the text of a message to its end, stores it behind a trace header
// and queues it for the recipients of e. When the error is nil the message is
// queued and synced, and id names it. An error that is a *smtpwire.Reply is
// meant for the client; any other is temporary.
func (in *Intake) Take(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) (id string, err error) {
	rules, err := in.rules(ctx)
	if err != nil {
		return "", err
	}
	var o orders
	if rules != nil && len(rules.Access) > 0 {
		if e, o = in.sort(ctx, rules, p, e); len(e.Rcpts) == 0 {
			return in.drop(ctx, p, e, text)
		}
	}
	ours := Trusted(in.policy, clientOf(ctx, p, rules, in.o.Names), rules)
	if ours {
		if text, err = in.edit(ctx, rules, p, e, text); err != nil {
			return "", err
		}
	}
	w, err := in.o.Blobs.Create(ctx)
	if err != nil {
		return "", fmt.Errorf("store the message: %w", err)
	}
	defer func() { w.Abort() }()
	m := queue.Message{ID: in.o.Queue.NewID(), Received: time.Now()}
	s := &sink{blob: w, digest: message.NewScanner()}
	defer func() { s.digest.Reset() }()
	if e.FromParams.Body == smtpwire.BodyBinaryMIME {
		s.watch = new(textWatch)
	}
	if err := in.read(s, &m, p, e, text); err != nil {
		return "", err
	}
	binary := s.watch != nil && !s.watch.isText()
	if binary {
		if w, s, err = in.asText(ctx, w, s); err != nil {
			return "", err
		}
	}
	m.Digest = s.hint()
	m.Size, m.EightBit = w.Size(), s.eightBit
	m.SMTPUTF8 = e.FromParams.SMTPUTF8 && s.header.eightBit
	m.Hold, m.HoldReason = o.hold, o.why
	in.envelope(&m, rules, p, e)
	in.params(&m, &e.FromParams, ours)
	m.Binary = m.Binary && !binary // now it is encoded
	// The body before the commit, or with it: the queue entry is the promise, and
	// it must never name a body that is not there.
	body, err := w.Stage(ctx)
	if err != nil {
		return "", storeError(err)
	}
	m.Body, m.Rider = body.ID, body.Rider
	queued, err := in.o.Queue.Add(ctx, m)
	if err != nil {
		return "", queueError(err)
	}
	in.o.Counters.Accepted.Add(1)
	in.o.Counters.AcceptedBytes.Add(m.Size)
	in.log(ctx, queued, &m)
	return queued.String(), nil
}

// read streams trace header and text into the sink.
func (in *Intake) read(s *sink, m *queue.Message, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) error {
	buf := in.buffers.Get().(*[]byte)
	defer in.buffers.Put(buf)
	t := trace{host: in.o.Hostname, id: m.ID.String(), peer: p, envelope: e, showClient: in.o.ShowClient, now: m.Received}
	*buf = t.append((*buf)[:0])
	if _, err := s.Write(*buf); err != nil {
		return storeError(err)
	}
	if _, err := io.Copy(s, text); err != nil {
		if s.err != nil {
			return storeError(s.err)
		}
		return err // of the connection, or what is wrong with the text
	}
	return nil
}

func (in *Intake) log(ctx context.Context, id queue.ID, m *queue.Message) {
	in.o.Log.LogAttrs(ctx, slog.LevelInfo, "queued",
		slog.String("id", id.String()),
		slog.String("from", m.Sender.Path()),
		slog.Int("rcpts", len(m.Rcpts)),
		slog.Int64("size", m.Size),
		slog.String("client", clientText(m.Origin.Client)),
		slog.String("helo", m.Origin.Helo),
		slog.String("user", m.Origin.User),
		slog.String("protocol", m.Origin.Protocol))
}

// clientText is the address of a client, "" for a program of this machine.
func clientText(client netip.Addr) string {
	if !client.IsValid() {
		return ""
	}
	return client.String()
}

func storeError(err error) error {
	var reply *smtpwire.Reply
	switch {
	case errors.As(err, &reply):
		return reply
	case errors.Is(err, blob.ErrTooLarge):
		return errTooLarge
	}
	return fmt.Errorf("store the message: %w", err)
}

func queueError(err error) error {
	if errors.Is(err, queue.ErrFull) {
		return errFull
	}
	return fmt.Errorf("queue the message: %w", err)
}

// sink is where the bytes of a message go: into the store, past the scanner
// and the watch, each byte once.
type sink struct {
	blob     blob.Writer
	digest   *message.Scanner
	header   headerWatch
	watch    *textWatch // of a binary message, else nil
	eightBit bool
	err      error // of the sink itself, not of the text
}

func (s *sink) Write(p []byte) (int, error) {
	s.header.write(p)
	if s.header.received > MaxReceived+1 { // one of them is our own
		s.err = errHops
		return 0, s.err
	}
	s.eightBit = s.eightBit || hasEightBit(p)
	if s.watch != nil {
		s.watch.write(p)
	}
	s.digest.Write(p) // never fails
	n, err := s.blob.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// hint ends the digest. There is none for a message that was delivered
// somewhere before: without it the delivery agent reads the message itself,
// and so finds the Delivered-To fields that tell a loop.
func (s *sink) hint() *message.Digest {
	digest := s.digest.Close()
	if s.header.deliveredTo {
		return nil
	}
	return digest
}
