package mailstore

import "context"

type progressKey struct{}

// WithProgress returns a context under which operations that take several
// commits call fn after each, with the number of messages done so far. fn may
// take its time: no lock is held.
func WithProgress(ctx context.Context, fn func(done int)) context.Context {
	return context.WithValue(ctx, progressKey{}, fn)
}

func reportProgress(ctx context.Context, done int) {
	if fn, ok := ctx.Value(progressKey{}).(func(int)); ok {
		fn(done)
	}
}
