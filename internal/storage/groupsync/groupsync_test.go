package groupsync

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// disk counts what was written and what a slow sync made durable.
type disk struct {
	written, durable atomic.Uint64
	syncs            atomic.Int64
	err              atomic.Pointer[error]
}

func (d *disk) flush() error {
	d.syncs.Add(1)
	n := d.written.Load()
	time.Sleep(time.Millisecond)
	if err := d.err.Load(); err != nil {
		return *err
	}
	d.durable.Store(n)
	return nil
}

func TestWaitMeansDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		g := New(d.written.Load, d.flush)
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for range 50 {
					ticket := d.written.Add(1)
					if err := g.Wait(t.Context(), ticket); err != nil {
						t.Error(err)
					}
					if d.durable.Load() < ticket {
						t.Errorf("Wait(%d) returned, durable is %d", ticket, d.durable.Load())
					}
				}
			})
		}
		wg.Wait()
		if n := d.syncs.Load(); n > 150 {
			t.Errorf("%d syncs for 3200 writes of 64 writers: they do not share", n)
		}
	})
}

func TestDurableCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		g := New(d.written.Load, d.flush)
		for range 10 {
			d.written.Add(1)
		}
		for ticket := uint64(10); ticket > 0; ticket-- {
			if err := g.Wait(t.Context(), ticket); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.syncs.Load(); n != 1 {
			t.Errorf("%d syncs, want 1", n)
		}
	})
}

func TestFailureIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		eio := errors.New("EIO")
		g := New(d.written.Load, d.flush)
		if err := g.Wait(t.Context(), d.written.Add(1)); err != nil {
			t.Fatal(err)
		}
		d.err.Store(&eio)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := g.Wait(t.Context(), d.written.Add(1)); err != eio {
					t.Errorf("Wait = %v, want EIO", err)
				}
			})
		}
		wg.Wait()
		d.err.Store(nil)
		if err := g.Wait(t.Context(), d.written.Add(1)); err != eio {
			t.Errorf("Wait after a failed sync = %v, want EIO", err)
		}
		if err := g.Wait(t.Context(), 1); err != nil {
			t.Errorf("Wait for what was durable before = %v", err)
		}
	})
}

func TestContextEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		g := New(d.written.Load, d.flush)
		go g.Wait(t.Context(), d.written.Add(1)) // syncs for a millisecond
		synctest.Wait()
		ticket := d.written.Add(1)
		go g.Wait(t.Context(), ticket) // leads the next round
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Microsecond)
		defer cancel()
		if err := g.Wait(ctx, ticket); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait = %v, want deadline exceeded", err)
		}
		time.Sleep(time.Second)
	})
}

func TestPanicReleasesFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written atomic.Uint64
		g := New(written.Load, func() error { time.Sleep(time.Second); panic("broken") })
		go func() {
			defer func() { recover() }()
			g.Wait(t.Context(), written.Add(1))
		}()
		synctest.Wait()
		if err := g.Wait(t.Context(), 1); err != errPanicked {
			t.Errorf("Wait = %v", err)
		}
	})
}
