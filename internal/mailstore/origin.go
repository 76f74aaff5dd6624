package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// OwnChange is a transaction that somebody made and wants to know again.
type OwnChange struct {
	Account  kv.Account
	ModSeq   ModSeq
	Expunged []MailboxID // mailboxes that lost messages

	Subscriptions bool // names were subscribed or unsubscribed
}

// originKey is the key of the function that WithOrigin puts into a context.
type originKey struct{}

// WithOrigin returns a context whose transactions are reported to fn, so that a
// session can tell its own changes from those of others (RFC 5465 5: a server
// does not notify a client of what it did itself). fn runs after the commit, on
// the goroutine that made it, and before anybody is told of it.
func WithOrigin(ctx context.Context, fn func(OwnChange)) context.Context {
	return context.WithValue(ctx, originKey{}, fn)
}

// reportOrigin tells the origin of a committed transaction, if it wants to
// know.
func reportOrigin(ctx context.Context, t *tx) {
	fn, ok := ctx.Value(originKey{}).(func(OwnChange))
	if !ok || !t.dirty { // what changed nothing has no MODSEQ of its own
		return
	}
	c := OwnChange{Account: t.id, ModSeq: t.seq, Subscriptions: len(t.wide.subscriptions) > 0}
	for _, b := range t.boxes {
		if len(b.change.expunged) > 0 {
			c.Expunged = append(c.Expunged, b.id)
		}
	}
	fn(c)
}
