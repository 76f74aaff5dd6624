package kvtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tram/internal/storage/kv"
)

func number(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// add reads a counter, adds to it and returns what it was.
func add(s kv.Space, key string, n uint64) (uint64, error) {
	old, err := s.Get([]byte(key))
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return 0, err
	}
	was := number(old)
	return was, s.Set([]byte(key), binary.BigEndian.AppendUint64(nil, was+n))
}

func testSerial(t *testing.T, open Open) {
	db := start(t, open)
	const writers, rounds = 16, 50
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for range writers {
		wg.Go(func() {
			for range rounds {
				var was uint64
				err := db.Update(context.Background(), []kv.Account{user}, func(tx kv.Tx) (err error) {
					was, err = add(tx.Account(user), "n", 1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if seen[was] {
					t.Errorf("two transactions read the counter at %d", was)
				}
				seen[was] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	view(t, db, user, func(r kv.Reader) error {
		value, err := r.Get([]byte("n"))
		if err != nil || number(value) != writers*rounds {
			t.Errorf("counter is %d (%v), want %d", number(value), err, writers*rounds)
		}
		return nil
	})
}

// testTransfers moves units between accounts. No picture of the store may
// ever show more or fewer of them than there are.
func testTransfers(t *testing.T, open Open) {
	db := start(t, open)
	const accounts, units, writers, rounds = 8, 100, 8, 60
	for i := range kv.Account(accounts) {
		update(t, db, user+i, func(s kv.Space) error { _, err := add(s, "units", units); return err })
	}
	ctx, stop := context.WithCancel(context.Background())
	var readers, wg sync.WaitGroup
	readers.Go(func() {
		for ctx.Err() == nil {
			if sum := total(t, db); sum != accounts*units {
				t.Errorf("a snapshot shows %d units, there are %d", sum, accounts*units)
				return
			}
		}
	})
	for w := range uint64(writers) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(w, 0))
			for range rounds {
				from, to := user+kv.Account(r.IntN(accounts)), user+kv.Account(r.IntN(accounts))
				if err := transfer(db, from, to); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	stop()
	readers.Wait()
	if sum := total(t, db); sum != accounts*units {
		t.Errorf("%d units at the end, want %d", sum, accounts*units)
	}
}

// transfer moves one unit, and notes it on both sides.
func transfer(db kv.DB, from, to kv.Account) error {
	return db.Update(context.Background(), []kv.Account{from, to}, func(tx kv.Tx) error {
		if _, err := add(tx.Account(from), "units", ^uint64(0)); err != nil {
			return err
		}
		_, err := add(tx.Account(to), "units", 1)
		return err
	})
}

func total(t testing.TB, db kv.DB) uint64 {
	t.Helper()
	var sum uint64
	err := db.Snapshot(context.Background(), func(s kv.Snapshot) error {
		return s.Accounts(func(a kv.Account) error {
			value, err := s.Account(a).Get([]byte("units"))
			sum += number(value)
			return err
		})
	})
	if err != nil {
		t.Error(err)
	}
	return sum
}

// testViewConsistent changes two records together and reads them one by one.
func testViewConsistent(t *testing.T, open Open) {
	db := start(t, open)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			v := fmt.Sprint(i)
			set(t, db, user, "a", v, "z", v)
		}
	})
	for range 300 {
		view(t, db, user, func(r kv.Reader) error {
			it := r.Scan(nil, nil)
			defer it.Close()
			a := get(t, r, "a")
			if z := get(t, r, "z"); a != z {
				t.Errorf("one View read a=%s and z=%s", a, z)
			}
			if it.Last(); a != "-" && string(it.Value()) != a {
				t.Errorf("one View read a=%s and, walking, z=%s", a, it.Value())
			}
			return it.Err()
		})
	}
	stop()
	wg.Wait()
}

// testNoDeadlock locks the same accounts in all orders.
func testNoDeadlock(t *testing.T, open Open) {
	db := start(t, open)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for w := range uint64(12) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(w, 1))
			for range 50 {
				accounts := []kv.Account{user, user + 1, user + 2, user + 3}
				r.Shuffle(4, func(i, j int) { accounts[i], accounts[j] = accounts[j], accounts[i] })
				accounts = accounts[:1+r.IntN(4)]
				err := db.Update(ctx, accounts, func(tx kv.Tx) error {
					for _, a := range accounts {
						if _, err := add(tx.Account(a), "n", 1); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// testContext waits for a locked account with a context that ends.
func testContext(t *testing.T, open Open) {
	db := start(t, open)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	nothing := func(kv.Tx) error { return nil }
	if err := db.Update(gone, []kv.Account{user}, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("Update with an ended context = %v", err)
	}
	if err := db.View(gone, user, func(kv.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View with an ended context = %v", err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Update(context.Background(), []kv.Account{user}, func(tx kv.Tx) error {
			close(entered)
			<-release
			return tx.Account(user).Set([]byte("k"), []byte("holder"))
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-entered
	for range 3 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			// Lock a free account first: it must be given back.
			err := db.Update(ctx, []kv.Account{user - 1, user}, nothing)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Update of a locked account = %v, want deadline exceeded", err)
			}
		})
	}
	set(t, db, user+1, "k", "other accounts go on")
	expect(t, db, user, "") // and so do readers
	time.Sleep(30 * time.Millisecond)
	set(t, db, user-1, "k", "free again")
	close(release)
	wg.Wait()
	set(t, db, user, "l", "")
	expect(t, db, user, "k=holder l=")
}
