package directory

import (
	"context"
	"errors"

	"tram/internal/storage/kv"
)

// secrets are what is stored of a password; the zero value is no login.
type secrets struct {
	hash  string
	scram []byte // record of SCRAM-SHA-256 keys; nil when only a hash is known
	cram  []byte // record of CRAM-MD5 states; nil unless Options.CRAMMD5
}

// secretsOf derives what is stored of a plain password; "" has nothing.
func (d *Directory) secretsOf(ctx context.Context, password string) (s secrets, err error) {
	if password == "" {
		return s, nil
	}
	if password, err = prepare(password); err != nil {
		return s, err
	}
	if err := d.hasher.enter(ctx); err != nil {
		return s, err
	}
	defer d.hasher.leave()
	s.hash = newArgonHash(password).String()
	keys, err := newKeys(password)
	if err != nil {
		return s, err
	}
	s.scram = keys.encode()
	if d.cramMD5 {
		states, err := newCRAMStates(password)
		if err != nil {
			return s, err
		}
		s.cram = states.encode()
	}
	return s, nil
}

// write replaces what is stored of an account's password.
func (s secrets) write(sp kv.Space, id AccountID) error {
	var hash []byte
	if s.hash != "" {
		hash = encodeHash(s.hash)
	}
	return errors.Join(
		setOrDelete(sp, passwordKey(id), hash),
		setOrDelete(sp, scramKey(id), s.scram),
		setOrDelete(sp, cramKey(id), s.cram),
	)
}

// setOrDelete writes a record, or removes it when there is none to write.
func setOrDelete(sp kv.Space, key, value []byte) error {
	if value == nil {
		return sp.Delete(key)
	}
	return sp.Set(key, value)
}

// SetPassword sets a plain password; "" takes the login away. Verified
// passwords that are remembered are void at once, see remembered.go.
func (d *Directory) SetPassword(ctx context.Context, id AccountID, password string) error {
	s, err := d.secretsOf(ctx, password)
	if err != nil {
		return err
	}
	return d.setSecrets(ctx, id, s)
}

// SetPasswordHash sets a password that was hashed elsewhere, see [Scheme]. SCRAM
// and CRAM-MD5 do not work with it.
func (d *Directory) SetPasswordHash(ctx context.Context, id AccountID, hash string) error {
	hash, err := acceptHash(hash)
	if err != nil {
		return err
	}
	return d.setSecrets(ctx, id, d.hashOnly(hash))
}

func (d *Directory) setSecrets(ctx context.Context, id AccountID, s secrets) error {
	return d.update(ctx, func(sp kv.Space) error { return setSecrets(sp, id, s) })
}

func setSecrets(sp kv.Space, id AccountID, s secrets) error {
	if _, err := readAccount(sp, id); err != nil {
		return err
	}
	return s.write(sp, id)
}

// PasswordHash returns the stored hash of an account's password, for an export
// that is to bring it elsewhere; "" means that nobody can log in.
func (d *Directory) PasswordHash(ctx context.Context, id AccountID) (hash string, err error) {
	err = d.view(ctx, func(r kv.Reader) error {
		v, err := r.Get(passwordKey(id))
		if errors.Is(err, kv.ErrNotFound) {
			return nil
		}
		if err == nil {
			hash, err = decodeHash(v)
		}
		return err
	})
	return hash, err
}
