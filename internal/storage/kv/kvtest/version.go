package kvtest

import (
	"encoding/binary"
	"sync"
	"testing"

	"tram/internal/storage/kv"
)

// testVersion has readers keep what they read as long as the version stays: a
// writer must not be able to change it under them.
func testVersion(t *testing.T, open Open) {
	db := start(t, open)
	key := []byte("n")
	write := func(a kv.Account, n uint64) {
		update(t, db, a, func(s kv.Space) error { return s.Set(key, binary.BigEndian.AppendUint64(nil, n)) })
	}
	read := func() (n uint64) {
		view(t, db, user, func(r kv.Reader) error {
			value, err := r.Get(key)
			n = number(value)
			return err
		})
		return n
	}
	before, known := db.Version(user)
	if !known {
		return // the backend cannot tell
	}
	write(user+1, 1)
	write(user, 1)
	if now, known := db.Version(user); !known || now == before {
		t.Errorf("a commit left the version at %d", now)
	}
	const rounds = 2000
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for last := uint64(0); last < rounds; {
				v1, known1 := db.Version(user)
				a := read()
				b := read()
				v2, known2 := db.Version(user)
				if known1 && known2 && v1 == v2 && a != b {
					t.Errorf("version %d stands for %d and %d", v1, a, b)
				}
				last = b
			}
		})
	}
	for n := range uint64(rounds) {
		write(user, n+1)
	}
	readers.Wait()
}
