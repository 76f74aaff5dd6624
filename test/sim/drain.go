package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tram/internal/queue"
)

// drain delivers what waits in the queue for our own accounts, as the server
// would after a start.
func (w *world) drain(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.mta.Run(ctx) }()
	err := w.awaitLocal(ctx)
	cancel()
	<-done
	return err
}

func (w *world) awaitLocal(ctx context.Context) error {
	for {
		waiting, err := w.waitingLocal(ctx)
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

// waitingLocal names one entry with a recipient of ours, "" without one.
func (w *world) waitingLocal(ctx context.Context) (string, error) {
	entries, err := w.queue.List(ctx, queue.Filter{})
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		for _, r := range e.Rcpts {
			if strings.HasSuffix(r.To.String(), "@"+domain) {
				return e.ID.String() + " to " + r.To.String(), nil
			}
		}
	}
	return "", nil
}
