// Package pebble is the embedded backend of package kv, on
// github.com/cockroachdb/pebble.
package pebble

import (
	"context"
	"errors"
	"log/slog"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/kv"
)

// Options configure a store. The zero value is a sensible one for a small
// machine.
type Options struct {
	FS            vfs.FS       // the file system under everything; nil means the real one
	MemTableBytes int          // size of a memtable in bytes; 0 means DefaultMemTableBytes
	CacheBytes    int64        // size of the block cache in bytes; 0 means DefaultCacheBytes
	Logger        *slog.Logger // where warnings go; nil means nowhere
}

// DB is a store in one directory. It implements kv.DB.
type DB struct{}

var _ kv.DB = (*DB)(nil)

// Open opens the store in dir and makes it when it does not exist.
func Open(dir string, o Options) (*DB, error) { return nil, errors.New("not yet") }

// View implements kv.DB.
func (d *DB) View(ctx context.Context, a kv.Account, fn func(kv.Reader) error) error {
	return kv.ErrClosed
}

// Update implements kv.DB.
func (d *DB) Update(ctx context.Context, accounts []kv.Account, fn func(kv.Tx) error) error {
	return kv.ErrClosed
}

// Sync implements kv.DB.
func (d *DB) Sync(ctx context.Context, a kv.Account) error { return kv.ErrClosed }

// Snapshot implements kv.DB.
func (d *DB) Snapshot(ctx context.Context, fn func(kv.Snapshot) error) error { return kv.ErrClosed }

// Failed implements kv.DB.
func (d *DB) Failed() <-chan struct{} { return nil }

// Close implements kv.DB.
func (d *DB) Close() error { return nil }
