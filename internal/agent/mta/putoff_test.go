package mta_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// countedBlobs counts the bodies that are opened.
type countedBlobs struct {
	blob.Store
	opened atomic.Int64
}

func (c *countedBlobs) Open(ctx context.Context, id blob.ID) (blob.Reader, error) {
	c.opened.Add(1)
	return c.Store.Open(ctx, id)
}

func down(step, _ string) string {
	if step == "greeting" {
		return "421 4.3.2 down"
	}
	return ""
}

// TestPutOff: thousands of messages for a host that is down cost one attempt,
// a few lines of log and no reading of bodies, and each knows why it waits.
func TestPutOff(t *testing.T) {
	t.Parallel() // the queue puts nothing off for less than five seconds
	const messages = 3000
	l := newLab(t, "dead.example. A 127.0.0.2\n")
	host := l.host("127.0.0.2", smtptest.Options{Reply: down})
	blobs := &countedBlobs{Store: l.blobs}
	l.options.Blobs = blobs
	l.reopenQueue(queue.Options{MaxInFlight: 2048})
	for range messages {
		l.send("an@here.example", "x@dead.example")
	}
	began := time.Now()
	l.start()
	l.waiting(messages)
	t.Logf("%v a message", time.Since(began)/messages)
	if n := host.Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
	if n := blobs.opened.Load(); n > 10 {
		t.Errorf("%d bodies were read", n)
	}
	if n := len(l.journal.find("dead.example")) - len(l.journal.find("queued")); n > 20 {
		t.Errorf("%d lines about it", n)
	}
	if n := l.counts.Deferred.Load(); n != messages {
		t.Errorf("%d deferrals", n)
	}
	listed, err := l.queue.List(t.Context(), queue.Filter{Limit: 500})
	l.must(err)
	for _, e := range listed {
		if r := e.Rcpts[0]; r.Attempts != 1 || r.LastReply == "" || time.Until(r.Next) < 4*time.Minute {
			t.Fatalf("%+v", r)
		}
	}
}

// TestPutOffEnds: what is put off without an attempt is given up in time all
// the same, and its sender is told.
func TestPutOffEnds(t *testing.T) {
	l := newLab(t, "dead.example. A 127.0.0.2\n")
	l.host("127.0.0.2", smtptest.Options{Reply: down})
	l.reopenQueue(queue.Options{Expiry: time.Nanosecond})
	for range 5 {
		l.send("an@here.example", "x@dead.example")
	}
	l.start()
	l.wait(5, "bounced", "to=<x@dead.example>", "421 4.3.2 down")
	l.wait(5, "delivered", "from=<>", "to=<an@here.example>")
	if n := l.counts.ToldFailed.Load(); n != 5 {
		t.Errorf("%d told", n)
	}
}
