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

// maxReturned is the size in octets up to which a bounce brings the whole
// message back when the sender did not say what he wants (RET).
const maxReturned = 64 << 10

// bounce prepares the notification for the failed recipients among verdicts,
// to be queued in the commit that settles them. It is nil when nobody is to
// be notified: the sender did not want it, or is the null sender (RFC 5321
// 6.1: there is never a bounce of a bounce; it is dropped and logged).
func (f *flight) bounce(ctx context.Context, verdicts []verdict, at station) (*queue.Pending, error) {
	if !slices.ContainsFunc(verdicts, func(v verdict) bool { return v.outcome.Result == queue.Failed }) {
		return nil, nil
	}
	if f.e.Sender.IsNull() {
		f.m.o.Counters.DoubleBounces.Add(1)
		f.m.o.Log.LogAttrs(ctx, slog.LevelInfo, "double bounce dropped", slog.String("id", f.e.ID.String()))
		return nil, nil
	}
	rcpts := f.failures(verdicts, at.host)
	if len(rcpts) == 0 {
		return nil, nil
	}
	m := queue.Message{
		ID:       f.m.o.Queue.NewID(),
		Rcpts:    []queue.Rcpt{{To: f.e.Sender, Notify: "NEVER"}},
		Received: time.Now(),
		Origin:   queue.Origin{Protocol: "LOCAL"},
		SMTPUTF8: f.e.SMTPUTF8,
	}
	if err := f.write(ctx, &m, rcpts); err != nil {
		return nil, err
	}
	return f.m.o.Queue.Prepare(m)
}

// failures is what the notification says about each failed recipient whose
// sender wants to know (RFC 3461 4.1: without NOTIFY he does).
func (f *flight) failures(verdicts []verdict, remote string) []dsn.Recipient {
	var rcpts []dsn.Recipient
	for _, v := range verdicts {
		r := &f.e.Rcpts[v.rcpt]
		if v.outcome.Result != queue.Failed || r.Notify != "" && !strings.Contains(r.Notify, "FAILURE") {
			continue
		}
		rcpts = append(rcpts, dsn.Recipient{
			Final: r.To, Original: r.ORcpt, Action: dsn.Failed, Status: statusOf(v.outcome.Reply),
			RemoteMTA: hostOf(remote), Diagnostic: v.outcome.Reply, LastAttempt: time.Now(),
		})
	}
	return rcpts
}

// write stores the notification.
func (f *flight) write(ctx context.Context, m *queue.Message, rcpts []dsn.Recipient) error {
	w, err := f.m.o.Blobs.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	s := &sink{blob: w, digest: message.NewScanner()}
	defer s.digest.Reset()
	host := f.m.o.Hostname
	if _, err := s.Write(appendLocalTrace(nil, host, m.ID.String(), f.e.Sender, m.Received)); err != nil {
		return err
	}
	report := &dsn.Report{
		ReportingMTA: host,
		From:         address.Address{Local: "MAILER-DAEMON", Domain: strings.ToLower(host)},
		To:           f.e.Sender,
		MessageID:    m.ID.String() + "@" + host,
		Date:         m.Received,
		EnvID:        f.e.EnvID,
		Arrival:      f.e.Received,
		QueueID:      f.e.ID.String(),
		UTF8:         f.e.SMTPUTF8,
		Full:         f.e.Ret == "FULL" || f.e.Ret == "" && f.e.Size <= maxReturned,
		Recipients:   rcpts,
	}
	original, closeOriginal := f.original(ctx)
	defer closeOriginal()
	if err := dsn.Write(s, report, original); err != nil {
		return err
	}
	m.Digest = s.hint()
	m.Size, m.EightBit = w.Size(), s.eightBit
	m.Body, err = w.Commit(ctx)
	return err
}

// original reads the message that failed, from its beginning; nil when it
// cannot be read, for a bounce without it is better than none.
func (f *flight) original(ctx context.Context) (*io.SectionReader, func()) {
	body, err := f.m.o.Blobs.Open(ctx, f.e.Body)
	if err != nil {
		f.m.o.Log.LogAttrs(ctx, slog.LevelError, "message cannot be read", slog.String("id", f.e.ID.String()), slog.Any("err", err))
		return nil, func() {}
	}
	return textOf(f.e, body), func() { body.Close() }
}

// statusOf takes the enhanced code (RFC 3463) from a reply; "" when it has none.
func statusOf(reply string) string {
	if words := strings.Fields(reply); len(words) > 1 && strings.Count(words[1], ".") == 2 {
		return words[1]
	}
	return ""
}

// hostOf takes the name from "mx.example.org[192.0.2.1]".
func hostOf(remote string) string {
	name, _, _ := strings.Cut(remote, "[")
	if name == "" {
		return remote
	}
	return name
}
