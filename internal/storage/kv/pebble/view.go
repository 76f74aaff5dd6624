package pebble

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"tram/internal/storage/kv"
)

// View implements kv.DB.
func (d *DB) View(ctx context.Context, a kv.Account, fn func(kv.Reader) error) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	v := &view{db: d.db}
	v.prefix, v.arena = prefixOf(a), &v.values
	defer v.close()
	return fn(v)
}

// view reads one account as it was at the first read. It implements kv.Reader.
//
// The picture is held by an iterator, of which every Scan is a clone. A snapshot
// of Pebble would do as well, but closing one takes the lock under which the
// manifest is synced, so a small read would now and then wait for the disk.
type view struct {
	reader
	db      *pebble.DB
	picture *pebble.Iterator // nil until the first read
	values  arena
}

// open takes the picture at the first call.
func (v *view) open() (*pebble.Iterator, error) {
	if v.picture == nil {
		b := v.bound(nil, nil)
		it, err := v.db.NewIter(&pebble.IterOptions{LowerBound: b.lower, UpperBound: b.upper})
		if err != nil {
			return nil, fmt.Errorf("read an account: %w", err)
		}
		v.picture = it
	}
	return v.picture, nil
}

func (v *view) close() {
	if v.picture != nil {
		v.picture.Close()
	}
	v.values.free()
}

// Get implements kv.Reader.
func (v *view) Get(key []byte) ([]byte, error) {
	it, err := v.open()
	if err != nil {
		return nil, err
	}
	v.key = append(append(v.key[:0], v.prefix[:]...), key...)
	if !it.SeekPrefixGE(v.key) {
		if err := it.Error(); err != nil {
			return nil, fmt.Errorf("read a record: %w", err)
		}
		return nil, kv.ErrNotFound
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return nil, fmt.Errorf("read a record: %w", err)
	}
	return v.arena.copy(value), nil
}

// Scan implements kv.Reader.
func (v *view) Scan(lo, hi []byte) kv.Iterator {
	it, err := v.open()
	if err != nil {
		return &iterator{err: err}
	}
	return v.scan(cloner{it}, lo, hi)
}

// cloner makes iterators over the picture of another one.
type cloner struct{ *pebble.Iterator }

// NewIter implements scanner.
func (c cloner) NewIter(o *pebble.IterOptions) (*pebble.Iterator, error) {
	return c.Clone(pebble.CloneOptions{IterOptions: o})
}
