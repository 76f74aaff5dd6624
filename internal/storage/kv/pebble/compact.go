package pebble

import (
	"bytes"
	"context"
	"fmt"

	"tram/internal/storage/kv"
)

var _ kv.Upkeep = (*DB)(nil)

// Compact implements kv.Upkeep.
func (d *DB) Compact(ctx context.Context) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	if err := d.err(); err != nil {
		return err
	}
	// What was removed lately is in memory yet.
	if err := d.db.Flush(); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	last := bytes.Repeat([]byte{0xff}, 8+kv.MaxKey)
	if err := d.db.Compact(ctx, []byte{}, last, false); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	return d.err()
}

// Size implements kv.Upkeep.
func (d *DB) Size() int64 { return int64(d.db.Metrics().DiskSpaceUsage()) }
