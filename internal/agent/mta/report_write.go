package mta

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/dsn"
	"tram/internal/mail/message"
	"tram/internal/queue"
)

const (
	// maxReturned is the size in octets up to which a bounce brings the whole
	// message back when the sender did not say what he wants (RET).
	maxReturned = 64 << 10
	// maxLookedAt is how much of a message is read for its Subject.
	maxLookedAt = 16 << 10
	// localProtocol is the origin of what the server writes itself.
	localProtocol = "LOCAL"
)

// write prepares a notification for the sender of e; nil when there is nothing
// to tell.
func (r *Reporter) write(ctx context.Context, e *queue.Entry, fates []dsn.Recipient) (*queue.Pending, error) {
	if len(fates) == 0 {
		return nil, nil
	}
	m := r.message(e, e.Sender)
	report := r.report(e, m, fates)
	pending, err := r.store(ctx, e, m, report)
	if err != nil {
		return nil, err
	}
	r.count(fates)
	return pending, nil
}

// message is the envelope of a notification (RFC 3461 6.1).
func (r *Reporter) message(e *queue.Entry, to address.Address) *queue.Message {
	return &queue.Message{
		ID:       r.o.Queue.NewID(),
		Rcpts:    []queue.Rcpt{{To: to, Notify: "NEVER"}},
		Received: time.Now(),
		Origin:   queue.Origin{Protocol: localProtocol},
		SMTPUTF8: e.SMTPUTF8 || !to.IsASCII(),
		Priority: e.Priority,
		// RFC 8689 5: what had to be kept from strangers once is kept now.
		RequireTLS: e.RequireTLS,
	}
}

func (r *Reporter) report(e *queue.Entry, m *queue.Message, fates []dsn.Recipient) *dsn.Report {
	return &dsn.Report{
		ReportingMTA: r.o.Hostname,
		From:         address.Address{Local: "MAILER-DAEMON", Domain: strings.ToLower(r.o.Hostname)},
		To:           m.Rcpts[0].To,
		MessageID:    m.ID.String() + "@" + r.o.Hostname,
		Date:         m.Received,
		EnvID:        e.EnvID,
		Arrival:      e.Received,
		By:           e.By.Until,
		QueueID:      e.ID.String(),
		UTF8:         m.SMTPUTF8,
		Full:         !e.RequireTLS && (e.Ret == "FULL" || e.Ret == "" && e.Size <= maxReturned), // RFC 8689 5
		Recipients:   fates,
	}
}

// store writes the body of a notification and prepares its entry.
func (r *Reporter) store(ctx context.Context, e *queue.Entry, m *queue.Message, report *dsn.Report) (*queue.Pending, error) {
	if err := r.body(ctx, e, m, report); err != nil {
		return nil, err
	}
	pending, err := r.o.Queue.Prepare(*m)
	if err != nil {
		return nil, err
	}
	// Before the commit that queues it, so that nobody has to report on reports.
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "queued", slog.String("id", m.ID.String()), slog.String("from", "<>"),
		slog.String("to", m.Rcpts[0].To.Path()), slog.String("report", string(report.Recipients[0].Action)), slog.String("bounce_of", e.ID.String()))
	return pending, nil
}

// body stores the notification.
func (r *Reporter) body(ctx context.Context, e *queue.Entry, m *queue.Message, report *dsn.Report) error {
	w, err := r.o.Blobs.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	s := &sink{blob: w, digest: message.NewScanner()}
	defer s.digest.Reset()
	if _, err := s.Write(appendLocalTrace(nil, r.o.Hostname, m.ID.String(), report.To, m.Received)); err != nil {
		return err
	}
	original, closeOriginal := r.original(ctx, e)
	defer closeOriginal()
	introduce(report, original)
	if err := dsn.Write(s, report, original); err != nil {
		return err
	}
	m.Digest = s.hint()
	m.Size, m.EightBit = w.Size(), s.eightBit
	body, err := w.Stage(ctx)
	// The commit comes later and from somebody else: the rider outlives w.
	m.Body, m.Rider = body.ID, slices.Clone(body.Rider)
	return err
}

// original reads the message that it is about, from its beginning; nil when it
// cannot be read, for a notification without it is better than none.
func (r *Reporter) original(ctx context.Context, e *queue.Entry) (*io.SectionReader, func()) {
	body, err := r.o.Blobs.Open(ctx, e.Body)
	if err != nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "message cannot be read", slog.String("id", e.ID.String()), slog.Any("err", err))
		return nil, func() {}
	}
	return textOf(e, body), func() { body.Close() }
}

// introduce takes from the original by what people recognise it, and by what
// their programs put the notification beside it.
func introduce(report *dsn.Report, original *io.SectionReader) {
	if original == nil {
		return
	}
	head := make([]byte, min(original.Size(), maxLookedAt))
	n, _ := original.ReadAt(head, 0) // what cannot be read is not told
	head = head[:n]
	if subject, ok := message.FieldValue(head, "Subject"); ok {
		report.Subject = message.DecodeText(subject)
	}
	if id, ok := message.FieldValue(head, "Message-ID"); ok {
		report.References = string(id)
	}
}

// count counts the recipients that a notification tells of.
func (r *Reporter) count(fates []dsn.Recipient) {
	c := r.o.Counters
	c.Bounces.Add(1)
	for i := range fates {
		switch fates[i].Action {
		case dsn.Failed:
			c.ToldFailed.Add(1)
		case dsn.Delayed:
			c.ToldDelayed.Add(1)
		default:
			c.ToldSuccess.Add(1)
		}
	}
}
