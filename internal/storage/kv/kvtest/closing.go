package kvtest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"tram/internal/storage/kv"
)

func testSync(t *testing.T, open Open) {
	db := start(t, open)
	ctx := context.Background()
	if err := db.Sync(ctx, user); err != nil {
		t.Errorf("Sync of an account without records: %v", err)
	}
	var wg sync.WaitGroup
	for w := range kv.Account(20) {
		wg.Go(func() {
			for range 5 {
				err := kv.Durable(ctx, db, []kv.Account{user, user + w}, func(tx kv.Tx) error {
					_, err := add(tx.Account(user), "n", 1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := db.Sync(ctx, user); err != nil {
		t.Errorf("Sync: %v", err)
	}
	select {
	case <-db.Failed():
		t.Error("Failed is closed, and nothing failed")
	default:
	}
}

func testClose(t *testing.T, open Open) {
	db := open(t)
	set(t, db, user, "k", "v")
	if err := db.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ctx := context.Background()
	for name, err := range map[string]error{
		"Update":       db.Update(ctx, []kv.Account{user}, func(kv.Tx) error { return nil }),
		"View":         db.View(ctx, user, func(kv.Reader) error { return nil }),
		"Sync":         db.Sync(ctx, user),
		"Snapshot":     db.Snapshot(ctx, func(kv.Snapshot) error { return nil }),
		"second Close": db.Close(),
	} {
		if !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s after Close = %v, want ErrClosed", name, err)
		}
	}
}

// testCloseWaits closes while a transaction and a view run.
func testCloseWaits(t *testing.T, open Open) {
	db := open(t)
	set(t, db, user, "k", "v")
	inside, release := make(chan struct{}, 2), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Update(context.Background(), []kv.Account{user}, func(tx kv.Tx) error {
			inside <- struct{}{}
			<-release
			get(t, tx.Account(user), "k")
			return tx.Account(user).Set([]byte("k"), []byte("w"))
		})
		if err != nil {
			t.Errorf("Update that ran when the store was closed: %v", err)
		}
	})
	wg.Go(func() {
		view(t, db, user, func(r kv.Reader) error {
			inside <- struct{}{}
			<-release
			get(t, r, "k")
			return nil
		})
	})
	<-inside
	<-inside
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	select {
	case <-closed:
		t.Error("Close did not wait for a running transaction")
	default:
		close(release)
		wg.Wait()
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}
