package mailstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A crash at any moment of changes in which keywords give their places away
// leaves no message with the keyword of another one, and each with what was
// acknowledged or came after it. Message n only ever has keywords m<n>-<number>.
func TestCrashBetweenPlaces(t *testing.T) {
	const messages = 5
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		fs := vfs.NewCrashableMem()
		e := newEnvOn(t, "", fs)
		in := e.inbox(t, alice)
		for n := range messages {
			e.deliver(t, alice, in, letter, func(d *Delivery) { d.Keywords = []string{fmt.Sprintf("m%d-0", n)} })
		}
		add := FlagChange{Op: AddFlags, Keywords: poolNames(messages, MaxKeywords)}
		remove := FlagChange{Op: RemoveFlags, Keywords: add.Keywords}
		for _, c := range []FlagChange{add, remove} {
			if _, err := e.StoreFlags(t.Context(), alice, in, UIDs(1), c); err != nil {
				t.Fatal(err)
			}
		}
		acknowledged := new([messages]atomic.Int64)
		ctx, stop := context.WithCancel(t.Context())
		stopped, busy := make(chan error, 1), make(chan struct{})
		go func() { stopped <- exchange(ctx, e, in, acknowledged[:], busy) }()
		for range 1 + random.IntN(60) {
			<-busy
		}
		var least [messages]int64
		for n := range least {
			least[n] = acknowledged[n].Load()
		}
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed * 5), RNG: rand.New(rand.NewPCG(seed, 4))})
		stop()
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		after := newEnvOn(t, "", crashed)
		v := after.view(t, alice, in)
		for n, entry := range entries(v) {
			newest := int64(-1)
			for _, name := range strings.Fields(namesOf(v, entry.Flags)) {
				var owner int
				var number int64
				if _, err := fmt.Sscanf(name, "m%d-%d", &owner, &number); err != nil || owner != n {
					t.Fatalf("seed %d: message %d has %s: %v", seed, n, name, err)
				}
				newest = max(newest, number)
			}
			if newest < least[n] {
				t.Fatalf("seed %d: message %d has number %d, but %d was acknowledged", seed, n, newest, least[n])
			}
		}
		if got := after.problems(t, alice); got != nil {
			t.Errorf("seed %d: %v", seed, got)
		}
		after.close()
		e.close()
	}
}

// exchange gives one message after the other a new keyword and takes the one
// before it away, until ctx ends. busy hears of each change.
func exchange(ctx context.Context, e *env, in MailboxID, acknowledged []atomic.Int64, busy chan<- struct{}) error {
	for i := 0; ; i++ {
		n, number := i%len(acknowledged), int64(i/len(acknowledged))
		for _, c := range []FlagChange{
			{Op: AddFlags, Keywords: []string{fmt.Sprintf("m%d-%d", n, number+1)}},
			{Op: RemoveFlags, Keywords: []string{fmt.Sprintf("m%d-%d", n, number)}},
		} {
			if _, err := e.StoreFlags(context.WithoutCancel(ctx), alice, in, UIDs(UID(n+1)), c); err != nil {
				return err
			}
			if c.Op == AddFlags {
				acknowledged[n].Store(number + 1)
			}
			select {
			case busy <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
		}
	}
}
