package mailstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/kv"
)

// A crash at any moment of moves between two accounts leaves each message in
// exactly one of them, and the index of grants as the lists say.
func TestCrashAcrossAccounts(t *testing.T) {
	const n = 30
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		fs := vfs.NewCrashableMem()
		e := newEnvOn(t, "", fs)
		ctx := context.Background()
		at := map[kv.Account]MailboxID{alice: e.inbox(t, alice), bob: e.inbox(t, bob)}
		for i := range n {
			e.deliver(t, alice, at[alice], letter, func(d *Delivery) { d.Keywords = []string{fmt.Sprintf("n%d", i)} })
		}
		blinks := random.IntN(20)
		stop, stopped := make(chan struct{}), make(chan error, 1)
		go func() { stopped <- moveAbout(ctx, e, at, random, stop) }()
		for range blinks {
			err := e.SetACL(ctx, alice, 2, WhoAnyone, func(had Rights) Rights { return had ^ RightLookup })
			if err != nil {
				t.Fatal(err)
			}
		}
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed * 5), RNG: rand.New(rand.NewPCG(seed, 2))})
		close(stop)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		after := newEnvOn(t, "", crashed)
		var all []string
		for id, m := range at {
			v := after.view(t, id, m)
			for _, entry := range entries(v) {
				for k, name := range v.Keywords() {
					if entry.Flags&Keyword(k) != 0 {
						all = append(all, name)
					}
				}
			}
			if got := after.problems(t, id); got != nil {
				t.Errorf("seed %d: account %d: %v", seed, id, got)
			}
		}
		slices.Sort(all)
		if len(all) != n || len(slices.Compact(all)) != n {
			t.Errorf("seed %d: %d messages of %d: %v", seed, len(all), n, all)
		}
		after.close()
		e.close()
	}
}

// moveAbout moves single messages and shares mailboxes until stop.
func moveAbout(ctx context.Context, e *env, at map[kv.Account]MailboxID, random *rand.Rand, stop <-chan struct{}) error {
	from, to := alice, bob
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		v, err := e.View(ctx, from, at[from])
		if err != nil {
			return err
		}
		if v.Len() > 0 {
			uid := v.At(random.IntN(v.Len())).UID
			if _, err := e.Move(ctx, Place{from, at[from]}, Place{to, at[to]}, UIDs(uid), Quota{}); err != nil {
				return err
			}
		}
		if random.IntN(3) == 0 {
			from, to = to, from
		}
	}
}
