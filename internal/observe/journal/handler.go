package journal

import (
	"context"
	"log/slog"
)

// Rejected is the event of a sender, recipient or message that was refused. It
// has no queue id, because nothing was queued.
const Rejected = "rejected"

// idKey is the attribute that makes a log line an event of a message.
const idKey = "id"

// Handler returns a handler that notes the events among the lines for next,
// also those that next does not want.
func (j *Journal) Handler(next slog.Handler) slog.Handler { return &handler{j: j, next: next} }

type handler struct {
	j     *Journal
	next  slog.Handler
	attrs []slog.Attr // of With
	group bool        // WithGroup was called: such a logger tells no events
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelInfo || h.next.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if !h.group && r.Level >= slog.LevelInfo && h.isEvent(&r) {
		h.j.note(func(b []byte) []byte { return appendEvent(b, &r, h.attrs) })
	}
	if h.next.Enabled(ctx, r.Level) {
		return h.next.Handle(ctx, r)
	}
	return nil
}

func (h *handler) isEvent(r *slog.Record) bool {
	if r.Message == Rejected {
		return true
	}
	for _, a := range h.attrs {
		if a.Key == idKey {
			return true
		}
	}
	found := false
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == idKey
		return !found
	})
	return found
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], attrs...)
	c.next = h.next.WithAttrs(attrs)
	return &c
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	c := *h
	c.group = true
	c.next = h.next.WithGroup(name)
	return &c
}
