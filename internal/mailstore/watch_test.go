package mailstore

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"tram/internal/storage/kv"
)

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		in, sent := e.inbox(t, alice), e.box(t, alice, "Sent")
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { e.Run(ctx) })
		defer running.Wait()
		defer stop()

		var inbox, other, any, foreign atomic.Int32
		count := func(n *atomic.Int32) func() { return func() { n.Add(1) } }
		cancel := e.Watch(alice, in, count(&inbox))
		e.Watch(alice, sent, count(&other))
		e.Watch(alice, 0, count(&any))
		e.Watch(bob, in, count(&foreign))
		expect := func(what string, wantInbox, wantOther, wantAny int32) {
			t.Helper()
			synctest.Wait()
			if i, o, a := inbox.Load(), other.Load(), any.Load(); i != wantInbox || o != wantOther || a != wantAny {
				t.Fatalf("%s: told %d, %d, %d times, want %d, %d, %d", what, i, o, a, wantInbox, wantOther, wantAny)
			}
		}
		deliver := func(m MailboxID) {
			t.Helper()
			d := e.delivery(letter)
			d.Mailbox = m
			err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
				_, err := e.AppendTx(tx, alice, []Delivery{d})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		deliver(in)
		expect("not told of the commit yet", 0, 0, 0)
		e.Committed(alice)
		expect("delivery", 1, 1, 1) // the first call tells everyone
		deliver(in)
		e.Committed(alice, bob)
		expect("second delivery", 2, 1, 2)
		e.Committed(alice)
		expect("nothing new", 2, 1, 2)
		e.deliver(t, alice, sent, letter, nil)
		expect("append", 2, 2, 3)
		if _, err := e.StoreFlags(t.Context(), alice, in, AllUIDs(), FlagChange{Op: AddFlags, Flags: Seen}); err != nil {
			t.Fatal(err)
		}
		expect("store", 3, 2, 4)
		cancel()
		cancel()
		deliver(in)
		e.Committed(alice)
		expect("cancelled", 3, 2, 5)
		if err := e.Delete(t.Context(), alice, "Sent"); err != nil {
			t.Fatal(err)
		}
		expect("delete", 3, 3, 6)
		if foreign.Load() > 1 {
			t.Error("told of another account's mail")
		}
		if len(e.watchers.pending) != 0 {
			t.Error("work is left")
		}
	})
}

// Watchers cost nothing after they left, and a stopped Run returns its cause.
func TestWatchLeavesNothing(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	for range 100 {
		e.Watch(alice, in, func() {})()
	}
	e.Committed(alice)
	if n := len(e.watchers.accounts) + len(e.watchers.pending) + len(e.watchers.wake); n != 0 {
		t.Error(n)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(context.DeadlineExceeded)
	if err := e.Run(ctx); err != context.DeadlineExceeded {
		t.Error(err)
	}
}
