package pebble

import (
	"fmt"

	"tram/internal/storage/kv"
)

// space is one account inside a transaction.
type space struct {
	reader
	tx    *tx
	dirty bool // the transaction wrote to this account
}

// from returns where the space reads. Accounts that the transaction has not
// written to are read from the store: they are locked, so nothing moves.
func (s *space) from() (source, error) {
	if !s.dirty {
		return s.tx.db, nil
	}
	return s.tx.reads()
}

// Get implements kv.Reader.
func (s *space) Get(key []byte) ([]byte, error) {
	src, err := s.from()
	if err != nil {
		return nil, err
	}
	return s.get(src, key)
}

// Scan implements kv.Reader. It sees the writes made before.
func (s *space) Scan(lo, hi []byte) kv.Iterator {
	src, err := s.from()
	if err != nil {
		return &iterator{err: err}
	}
	return s.scan(src, lo, hi)
}

// Set implements kv.Space.
func (s *space) Set(key, value []byte) error {
	if len(key) > kv.MaxKey {
		return tooLarge("key", len(key), kv.MaxKey)
	}
	if len(value) > kv.MaxValue {
		return tooLarge("value", len(value), kv.MaxValue)
	}
	s.dirty = true
	op := s.tx.writes().SetDeferred(prefixLen+len(key), len(value))
	copy(op.Key, s.prefix[:])
	copy(op.Key[prefixLen:], key)
	copy(op.Value, value)
	return s.finish(op.Finish())
}

// Delete implements kv.Space.
func (s *space) Delete(key []byte) error {
	s.dirty = true
	op := s.tx.writes().DeleteDeferred(prefixLen + len(key))
	copy(op.Key, s.prefix[:])
	copy(op.Key[prefixLen:], key)
	return s.finish(op.Finish())
}

// DeleteRange implements kv.Space.
func (s *space) DeleteRange(lo, hi []byte) error {
	b := s.bound(lo, hi)
	if b.empty() {
		return nil
	}
	s.dirty = true
	return s.finish(s.tx.writes().DeleteRange(b.lower, b.upper, nil))
}

// finish remembers a write that the batch did not take: a transaction that
// ignores the error must not commit half of its writes.
func (s *space) finish(err error) error {
	if err != nil {
		s.tx.broken = fmt.Errorf("write to a transaction: %w", err)
		return s.tx.broken
	}
	return nil
}

func tooLarge(what string, size, limit int) error {
	return fmt.Errorf("kv: %s of %d bytes, the limit is %d: %w", what, size, limit, kv.ErrTooLarge)
}
