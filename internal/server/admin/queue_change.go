package admin

import (
	"context"

	"tram/internal/mail/address"
	"tram/internal/queue"
	"tram/internal/server/control"
)

// previewed is how many entries a preview shows.
const previewed = 10

// QueueRetry implements control.Operations.
func (a *Admin) QueueRetry(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries retried", a.s.Queue.Retry)
}

// QueueHold implements control.Operations.
func (a *Admin) QueueHold(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries held", func(ctx context.Context, f queue.Filter) (int, error) {
		return a.s.Queue.Hold(ctx, f, s.Reason)
	})
}

// QueueRelease implements control.Operations.
func (a *Admin) QueueRelease(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries released", a.s.Queue.Unhold)
}

// QueueDelete implements control.Operations.
func (a *Admin) QueueDelete(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	return a.change(ctx, s, "queue entries deleted", a.s.Queue.Delete)
}

// QueueRedirect implements control.Operations.
func (a *Admin) QueueRedirect(ctx context.Context, s control.QueueSelection) (control.Count, error) {
	to, err := address.ParseAddress(s.To)
	if err != nil {
		return control.Count{}, control.Errorf(control.Invalid, "%q is not an address: %v", s.To, err)
	}
	return a.change(ctx, s, "queue entries redirected to "+to.Path(), func(ctx context.Context, f queue.Filter) (int, error) {
		return a.s.Queue.Redirect(ctx, f, to)
	})
}

// change does something to the selected entries.
func (a *Admin) change(ctx context.Context, s control.QueueSelection, done string, fn func(context.Context, queue.Filter) (int, error)) (control.Count, error) {
	f, err := selected(s)
	if err != nil {
		return control.Count{}, err
	}
	n, err := fn(ctx, f)
	if n > 0 {
		a.log.InfoContext(ctx, done, "entries", n)
	}
	return control.Count{Count: n}, kinded(err)
}

// selected is the filter of a selection, which must say something.
func selected(s control.QueueSelection) (f queue.Filter, err error) {
	switch {
	case s.Filter != nil:
		f, err = filterIn(*s.Filter)
	case len(s.IDs) == 0:
		err = control.Errorf(control.Invalid, "nothing is chosen")
	}
	for _, name := range s.IDs {
		id, err := queue.ParseID(name)
		if err != nil {
			return f, control.Errorf(control.Invalid, "%q is not a queue id; see tram queue list", name)
		}
		f.IDs = append(f.IDs, id)
	}
	return f, err
}

// QueuePreview implements control.Operations.
func (a *Admin) QueuePreview(ctx context.Context, s control.QueueSelection) (p control.QueuePreview, err error) {
	f, err := selected(s)
	if err != nil {
		return p, err
	}
	err = a.s.Queue.Select(ctx, f, func(l queue.Listed) error {
		if p.Count == 0 {
			p.Oldest = l.Received
		}
		if p.Count < previewed {
			p.Entries = append(p.Entries, entryOut(&l))
		}
		p.Count++
		p.Bytes += l.Size + int64(len(l.Header))
		return nil
	})
	return p, kinded(err)
}

// QueueDestinations implements control.Operations.
func (a *Admin) QueueDestinations(ctx context.Context, most int) (control.QueueDestinations, error) {
	found, all, err := a.s.Queue.Destinations(ctx, most)
	if err != nil {
		return control.QueueDestinations{}, kinded(err)
	}
	out := control.QueueDestinations{Domains: all, Destinations: make([]control.QueueDestination, len(found))}
	for i, d := range found {
		out.Destinations[i] = control.QueueDestination{
			Domain: d.Domain, Entries: d.Entries,
			Fresh: d.Fresh, Waiting: d.Waiting, InFlight: d.InFlight, Held: d.Held, Damaged: d.Damaged,
			Hour: d.Ages[0], Hours: d.Ages[1], Day: d.Ages[2], Older: d.Ages[3],
			Oldest: d.Oldest, Blocked: d.Blocked, Reply: d.Reply,
		}
	}
	return out, nil
}
