package pebble

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"tram/internal/storage/kv"
)

// prefixLen is the length of the account in front of each key.
const prefixLen = 8

type prefix [prefixLen]byte

func prefixOf(a kv.Account) (p prefix) {
	binary.BigEndian.PutUint64(p[:], uint64(a))
	return p
}

// after returns the first key behind the account, nil behind the last one.
func (p prefix) after() []byte {
	a := binary.BigEndian.Uint64(p[:])
	if a == math.MaxUint64 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, a+1)
}

// source is what records are read from: the store, where its accounts are
// locked, a transaction's batch over it, or a snapshot.
type source interface {
	scanner
	Get(key []byte) ([]byte, io.Closer, error)
}

// scanner makes iterators.
type scanner interface {
	NewIter(*pebble.IterOptions) (*pebble.Iterator, error)
}

// reader reads one account from a source. It is used by one goroutine.
type reader struct {
	prefix prefix
	arena  *arena
	key    []byte // of the last get
}

// get copies a value into the arena.
func (r *reader) get(src source, key []byte) ([]byte, error) {
	r.key = append(append(r.key[:0], r.prefix[:]...), key...)
	value, closer, err := src.Get(r.key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, kv.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a record: %w", err)
	}
	value = r.arena.copy(value)
	return value, closer.Close()
}

// bounds is a range of stored keys.
type bounds struct{ lower, upper []byte }

// empty reports whether nothing can lie within.
func (b bounds) empty() bool { return b.upper != nil && bytes.Compare(b.lower, b.upper) >= 0 }

// bound translates a range of the account's keys.
func (r *reader) bound(lo, hi []byte) bounds {
	buf := make([]byte, 0, 2*prefixLen+len(lo)+len(hi))
	buf = append(append(buf, r.prefix[:]...), lo...)
	b := bounds{lower: buf[:len(buf):len(buf)]}
	if hi == nil {
		b.upper = r.prefix.after()
	} else {
		buf = append(append(buf, r.prefix[:]...), hi...)
		b.upper = buf[len(b.lower):]
	}
	return b
}

func (r *reader) scan(src scanner, lo, hi []byte) kv.Iterator {
	b := r.bound(lo, hi)
	if b.empty() {
		return &iterator{}
	}
	it, err := src.NewIter(&pebble.IterOptions{LowerBound: b.lower, UpperBound: b.upper})
	if err != nil {
		return &iterator{err: fmt.Errorf("scan: %w", err)}
	}
	return &iterator{it: it, prefix: r.prefix}
}
