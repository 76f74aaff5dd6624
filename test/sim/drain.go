package sim

import (
	"context"
	"fmt"
	"time"

	"tram/internal/queue"
)

// drain works off what waits in the queue, as the server would after a start,
// up to the recipients that are not waited for.
func (w *world) drain(ctx context.Context, waitFor func(rcpt string) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.mta.Run(ctx) }()
	err := w.await(ctx, waitFor)
	cancel()
	<-done
	return err
}

func (w *world) await(ctx context.Context, waitFor func(rcpt string) bool) error {
	for {
		waiting, err := w.waiting(ctx, waitFor)
		if err != nil || waiting == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s still waits: %w", waiting, ctx.Err())
		case <-time.After(200 * time.Microsecond):
		}
	}
}

// waiting names one entry with such a recipient, "" without one.
func (w *world) waiting(ctx context.Context, waitFor func(rcpt string) bool) (string, error) {
	entries, err := w.queue.List(ctx, queue.Filter{})
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		for _, r := range e.Rcpts {
			if waitFor(r.To.String()) {
				return e.ID.String() + " to " + r.To.String(), nil
			}
		}
	}
	return "", nil
}
