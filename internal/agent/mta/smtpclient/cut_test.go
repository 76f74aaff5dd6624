package smtpclient_test

import (
	"testing"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
)

// TestCut: the host closes after every possible byte, of those it receives and
// of those it sends. Whatever the client then says must agree with what the
// host has: delivered only if taken, and if taken and not delivered, then as a
// lost reply.
func TestCut(t *testing.T) {
	for _, extensions := range [][]string{{"PIPELINING"}, {}} {
		outcomes := map[string]int{}
		for _, direction := range []string{"in", "out"} {
			for at := 0; ; at++ {
				got := cutAt(t, extensions, direction, at)
				outcomes[got]++
				if got == "delivered" {
					break
				}
			}
		}
		if outcomes["undecided"] < 100 || outcomes["lost"] < 10 {
			t.Errorf("%v: the cuts were not where they should be: %v", extensions, outcomes)
		}
	}
}

func cutAt(t *testing.T, extensions []string, direction string, at int) string {
	t.Helper()
	host, err := smtptest.New(smtptest.Options{Extensions: extensions, Cut: func(int) (in, out int) {
		if direction == "in" {
			return at, -1
		}
		return -1, at
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Addr: host.Addr()}, options())
	if err != nil {
		return "undecided"
	}
	defer c.Close()
	r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example"))
	host.Close() // now its journal is complete
	taken := len(host.Messages()) > 0
	switch {
	case codes(r) == "250 250" && taken:
		return "delivered"
	case r.Lost && r.Replies[0] == nil:
		return "lost"
	case r.Replies[0] == nil && r.Failure != nil && !taken:
		return "undecided"
	}
	t.Errorf("cut %s at %d: %s %v, taken: %v", direction, at, codes(r), r.Failure, taken)
	return "wrong"
}
