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
	filter, err := filterIn(f)
	if err != nil {
		return err
	}
	return kinded(a.s.Queue.Select(ctx, filter, func(l queue.Listed) error { return emit(entryOut(&l)) }))
}

func filterIn(f control.QueueFilter) (queue.Filter, error) {
	filter := queue.Filter{
		Sender: f.Sender, Recipient: f.Recipient, Domain: f.Domain, Reply: f.Reply,
		OlderThan: f.OlderThan, YoungerThan: f.YoungerThan, LargerThan: f.LargerThan, Limit: f.Limit,
	}
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
	out.Priority, out.HoldReason = int(l.Priority), l.HoldReason
	out.Release, out.Deadline = l.Release, l.By.Until
	out.Blocked, out.Why = l.Blocked, l.Reply
	for _, r := range l.Rcpts {
		out.Recipients = append(out.Recipients, control.QueueRcpt{
			Address: r.To.String(), Original: r.ORcpt, Outlet: r.Outlet, Attempts: r.Attempts,
			Tried: r.Tried, Next: r.Next, Warned: r.Warned, Reply: r.LastReply,
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
