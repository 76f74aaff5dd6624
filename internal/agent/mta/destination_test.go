package mta

import (
	"testing"
	"time"

	"tram/internal/mail/smtpwire"
)

// TestPauses: the pause doubles up to an hour, ends with an answer, and soon
// when an administrator asks.
func TestPauses(t *testing.T) {
	now := time.Unix(1e9, 0)
	down := smtpwire.NewReply(451, "4.4.1", "down")
	dest := &destination{}
	for _, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		want := time.Duration(minutes) * time.Minute
		dest.fail(down, time.Minute, now)
		if got := dest.until.Sub(now); got != want {
			t.Fatalf("after %d failures %v, want %v", dest.failures, got, want)
		}
		if !dest.isClosed(now) || dest.isClosed(dest.until) || dest.rank(now) != doubtful {
			t.Fatal("closed is until, and then one looks")
		}
		for range 100 {
			if at := dest.comeback(now); at.Before(dest.until) || at.After(dest.until.Add(dest.backoff/4)) {
				t.Fatalf("comes back %v after the pause", at.Sub(dest.until))
			}
		}
	}
	dest.backlog = make([]*group, probeBacklog)
	if at := dest.until; !dest.isClosed(at) || !dest.comeback(at).After(at.Add(dest.backoff/2)) {
		t.Error("enough wait for the probe, the rest does not")
	}
	dest.backlog = nil
	dest.reopen()
	if got := dest.until.Sub(dest.failed); got != askPause {
		t.Errorf("asked for: %v", got)
	}
	dest.recover(now)
	if dest.isClosed(now) || dest.rank(now) != proven || dest.rank(now.Add(proofTime)) == proven {
		t.Error("an answer ends it, and is worth something for a while")
	}
}
