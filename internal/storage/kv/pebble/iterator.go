package pebble

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// iterator walks over the records of one account. The zero iterator is empty.
type iterator struct {
	it      *pebble.Iterator // nil: empty, failed or closed
	prefix  prefix
	seek    []byte // the key of the last Seek
	started bool
	err     error
}

// Next implements kv.Iterator.
func (i *iterator) Next() bool {
	if i.it == nil {
		return false
	}
	if !i.started {
		i.started = true
		return i.it.First()
	}
	return i.it.Next()
}

// Seek implements kv.Iterator.
func (i *iterator) Seek(key []byte) bool {
	if i.it == nil {
		return false
	}
	i.started = true
	i.seek = append(append(i.seek[:0], i.prefix[:]...), key...)
	return i.it.SeekGE(i.seek)
}

// Last implements kv.Iterator.
func (i *iterator) Last() bool {
	if i.it == nil {
		return false
	}
	i.started = true
	return i.it.Last()
}

// Key implements kv.Iterator.
func (i *iterator) Key() []byte { return i.it.Key()[prefixLen:] }

// Value implements kv.Iterator.
func (i *iterator) Value() []byte {
	// Values may be read from disk only now. Err tells when that failed.
	value, err := i.it.ValueAndErr()
	if err != nil && i.err == nil {
		i.err = fmt.Errorf("scan: %w", err)
	}
	return value
}

// Err implements kv.Iterator.
func (i *iterator) Err() error {
	if i.err != nil || i.it == nil {
		return i.err
	}
	if err := i.it.Error(); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	return nil
}

// Close implements kv.Iterator. Err keeps its answer.
func (i *iterator) Close() error {
	if i.it == nil {
		return nil
	}
	i.err = i.Err()
	i.it.Close()
	i.it = nil
	return nil
}
