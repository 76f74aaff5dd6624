package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// originKey is the key of the function that WithOrigin puts into a context.
type originKey struct{}

// WithOrigin returns a context whose transactions are reported to fn, so that a
// session can tell its own changes from those of others (RFC 5465 5: a server
// does not notify a client of what it did itself). fn runs after the commit, on
// the goroutine that made it, and before anybody is told of it.
func WithOrigin(ctx context.Context, fn func(kv.Account, ModSeq)) context.Context {
	return context.WithValue(ctx, originKey{}, fn)
}

// reportOrigin calls the function of the context, if there is one.
func reportOrigin(ctx context.Context, id kv.Account, seq ModSeq) {
	if fn, ok := ctx.Value(originKey{}).(func(kv.Account, ModSeq)); ok {
		fn(id, seq)
	}
}
