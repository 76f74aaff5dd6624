package queue

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

func TestIDText(t *testing.T) {
	for _, id := range []ID{0, 1, 31, 32, math.MaxUint64} {
		got, err := ParseID(id.String())
		if err != nil || got != id || len(id.String()) != idLength {
			t.Errorf("%d: %q, %d, %v", id, id.String(), got, err)
		}
	}
	for _, s := range []string{"", "0", "zzzzzzzzzzzzz", "000000000000i", "00000000000000", "g000000000000"} {
		if id, err := ParseID(s); err != ErrBadID {
			t.Errorf("%q: got %d, %v", s, id, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := ID(rapid.Uint64().Draw(t, "a")), ID(rapid.Uint64().Draw(t, "b"))
		if (a < b) != (a.String() < b.String()) {
			t.Fatalf("%d %s and %d %s sort differently", a, a, b, b)
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add("0123456789abc")
	f.Add("FZZZZZZZZZZZZ")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		if again, err := ParseID(id.String()); err != nil || again != id {
			t.Errorf("%q: %d, then %d, %v", s, id, again, err)
		}
	})
}

func TestIDsAreUniqueAndRise(t *testing.T) {
	q := newQueue(t, Options{})
	const callers, each = 4, 5000
	all := make(chan []ID)
	for range callers {
		go func() {
			ids := make([]ID, each)
			for i := range ids {
				ids[i] = q.NewID()
			}
			all <- ids
		}()
	}
	var ids []ID
	for range callers {
		got := <-all
		if !slices.IsSorted(got) {
			t.Error("the IDs of one caller do not rise")
		}
		ids = append(ids, got...)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != callers*each {
		t.Error("an ID was given twice")
	}
	if d := time.Since(ids[0].Time()); d < 0 || d > time.Minute {
		t.Errorf("time of the ID is %v ago", d)
	}
}

// TestIDsAfterClockWentBack restarts with a clock that is a year behind, and
// with nothing left in the queue that could tell.
func TestIDsAfterClockWentBack(t *testing.T) {
	fs := vfs.NewMem()
	db := openStore(t, fs)
	q := openQueue(t, db, Options{})
	q.clock.atLeast(tickOf(time.Now().AddDate(1, 0, 0))) // as if the clock had been ahead
	var last ID
	for i := range 20 {
		last = add(t, q, letter(i, "a@example.net"))
		settle(t, q, take(t, q), Outcome{Result: Delivered})
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openStore(t, fs)
	defer db.Close()
	q = openQueue(t, db, Options{})
	if id := q.NewID(); id <= last {
		t.Errorf("%s is not after %s", id, last)
	}
}
