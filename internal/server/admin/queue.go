package admin

import (
	"context"
	"fmt"
	"io"

	"tram/internal/queue"
	"tram/internal/server/control"
)

// states are the names of the states of queue entries.
var states = map[string]queue.State{
	queue.Fresh.String(): queue.Fresh, queue.Waiting.String(): queue.Waiting,
	queue.InFlight.String(): queue.InFlight, queue.Held.String(): queue.Held,
	queue.Damaged.String(): queue.Damaged,
}

// Queue implements control.Operations.
func (a *Admin) Queue(ctx context.Context, f control.QueueFilter, emit func(control.QueueEntry) error) error {
	left := f.Limit
	return a.pages(ctx, f, func(page []queue.Listed) error {
		for i := range page {
			if f.Limit > 0 && left == 0 {
				return io.EOF
			}
			left--
			if err := emit(entryOut(&page[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

// pages walks over what the filter chooses until fn returns an error; io.EOF
// ends the walk without one.
func (a *Admin) pages(ctx context.Context, f control.QueueFilter, fn func([]queue.Listed) error) error {
	filter, err := filterIn(f)
	if err != nil {
		return err
	}
	for {
		page, err := a.s.Queue.List(ctx, filter)
		if err != nil {
			return kinded(err)
		}
		if len(page) == 0 {
			return nil
		}
		switch err := fn(page); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		filter.After = page[len(page)-1].ID
	}
}

func filterIn(f control.QueueFilter) (queue.Filter, error) {
	filter := queue.Filter{Sender: f.Sender, Recipient: f.Recipient, Domain: f.Domain, Before: f.Before}
	if f.State != "" {
		state, ok := states[f.State]
		if !ok {
			return filter, control.Errorf(control.Invalid, "no state %q; there are fresh, waiting, in flight, held and damaged", f.State)
		}
		filter.States = []queue.State{state}
	}
	return filter, nil
}

// QueueShow implements control.Operations.
func (a *Admin) QueueShow(ctx context.Context, id string) (control.QueueEntry, error) {
	l, err := a.entry(ctx, id)
	if err != nil {
		return control.QueueEntry{}, err
	}
	return entryOut(&l), nil
}

func (a *Admin) entry(ctx context.Context, name string) (queue.Listed, error) {
	id, err := queue.ParseID(name)
	if err != nil {
		return queue.Listed{}, control.Errorf(control.Invalid, "%q is not a queue id; see tram queue list", name)
	}
	l, err := a.s.Queue.Show(ctx, id)
	return l, kinded(err)
}

// QueueMessage implements control.Operations: the message as it would be
// delivered, in pieces.
func (a *Admin) QueueMessage(ctx context.Context, id string, emit func([]byte) error) error {
	l, err := a.entry(ctx, id)
	if err != nil {
		return err
	}
	body, err := a.s.Blobs.Open(ctx, l.Body)
	if err != nil {
		return kinded(fmt.Errorf("message of %s: %w", id, err))
	}
	defer body.Close()
	if err := emit(l.Header); err != nil {
		return err
	}
	const piece = 64 << 10
	text := io.NewSectionReader(body, 0, body.Size())
	for buf := make([]byte, piece); ; {
		n, err := io.ReadFull(text, buf)
		if n > 0 {
			if err := emit(buf[:n]); err != nil {
				return err
			}
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return kinded(fmt.Errorf("message of %s: %w", id, err))
		}
	}
}

// QueueRetry implements control.Operations.
func (a *Admin) QueueRetry(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries retried", a.s.Queue.Retry)
}

// QueueHold implements control.Operations.
func (a *Admin) QueueHold(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries held", a.s.Queue.Hold)
}

// QueueRelease implements control.Operations.
func (a *Admin) QueueRelease(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries released", a.s.Queue.Unhold)
}

// QueueDelete implements control.Operations.
func (a *Admin) QueueDelete(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries deleted", a.s.Queue.Delete)
}

// change does something to the selected entries.
func (a *Admin) change(ctx context.Context, s control.QueueSelection, done string, fn func(context.Context, ...queue.ID) (int, error)) (control.Count, error) {
	ids, err := a.selected(ctx, s)
	if err != nil {
		return control.Count{}, err
	}
	n, err := fn(ctx, ids...)
	if n > 0 {
		a.log.InfoContext(ctx, done, "entries", n)
	}
	return control.Count{Count: n}, kinded(err)
}

func (a *Admin) selected(ctx context.Context, s control.QueueSelection) (ids []queue.ID, err error) {
	for _, name := range s.IDs {
		id, err := queue.ParseID(name)
		if err != nil {
			return nil, control.Errorf(control.Invalid, "%q is not a queue id; see tram queue list", name)
		}
		ids = append(ids, id)
	}
	if s.Filter == nil {
		return ids, nil
	}
	err = a.pages(ctx, *s.Filter, func(page []queue.Listed) error {
		for i := range page {
			ids = append(ids, page[i].ID)
		}
		return nil
	})
	return ids, err
}

func entryOut(l *queue.Listed) control.QueueEntry {
	out := control.QueueEntry{ID: l.ID.String(), State: l.State.String()}
	if l.Err != nil {
		out.Error = l.Err.Error()
		return out
	}
	out.Sender, out.Size = senderText(l), l.Size+int64(len(l.Header))
	out.Received, out.Next, out.Expires = l.Received, l.Next, l.Expires
	out.Protocol, out.User = l.Origin.Protocol, l.Origin.User
	if l.Origin.Client.IsValid() {
		out.Client = l.Origin.Client.String()
	}
	for _, r := range l.Rcpts {
		out.Recipients = append(out.Recipients, control.QueueRcpt{
			Address: r.To.String(), Attempts: r.Attempts, Tried: r.Tried, Next: r.Next, Reply: r.LastReply,
		})
	}
	return out
}

// senderText is the sender, <> for the null sender.
func senderText(l *queue.Listed) string {
	if l.Sender.IsNull() {
		return "<>"
	}
	return l.Sender.String()
}
