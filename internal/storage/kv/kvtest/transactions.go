package kvtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"tram/internal/storage/kv"
)

func testOwnWrites(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user, "a", "1", "b", "1")
	update(t, db, user, func(s kv.Space) error {
		must(t, s.Set([]byte("a"), []byte("2")), s.Delete([]byte("b")), s.Set([]byte("c"), []byte("2")))
		if got := get(t, s, "a") + get(t, s, "b") + get(t, s, "c"); got != "2-2" {
			t.Errorf("first round: %q", got)
		}
		must(t, s.Set([]byte("b"), []byte("3")), s.Delete([]byte("c")))
		if got := dump(t, s, nil, nil); got != "a=2 b=3" {
			t.Errorf("second round: %q", got)
		}
		must(t, s.DeleteRange(nil, []byte("b")), s.Set([]byte("a"), []byte("4")))
		if got := dump(t, s, nil, nil); got != "a=4 b=3" {
			t.Errorf("third round: %q", got)
		}
		return nil
	})
	expect(t, db, user, "a=4 b=3")
}

func testDeleteRange(t *testing.T, open Open) {
	db := start(t, open)
	for _, c := range []struct{ lo, hi, want string }{
		{"", "", ""},
		{"b", "d", "a=1 d=1 e=1"},
		{"b", "", "a=1"},
		{"", "d", "d=1 e=1"},
		{"d", "b", "a=1 b=1 c=1 d=1 e=1"},
		{"c", "c", "a=1 b=1 c=1 d=1 e=1"},
		{"bb", "cc", "a=1 b=1 d=1 e=1"},
	} {
		set(t, db, user, "a", "1", "b", "1", "c", "1", "d", "1", "e", "1")
		update(t, db, user, func(s kv.Space) error {
			// A record of this transaction goes as well.
			must(t, s.Set([]byte("bc"), nil), s.DeleteRange(bound(c.lo), bound(c.hi)), s.Delete([]byte("bc")))
			if got := dump(t, s, nil, nil); got != c.want {
				t.Errorf("DeleteRange(%q, %q) inside: %q, want %q", c.lo, c.hi, got, c.want)
			}
			return nil
		})
		expect(t, db, user, c.want)
	}
}

func testRollback(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user, "a", "1")
	stop := errors.New("stop")
	err := db.Update(context.Background(), []kv.Account{user, user + 1}, func(tx kv.Tx) error {
		must(t, tx.Account(user).Set([]byte("a"), []byte("2")), tx.Account(user+1).Set([]byte("b"), nil))
		get(t, tx.Account(user), "a")
		return stop
	})
	if !errors.Is(err, stop) {
		t.Errorf("Update = %v, want the error of fn", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic of fn was swallowed")
			}
		}()
		db.Update(context.Background(), []kv.Account{user}, func(tx kv.Tx) error {
			must(t, tx.Account(user).Set([]byte("a"), []byte("3")))
			panic("broken handler")
		})
	}()
	expect(t, db, user, "a=1")
	expect(t, db, user+1, "")
	set(t, db, user, "a", "4") // the lock was given back
	expect(t, db, user, "a=4")
}

func testSeveralAccounts(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user, "n", "1")
	accounts := []kv.Account{user + 9, user, kv.FirstQueue, user, user + 9}
	err := db.Update(context.Background(), accounts, func(tx kv.Tx) error {
		for i, a := range accounts {
			s := tx.Account(a)
			if a == user && get(t, s, "n") != "1" {
				t.Errorf("account %d lost its record", a)
			}
			must(t, s.Set([]byte{byte('a' + i)}, nil))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, db, user, "b= d= n=1")
	expect(t, db, kv.FirstQueue, "c=")
	expect(t, db, user+9, "a= e=")
	if err := db.Update(context.Background(), nil, func(kv.Tx) error { return nil }); err == nil {
		t.Error("Update without an account succeeded")
	}
}

func testForeignAccount(t *testing.T, open Open) {
	db := start(t, open)
	defer func() {
		if recover() == nil {
			t.Error("asking for an account that Update did not name does not panic")
		}
	}()
	db.Update(context.Background(), []kv.Account{user}, func(tx kv.Tx) error {
		tx.Account(user + 1)
		return nil
	})
}

// testLargeTransaction is an EXPUNGE or STORE of a whole large mailbox.
func testLargeTransaction(t *testing.T, open Open) {
	db := start(t, open)
	const n = 20_000
	value := make([]byte, 100)
	key := func(i int) []byte { return binary.BigEndian.AppendUint32([]byte("m"), uint32(i)) }
	update(t, db, user, func(s kv.Space) error {
		for i := range n {
			if err := s.Set(key(i), value); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, db, user, func(s kv.Space) error {
		it := s.Scan(nil, nil)
		defer it.Close()
		for i := 0; it.Next(); i++ {
			if i%2 == 0 {
				continue
			}
			if err := s.Delete(it.Key()); err != nil {
				return err
			}
		}
		return it.Err()
	})
	view(t, db, user, func(r kv.Reader) error {
		it := r.Scan(nil, nil)
		defer it.Close()
		i := 0
		for ; it.Next(); i += 2 {
			if string(it.Key()) != string(key(i)) {
				return fmt.Errorf("record %x where %x was expected", it.Key(), key(i))
			}
		}
		if i != n {
			t.Errorf("%d records are left, want %d", i/2, n/2)
		}
		return it.Err()
	})
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// testRiders: riders change nothing of what a transaction does. What becomes of
// them after a crash is for the backend to show.
func testRiders(t *testing.T, open Open) {
	ctx, db := context.Background(), start(t, open)
	rider := []byte("rider")
	must(t, db.Update(ctx, []kv.Account{user}, func(tx kv.Tx) error {
		s := tx.Account(user)
		must(t, tx.Attach(rider), s.Set([]byte("a"), []byte("1")), tx.Attach(nil), tx.Attach(make([]byte, kv.MaxRider)))
		copy(rider, "other")
		if got := dump(t, s, nil, nil); got != "a=1" {
			t.Errorf("inside: %q", got)
		}
		must(t, tx.Attach(rider), s.Set([]byte("b"), []byte("1")))
		if err := tx.Attach(make([]byte, kv.MaxRider+1)); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("a rider beyond the limit: %v", err)
		}
		return nil
	}))
	expect(t, db, user, "a=1 b=1")
	before, _ := db.Version(user)
	must(t, db.Update(ctx, []kv.Account{user}, func(tx kv.Tx) error { return tx.Attach(rider) }))
	if after, _ := db.Version(user); after != before {
		t.Error("a rider without a record is a commit")
	}
	expect(t, db, user, "a=1 b=1")
	must(t, db.Sync(ctx, user))
}
