package directory

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"tram/internal/storage/kv"
)

// scramIterations is how much work a guess at stolen keys is, and each login
// for the client: RFC 7677 4 wants 4,096 at least and finds 15,000 fit for
// machines of its time. Setting a password costs the server some 5 ms for it.
const (
	scramIterations    = 16384
	maxScramIterations = 1 << 20
	scramSalt          = 16
)

// Keys are what SCRAM-SHA-256 (RFC 5802 3, RFC 7677) needs to know of a
// password.
type Keys struct {
	Account    uint64 // 0: nobody logs in with these, but the exchange goes on to its end
	Address    string // of the account
	Salt       []byte
	Iterations int
	StoredKey  [sha256.Size]byte
	ServerKey  [sha256.Size]byte
}

// SCRAM returns the keys of a login, which is read as in Authenticate. A login
// that is unknown, disabled or without keys (its password was imported as a
// hash) gets invented ones that nobody can prove, always with the same salt, so
// that the client does not learn who exists.
func (d *Directory) SCRAM(ctx context.Context, login string) (Keys, error) {
	c, err := d.credentials(ctx, login, scramKey)
	if err != nil {
		return Keys{}, fmt.Errorf("scram: %w", err)
	}
	if c.record == nil {
		return d.inventedKeys(login), nil
	}
	k, err := decodeKeys(c.record)
	k.Account, k.Address = uint64(c.account.ID), c.account.Address
	return k, err
}

// inventedKeys are the same for a login each time: a salt that changed would
// tell that nobody is there.
func (d *Directory) inventedKeys(login string) Keys {
	name := d.complete(login)
	if a, err := parseLogin(name); err == nil {
		name = a.String()
	}
	derive := func(what string) (sum [sha256.Size]byte) {
		m := hmac.New(sha256.New, d.saltSecret)
		m.Write([]byte(what + "\x00" + name))
		m.Sum(sum[:0])
		return sum
	}
	salt := derive("salt")
	return Keys{
		Salt: salt[:scramSalt], Iterations: scramIterations,
		StoredKey: derive("stored"), ServerKey: derive("server"),
	}
}

// newKeys derives the keys of a prepared password with a new salt, RFC 5802 3.
func newKeys(password string) (k Keys, err error) {
	k = Keys{Salt: make([]byte, scramSalt), Iterations: scramIterations}
	rand.Read(k.Salt)
	salted, err := pbkdf2.Key(sha256.New, password, k.Salt, k.Iterations, sha256.Size)
	if err != nil {
		return k, fmt.Errorf("scram keys: %w", err)
	}
	derived := keysFrom(salted)
	k.StoredKey, k.ServerKey = derived.StoredKey, derived.ServerKey
	return k, nil
}

// keysFrom derives the two keys of a salted password.
func keysFrom(salted []byte) (k Keys) {
	mac := func(text string) (sum [sha256.Size]byte) {
		m := hmac.New(sha256.New, salted)
		m.Write([]byte(text))
		m.Sum(sum[:0])
		return sum
	}
	client := mac("Client Key")
	k.StoredKey, k.ServerKey = sha256.Sum256(client[:]), mac("Server Key")
	return k
}

func (k *Keys) encode() []byte {
	b := binary.AppendUvarint([]byte{recordVersion}, uint64(k.Iterations))
	b = appendText(b, string(k.Salt))
	return append(append(b, k.StoredKey[:]...), k.ServerKey[:]...)
}

func decodeKeys(v []byte) (k Keys, err error) {
	r := newDecoder(v)
	n := r.uint()
	k.Salt = []byte(r.text())
	copy(k.StoredKey[:], r.take(sha256.Size))
	copy(k.ServerKey[:], r.take(sha256.Size))
	if n == 0 || n > maxScramIterations {
		r.fail()
	}
	k.Iterations = int(n)
	return k, r.done()
}

// readSaltSecret reads the key of invented salts, made when the directory is
// opened for the first time.
func (d *Directory) readSaltSecret(ctx context.Context) error {
	get := func(r kv.Reader) error {
		v, err := r.Get(saltKey)
		if err == nil {
			d.saltSecret = append([]byte(nil), v...)
		}
		return err
	}
	err := d.view(ctx, get)
	if !errors.Is(err, kv.ErrNotFound) {
		return err
	}
	secret := make([]byte, sha256.Size)
	rand.Read(secret)
	return d.update(ctx, func(sp kv.Space) error {
		if err := get(sp); !errors.Is(err, kv.ErrNotFound) {
			return err
		}
		d.saltSecret = secret
		return sp.Set(saltKey, secret)
	})
}
