package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"tram/internal/storage/kv"
)

// Deleting an account takes three steps, so that a slip of the hand can be
// taken back and a crash at any point leaves nothing half done:
//
//	DeleteAccount   one commit: address and account go, the mark "x" comes.
//	                No mail is taken for the address and nobody logs in.
//	                The mail, under the account's number, and the password are
//	                still there: RestoreAccount takes it all back.
//	(the server)    removes the mail of marked accounts after a grace period.
//	                It may be interrupted and begun again.
//	Forget          one commit: mark and password go. From then on nothing
//	                names the number, and it is never given out again.

// ErrNotDeleted says that there is no mark of a deleted account.
var ErrNotDeleted = errors.New("no such deleted account")

// DeleteAccount takes address and login away at once. Aliases that lead to the
// account stay; mail for them alone is refused.
func (d *Directory) DeleteAccount(ctx context.Context, id AccountID) error {
	return d.update(ctx, func(sp kv.Space) error { return deleteAccount(sp, id) })
}

func deleteAccount(sp kv.Space, id AccountID) error {
	a, err := readAccount(sp, id)
	if err != nil {
		return err
	}
	own := ownParts(a.Address)
	return errors.Join(
		sp.Set(deletedKey(id), encodeDeleted(a, time.Now())),
		sp.Delete(addressKey(own.Domain, own.Local)),
		sp.Delete(adminKey(id)),
		sp.Delete(accountKey(id)),
	)
}

// RestoreAccount takes a deletion back, as long as Forget was not called. The
// address must still be free and its domain ours.
func (d *Directory) RestoreAccount(ctx context.Context, id AccountID) error {
	return d.update(ctx, func(sp kv.Space) error {
		x, err := readDeleted(sp, id)
		if err != nil {
			return err
		}
		own := ownParts(x.Address)
		if err := free(sp, own); err != nil {
			return err
		}
		return errors.Join(
			write(sp, x.Account, own),
			sp.Delete(deletedKey(id)),
		)
	})
}

// Forget removes the last records of a deleted account, when its mail is gone.
func (d *Directory) Forget(ctx context.Context, id AccountID) error {
	return d.update(ctx, func(sp kv.Space) error {
		if _, err := readDeleted(sp, id); err != nil {
			return err
		}
		return errors.Join(secrets{}.write(sp, id), sp.Delete(deletedKey(id)))
	})
}

func readDeleted(r kv.Reader, id AccountID) (DeletedAccount, error) {
	v, err := read(r, deletedKey(id), ErrNotDeleted)
	if err != nil {
		return DeletedAccount{}, fmt.Errorf("account %d: %w", id, err)
	}
	return decodeDeleted(id, v)
}

// Deleted yields deleted accounts that were not forgotten, by number. An error
// ends it.
func (d *Directory) Deleted(ctx context.Context) iter.Seq2[DeletedAccount, error] {
	return pages(ctx, d, []byte{'x'}, []byte{'x' + 1}, func(_ kv.Reader, key, value []byte) (x DeletedAccount, ok bool, err error) {
		id, err := idOfKey(key)
		if err != nil {
			return x, false, err
		}
		x, err = decodeDeleted(id, value)
		return x, true, err
	})
}
