package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// Redirect sends entries to another address and returns how many: each of the
// recipients that f chooses by address, domain or reply (all, when it asks for
// none of these) is replaced by to. Recipients that become the same are one.
//
// The original recipient stays what it was, or becomes the one that is replaced
// (RFC 3461 5.2.7.1), so reports name the address that the sender knows. The
// new recipient is due at once. An entry is changed in one commit; one in
// flight is refused with ErrInFlight.
func (q *Queue) Redirect(ctx context.Context, f Filter, to address.Address) (int, error) {
	if err := (&Rcpt{To: to}).check(); err != nil {
		return 0, fmt.Errorf("%w: redirect to %q: %w", ErrInvalid, to, err)
	}
	m, err := f.compile()
	if err != nil {
		return 0, err
	}
	return q.edit(ctx, f, func(shard kv.Account, ids []ID) (int, []error, error) {
		claims, failures := q.claim(ids)
		var changed []*Entry
		err := q.db.Update(ctx, []kv.Account{shard}, func(tx kv.Tx) (err error) {
			changed = changed[:0]
			return q.redirectTx(tx.Account(shard), claims, m, to, &changed)
		})
		q.unclaim(claims, false)
		if err != nil {
			return 0, failures, err
		}
		q.redirected(ctx, changed, to)
		return len(changed), failures, nil
	})
}

func (q *Queue) redirectTx(sp kv.Space, claims []slot, m *matcher, to address.Address, changed *[]*Entry) error {
	for _, c := range claims {
		e, err := q.get(sp, c.id)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrDamaged):
			continue
		case err != nil:
			return err
		}
		e.redirect(m, to)
		*changed = append(*changed, e)
	}
	for _, e := range *changed {
		if _, err := q.put(sp, e); err != nil {
			return err
		}
	}
	return nil
}

// redirected publishes what Redirect has committed.
func (q *Queue) redirected(ctx context.Context, changed []*Entry, to address.Address) {
	for _, e := range changed {
		q.log.LogAttrs(ctx, slog.LevelInfo, "redirected", slog.String("id", e.ID.String()),
			slog.String("from", e.Sender.Path()), slog.String("to", to.Path()))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range changed {
		q.memory.take(e.ID) // it is not that message any more
		if sl := q.schedule.find(e.ID); sl != nil {
			q.schedule.unpark(sl)
			q.schedule.sites.leave(sl.site)
			sl.site = q.schedule.sites.enter(e.domain())
			q.publish(e)
		}
	}
}

// redirect replaces the recipients that m chooses.
func (e *Entry) redirect(m *matcher, to address.Address) {
	left := e.Rcpts[:0]
	merged := false
	for _, r := range e.Rcpts {
		switch {
		case !m.choosesRcpt(r):
		case merged:
			continue
		default:
			r = Rcpt{To: to, ORcpt: originalOf(&r), Notify: r.Notify, number: r.number}
			merged = true
		}
		left = append(left, r)
	}
	e.Rcpts = left
	e.SMTPUTF8 = e.SMTPUTF8 || !to.IsASCII()
}

// originalOf is the original recipient of one that gets another address.
func originalOf(r *Rcpt) string {
	if r.ORcpt != "" {
		return r.ORcpt
	}
	if r.To.IsASCII() {
		return "rfc822;" + r.To.String()
	}
	return "utf-8;" + r.To.String() // RFC 6533 3
}
