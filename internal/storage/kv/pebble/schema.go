package pebble

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tram/internal/storage/kv"
)

// ownAccount holds this package's own records.
const ownAccount kv.Account = 0

// schemaVersion is the version of the layout: how accounts and keys are made
// into stored keys, and what the log holds. What the records mean is versioned
// by those who write them.
//
//	1  the logs lie beside the tables and hold records only
//	2  the logs lie in logDir and hold riders too, see riders.go
//
// A store of layout 1 is opened and marked. There is no way back: see logDir.
const (
	schemaVersion = 2
	oldestSchema  = 1
)

var schemaKey = []byte("schema")

// checkSchema reads the version of the layout, or writes it into a new store.
func (d *DB) checkSchema() error {
	ctx := context.Background()
	var found []byte
	err := d.View(ctx, ownAccount, func(r kv.Reader) error {
		value, err := r.Get(schemaKey)
		found = append(found, value...)
		return err
	})
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return d.writeSchema(ctx)
	case err != nil:
		return err
	}
	version, err := strconv.Atoi(string(found))
	if err != nil {
		return fmt.Errorf("schema record %q is not a number: is this a store of Tram?", found)
	}
	if version == oldestSchema {
		return d.markSchema(ctx)
	}
	if version != schemaVersion {
		return fmt.Errorf("the store has layout %d, this program knows %d: use a newer version of Tram", version, schemaVersion)
	}
	return nil
}

// writeSchema marks a new store.
func (d *DB) writeSchema(ctx context.Context) error {
	if err := d.mustBeEmpty(ctx); err != nil {
		return err
	}
	return d.markSchema(ctx)
}

// markSchema writes the version. It is durable before anything else is: a record
// without it would be a store of unknown layout.
func (d *DB) markSchema(ctx context.Context) error {
	return kv.Durable(ctx, d, []kv.Account{ownAccount}, func(tx kv.Tx) error {
		return tx.Account(ownAccount).Set(schemaKey, strconv.AppendInt(nil, schemaVersion, 10))
	})
}

func (d *DB) mustBeEmpty(ctx context.Context) error {
	return d.Snapshot(ctx, func(s kv.Snapshot) error {
		return s.Accounts(func(a kv.Account) error {
			return fmt.Errorf("the store has records (account %d) but no schema record: is this a store of Tram?", a)
		})
	})
}
