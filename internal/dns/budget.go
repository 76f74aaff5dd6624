package dns

import (
	"context"
	"sync/atomic"
)

// QueriesPerMessage is what one delivery attempt or one arriving message may
// ask of the DNS. Strangers choose the names, so without a bound a single
// message could buy any amount of traffic.
const QueriesPerMessage = 40

type budgetKey struct{}

// WithBudget bounds the queries sent, retries included, by all lookups under
// the returned context. Answers from the cache are free.
func WithBudget(ctx context.Context, queries int) context.Context {
	left := new(atomic.Int64)
	left.Store(int64(queries))
	return context.WithValue(ctx, budgetKey{}, left)
}

// spend takes one query from the budget of ctx, if it has one.
func spend(ctx context.Context) error {
	left, ok := ctx.Value(budgetKey{}).(*atomic.Int64)
	if ok && left.Add(-1) < 0 {
		return ErrBudget
	}
	return nil
}
