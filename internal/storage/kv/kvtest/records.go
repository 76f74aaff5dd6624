package kvtest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"tram/internal/storage/kv"
)

func testRecords(t *testing.T, open Open) {
	db := start(t, open)
	expect(t, db, user, "")
	set(t, db, user, "b", "2", "a", "1", "", "empty key", "c", "")
	expect(t, db, user, "=empty key a=1 b=2 c=")
	set(t, db, user, "b", "two")
	update(t, db, user, func(s kv.Space) error {
		if err := s.Delete([]byte("a")); err != nil {
			return err
		}
		return s.Delete([]byte("was never there"))
	})
	expect(t, db, user, "=empty key b=two c=")
	view(t, db, user, func(r kv.Reader) error {
		for key, want := range map[string]string{"": "empty key", "a": "-", "b": "two", "c": "", "d": "-"} {
			if got := get(t, r, key); got != want {
				t.Errorf("Get(%q) = %q, want %q", key, got, want)
			}
		}
		return nil
	})
}

func testLimits(t *testing.T, open Open) {
	db := start(t, open)
	longKey, bigValue := bytes.Repeat([]byte{0xff}, kv.MaxKey), bytes.Repeat([]byte("v"), kv.MaxValue)
	update(t, db, user, func(s kv.Space) error {
		if err := s.Set(append(longKey, 'x'), nil); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("Set with a key of MaxKey+1 bytes = %v, want ErrTooLarge", err)
		}
		if err := s.Set([]byte("k"), append(bigValue, 'x')); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("Set with a value of MaxValue+1 bytes = %v, want ErrTooLarge", err)
		}
		return s.Set(longKey, bigValue)
	})
	view(t, db, user, func(r kv.Reader) error {
		value, err := r.Get(longKey)
		if err != nil || !bytes.Equal(value, bigValue) {
			t.Errorf("the largest record did not come back: %d bytes, %v", len(value), err)
		}
		it := r.Scan(nil, nil)
		defer it.Close()
		if !it.Next() || !bytes.Equal(it.Key(), longKey) || !bytes.Equal(it.Value(), bigValue) || it.Next() {
			t.Errorf("Scan does not give the largest record alone (%v)", it.Err())
		}
		return it.Err()
	})
}

func testSeparate(t *testing.T, open Open) {
	db := start(t, open)
	accounts := []kv.Account{1, 2, 255, 256, 1 << 40, math.MaxUint64 - 1, math.MaxUint64}
	for i, a := range accounts {
		set(t, db, a, "\x00", "low", "k", string(rune('a'+i)), "\xff\xff\xff\xff\xff\xff\xff\xff\xff", "high")
	}
	for i, a := range accounts {
		expect(t, db, a, "\x00=low k="+string(rune('a'+i))+" \xff\xff\xff\xff\xff\xff\xff\xff\xff=high")
		view(t, db, a, func(r kv.Reader) error {
			it := r.Scan(nil, nil)
			defer it.Close()
			if !it.Last() || it.Next() {
				t.Errorf("account %d: there is something behind the last record", a)
			}
			return it.Err()
		})
	}
	update(t, db, 256, func(s kv.Space) error { return s.DeleteRange(nil, nil) })
	for _, a := range accounts {
		want := "low"
		if a == 256 {
			want = "-"
		}
		view(t, db, a, func(r kv.Reader) error {
			if got := get(t, r, "\x00"); got != want {
				t.Errorf("account %d after emptying 256: %q, want %q", a, got, want)
			}
			return nil
		})
	}
}

func testCopies(t *testing.T, open Open) {
	db := start(t, open)
	update(t, db, user, func(s kv.Space) error {
		key, value := []byte("key"), []byte("value")
		if err := s.Set(key, value); err != nil {
			return err
		}
		copy(key, "XXX")
		copy(value, "XXXXX")
		if got := get(t, s, "key"); got != "value" {
			t.Errorf("in the transaction: %q", got)
		}
		first, err := s.Get([]byte("key"))
		if err != nil {
			return err
		}
		if err := s.Set([]byte("key"), []byte("other")); err != nil {
			return err
		}
		get(t, s, "key")
		if string(first) != "value" {
			t.Errorf("a value that was read changed to %q before the end of the transaction", first)
		}
		return nil
	})
	expect(t, db, user, "key=other")
	view(t, db, user, func(r kv.Reader) error {
		first, err := r.Get([]byte("key"))
		if err != nil {
			return err
		}
		for range 1000 {
			get(t, r, "key")
		}
		if string(first) != "other" {
			t.Errorf("a value that was read changed to %q before the end of the view", first)
		}
		return nil
	})
}

func testSnapshot(t *testing.T, open Open) {
	db := start(t, open)
	accounts := []kv.Account{kv.Directory, kv.FirstQueue, user, user + 1, math.MaxUint64}
	for _, a := range accounts {
		set(t, db, a, "k", "old", "l", "")
	}
	gone := user + 7
	set(t, db, gone, "k", "old")
	update(t, db, gone, func(s kv.Space) error { return s.Delete([]byte("k")) })
	err := db.Snapshot(context.Background(), func(s kv.Snapshot) error {
		for _, a := range accounts {
			set(t, db, a, "k", "new")
		}
		set(t, db, user+5, "k", "new")
		var seen []kv.Account
		err := s.Accounts(func(a kv.Account) error {
			seen = append(seen, a)
			if got := dump(t, s.Account(a), nil, nil); got != "k=old l=" {
				t.Errorf("account %d in the snapshot: %q", a, got)
			}
			return nil
		})
		if err != nil || len(seen) != len(accounts) {
			t.Errorf("Accounts gave %v (%v), want %v", seen, err, accounts)
		}
		for i := range min(len(seen), len(accounts)) {
			if seen[i] != accounts[i] {
				t.Errorf("Accounts gave %v, want %v", seen, accounts)
				break
			}
		}
		stop := errors.New("stop")
		if err := s.Accounts(func(kv.Account) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("Accounts = %v, want the error of fn", err)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Snapshot: %v", err)
	}
}
