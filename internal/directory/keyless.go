package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"tram/internal/storage/kv"
)

// Accounts whose passwords came as hashes have no keys for SCRAM: those can
// only be made from the password itself. A client takes the best mechanism that
// is offered, for all accounts the same; so SCRAM is offered when every account
// that can log in has keys, and an account gets them when its password is seen
// for the first time, in a login by PLAIN.

// SCRAMReady reports whether every account with a password has SCRAM keys, as
// far as is known; see [Directory.CheckSCRAM].
func (d *Directory) SCRAMReady() bool { return !d.keyless.Load() }

// CheckSCRAM looks at all accounts, after which SCRAMReady is right until
// passwords change: one that comes as a hash makes it false at once, and true
// it becomes by the next look. It reads two keys an account.
func (d *Directory) CheckSCRAM(ctx context.Context) error {
	keyless := false
	err := d.view(ctx, func(r kv.Reader) error {
		var err error
		keyless, err = hasKeyless(ctx, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for accounts without SCRAM keys: %w", err)
	}
	d.keyless.Store(keyless)
	return nil
}

// hasKeyless goes through passwords and keys side by side: both are in the
// order of the accounts.
func hasKeyless(ctx context.Context, r kv.Reader) (bool, error) {
	passwords := r.Scan([]byte{'p'}, []byte{'p' + 1})
	defer passwords.Close()
	keys := r.Scan([]byte{'s'}, []byte{'s' + 1})
	defer keys.Close()
	more := keys.Next()
	for n := 0; passwords.Next(); n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		id := passwords.Key()[1:]
		for more && bytes.Compare(keys.Key()[1:], id) < 0 {
			more = keys.Next()
		}
		if !more || !bytes.Equal(keys.Key()[1:], id) {
			return true, keys.Err()
		}
	}
	return false, passwords.Err()
}

// hashOnly is a password that came as a hash.
func (d *Directory) hashOnly(hash string) secrets {
	d.keyless.Store(true)
	return secrets{hash: hash}
}

// keepKeys makes the SCRAM keys of an account whose password was just verified
// against record, if it has none. That the login went well does not depend on
// it.
func (d *Directory) keepKeys(ctx context.Context, id AccountID, record []byte, password string) {
	if d.SCRAMReady() {
		return
	}
	if err := d.makeKeys(ctx, id, record, password); err != nil {
		d.hasher.log.Warn("SCRAM keys could not be kept", slog.Uint64("account", uint64(id)), slog.Any("error", err))
	}
}

func (d *Directory) makeKeys(ctx context.Context, id AccountID, record []byte, password string) error {
	err := d.view(ctx, func(r kv.Reader) error {
		_, err := r.Get(scramKey(id))
		return err
	})
	if !errors.Is(err, kv.ErrNotFound) {
		return err // nil: it has keys
	}
	if password, err = prepare(password); err != nil {
		return err
	}
	if err := d.hasher.enter(ctx); err != nil {
		return err
	}
	keys, err := newKeys(password)
	d.hasher.leave()
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error {
		now, err := sp.Get(passwordKey(id))
		if err != nil || !bytes.Equal(now, record) {
			return err // another password meanwhile: its keys are its own
		}
		return sp.Set(scramKey(id), keys.encode())
	})
}
