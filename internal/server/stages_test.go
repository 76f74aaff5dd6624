package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// trace notes the order in which stages end.
type trace struct {
	mu    sync.Mutex
	ended []string
}

func (tr *trace) stage(name string, takes time.Duration, err error) stage {
	return stage{name, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(takes)
		tr.mu.Lock()
		tr.ended = append(tr.ended, name)
		tr.mu.Unlock()
		return err
	}}
}

var discard = slog.New(slog.DiscardHandler)

// Stages end in reverse, each when the one before has ended, however long that
// takes.
func TestStagesStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := new(trace)
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		err := runStages(ctx, discard,
			tr.stage("store", 0, nil), tr.stage("delivery", time.Second, context.Canceled), tr.stage("doors", time.Minute, nil))
		if err != nil || !slices.Equal(tr.ended, []string{"doors", "delivery", "store"}) {
			t.Error(tr.ended, err)
		}
	})
}

// A stage that ends by itself stops the others, and the error says which.
func TestStageThatEnds(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		err  error
		want string
	}{{broken, "doors: broken"}, {nil, "doors ended without being told to"}} {
		synctest.Test(t, func(t *testing.T) {
			tr := new(trace)
			err := runStages(t.Context(), discard, tr.stage("store", 0, nil),
				stage{"doors", func(context.Context) error { return test.err }})
			if err == nil || !strings.Contains(err.Error(), test.want) || !slices.Equal(tr.ended, []string{"store"}) {
				t.Error(err, tr.ended)
			}
		})
	}
}

// Every error of a stop is reported, not just the first.
func TestStagesReportEveryError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := new(trace)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		err := runStages(ctx, discard, tr.stage("a", 0, errors.New("one")), tr.stage("b", 0, errors.New("two")))
		if err == nil || err.Error() != "b: two\na: one" {
			t.Error(err)
		}
	})
}
