package directory

import (
	"context"
)

// Keys are what SCRAM-SHA-256 (RFC 5802, RFC 7677) needs to know of a password.
type Keys struct {
	Account    uint64 // 0: nobody logs in with these, but the exchange goes on to its end
	Address    string // of the account
	Salt       []byte
	Iterations int
	StoredKey  [32]byte
	ServerKey  [32]byte
}

// SCRAM returns the keys of a login, which is read as in Authenticate. A login
// that is unknown, disabled or without keys (its password was imported as a
// hash) gets invented ones that nobody can prove, always with the same salt, so
// that the client does not learn who exists.
func (d *Directory) SCRAM(ctx context.Context, login string) (Keys, error) { panic("x") }

// VerifyCRAMMD5 checks the answer to a CRAM-MD5 challenge (RFC 2195): digest
// is the HMAC-MD5 of the challenge under the password. The errors are those of
// Authenticate. Without Options.CRAMMD5 nobody logs in this way.
func (d *Directory) VerifyCRAMMD5(ctx context.Context, login string, challenge, digest []byte) (uint64, string, error) {
	panic("x")
}
