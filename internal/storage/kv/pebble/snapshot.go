package pebble

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"tram/internal/storage/kv"
)

// Snapshot implements kv.DB.
func (d *DB) Snapshot(ctx context.Context, fn func(kv.Snapshot) error) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	s := &snapshot{src: d.db.NewSnapshot()}
	defer s.src.Close()
	defer s.values.free()
	return fn(s)
}

// snapshot implements kv.Snapshot.
type snapshot struct {
	src    *pebble.Snapshot
	values arena
}

// account is one account in a snapshot. It implements kv.Reader.
type account struct {
	reader
	src *pebble.Snapshot
}

// Account implements kv.Snapshot. What it returns is valid until the
// surrounding function returns, and takes memory that long: a walk over all
// accounts reads large values by Scan.
func (s *snapshot) Account(a kv.Account) kv.Reader {
	return &account{reader: reader{prefix: prefixOf(a), arena: &s.values}, src: s.src}
}

// Get implements kv.Reader.
func (a *account) Get(key []byte) ([]byte, error) { return a.get(a.src, key) }

// Scan implements kv.Reader.
func (a *account) Scan(lo, hi []byte) kv.Iterator { return a.scan(a.src, lo, hi) }

// Accounts implements kv.Snapshot.
func (s *snapshot) Accounts(fn func(kv.Account) error) error {
	it, err := s.src.NewIter(nil)
	if err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	defer it.Close()
	first := prefixOf(ownAccount + 1)
	for ok := it.SeekGE(first[:]); ok; {
		a := kv.Account(binary.BigEndian.Uint64(it.Key()))
		if err := fn(a); err != nil {
			return err
		}
		if a == math.MaxUint64 {
			break
		}
		next := prefixOf(a + 1)
		ok = it.SeekGE(next[:])
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	return nil
}
