package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// stage is a part of the server that runs until it is told to stop.
type stage struct {
	name string
	// run returns when ctx has ended and everything it started is gone.
	run func(ctx context.Context) error
}

// started is a stage that runs.
type started struct {
	stage
	stop context.CancelFunc
	done chan error
}

// runStages starts the stages in order. When ctx ends, or one of them ends by
// itself, it stops them one after the other in reverse, each only when the one
// before has ended: doors close before deliveries stop, deliveries before the
// mail store. The error is that of the stages that failed.
func runStages(ctx context.Context, log *slog.Logger, stages ...stage) error {
	over := make(chan string, len(stages)) // who ended first
	running := make([]started, len(stages))
	for i, s := range stages {
		// A stage does not see the end of ctx, only its own turn.
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		running[i] = started{stage: s, stop: stop, done: make(chan error, 1)}
		go func() {
			err := s.run(own)
			over <- s.name
			running[i].done <- err
		}()
	}
	early := ""
	select {
	case <-ctx.Done():
	case early = <-over:
	}
	var errs []error
	for i := len(running) - 1; i >= 0; i-- {
		r := &running[i]
		log.Debug("stopping", "part", r.name)
		r.stop()
		switch err := <-r.done; {
		case err != nil && !errors.Is(err, context.Canceled):
			errs = append(errs, fmt.Errorf("%s: %w", r.name, err))
		case r.name == early:
			errs = append(errs, fmt.Errorf("%s ended without being told to", r.name))
		}
	}
	return errors.Join(errs...)
}
