package pebble

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"tram/internal/storage/kv"
)

// View implements kv.DB.
func (d *DB) View(ctx context.Context, a kv.Account, fn func(kv.Reader) error) error {
	return d.picture(ctx, func(s *pebble.Snapshot, mem *arena) error {
		return fn(&view{reader: reader{prefix: prefixOf(a), arena: mem}, src: s})
	})
}

// Snapshot implements kv.DB.
func (d *DB) Snapshot(ctx context.Context, fn func(kv.Snapshot) error) error {
	return d.picture(ctx, func(s *pebble.Snapshot, mem *arena) error {
		return fn(&snapshot{src: s, arena: mem})
	})
}

// picture runs fn on the store as it is now.
func (d *DB) picture(ctx context.Context, fn func(*pebble.Snapshot, *arena) error) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	s := d.db.NewSnapshot()
	defer s.Close()
	var mem arena
	defer mem.free()
	return fn(s, &mem)
}

// snapshot implements kv.Snapshot.
type snapshot struct {
	src   *pebble.Snapshot
	arena *arena
}

// Account implements kv.Snapshot. What it returns is valid until the
// surrounding function returns, and takes memory that long: a walk over all
// accounts reads large values by Scan.
func (s *snapshot) Account(a kv.Account) kv.Reader {
	return &view{reader: reader{prefix: prefixOf(a), arena: s.arena}, src: s.src}
}

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
