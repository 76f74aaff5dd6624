package dns

import (
	"context"
	"errors"
	"sync"
)

// flights lets one goroutine ask what several want to know. The one who asks
// does so in its own goroutine and under its own context, so there is nothing
// to clean up; when its context or budget ends first, another takes over.
type flights struct {
	mu  sync.Mutex
	all map[question]*flight // guarded by mu
}

type flight struct {
	done   chan struct{}
	answer *answer // valid once done is closed
	err    error
}

func (f *flights) do(ctx context.Context, q question, ask func() (*answer, error)) (*answer, error) {
	for {
		f.mu.Lock()
		other, found := f.all[q]
		if !found {
			mine := &flight{done: make(chan struct{})}
			f.all[q] = mine
			f.mu.Unlock()
			return f.lead(q, mine, ask)
		}
		f.mu.Unlock()
		select {
		case <-other.done:
			if !ownTrouble(other.err) {
				return other.answer, other.err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

func (f *flights) lead(q question, mine *flight, ask func() (*answer, error)) (*answer, error) {
	mine.err = errors.New("the lookup panicked")
	defer func() {
		f.mu.Lock()
		delete(f.all, q)
		f.mu.Unlock()
		close(mine.done)
	}()
	mine.answer, mine.err = ask()
	return mine.answer, mine.err
}

// ownTrouble reports whether an error is about the one who asked and says
// nothing about the question.
func ownTrouble(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrBudget)
}
