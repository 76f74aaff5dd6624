package mda_test

import (
	"context"
	"os"
	"testing"
	"time"

	"tram/internal/agent/mta"
	"tram/internal/dns"
)

// TestStop: a program under way does not keep the server from stopping, and
// its message waits for the next start.
func TestStop(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	program, out := script(t, `echo started >$OUT; sleep 100`)
	w.alias("slow@here.example", "|"+program)
	w.put(letter, true, nil, "slow@here.example")
	m, err := mta.New(mta.Options{
		Hostname: "mail.here.example", Queue: w.queue, DB: w.db, Blobs: w.blobs, Directory: w.dir,
		Local: w.Deliverer, Resolver: &dns.Resolver{}, StopTime: 50 * time.Millisecond,
	})
	w.must(err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if text, _ := os.ReadFile(out); len(text) > 0 {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("the program was not started")
		}
	}
	stop()
	select {
	case err := <-done:
		w.must(err)
	case <-time.After(10 * time.Second):
		t.Fatal("still running")
	}
	if n := w.queue.Len(); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// TestSlowProgram: a program that hangs holds up neither mailboxes nor other
// programs, however much mail waits for it.
func TestSlowProgram(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	slow, _ := script(t, `sleep 100`)
	w.alias("slow@here.example", "|"+slow)
	fast, out := script(t, `cat >/dev/null; echo x >>$OUT`)
	w.alias("fast@here.example", "|"+fast)
	const each = 25
	for range 2 * each {
		w.put(letter, true, nil, "slow@here.example")
	}
	for range each {
		w.put(letter, true, nil, "fast@here.example")
		w.put(letter, true, nil, "an@here.example")
	}
	m, err := mta.New(mta.Options{
		Hostname: "mail.here.example", Queue: w.queue, DB: w.db, Blobs: w.blobs, Directory: w.dir,
		Local: w.Deliverer, Resolver: &dns.Resolver{}, StopTime: 10 * time.Millisecond, MaxOutlets: 60,
	})
	w.must(err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(out)
		if here := len(w.inbox("an")); len(text)/2 == each && here == each {
			break
		} else if time.Since(began) > 30*time.Second {
			t.Fatalf("%d through the fast program, %d in the mailbox", len(text)/2, here)
		}
	}
	stop()
	w.must(<-done)
	if n := w.queue.Len(); n < 2*each {
		t.Errorf("%d entries are left", n)
	}
}
