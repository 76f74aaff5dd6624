package kv

import "context"

type derivedKey struct{}

// Derived returns a context for the Update of records that can be computed
// again, and of which nobody is told. [DB.Sync] does not wait for them, so that
// readers of the account do not pay for work that is done behind their back, and
// [DB.Version] stays. They become durable with whatever is synced after them.
func Derived(ctx context.Context) context.Context {
	return context.WithValue(ctx, derivedKey{}, true)
}

// IsDerived tells a backend that the context is one of Derived.
func IsDerived(ctx context.Context) bool { return ctx.Value(derivedKey{}) != nil }
