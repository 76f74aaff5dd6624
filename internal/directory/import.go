package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/sync/errgroup"

	"tram/internal/storage/kv"
)

// importBatch is how many accounts one commit of an import makes.
const importBatch = 5000

// maxImportErrors bounds the mistakes that an import names.
const maxImportErrors = 20

// ImportError is a mistake in one account of an import.
type ImportError struct {
	Index   int // in the sequence, from 0
	Address string
	Err     error
}

func (e *ImportError) Error() string {
	return fmt.Sprintf("account %d, %s: %v", e.Index+1, e.Address, e.Err)
}

func (e *ImportError) Unwrap() error { return e.Err }

// ImportAccounts makes many accounts and returns how many it made. It works in
// commits of 5,000 accounts; each is made whole or, when an account in it has
// a mistake, not at all, and then the import ends with an error that joins an
// *ImportError for each mistake in that part (the first 20).
//
// Plain passwords are hashed on all cores: about 70 a second on two. seq is
// read as the work goes on, so it can show progress.
func (d *Directory) ImportAccounts(ctx context.Context, seq iter.Seq[NewAccount]) (n int, err error) {
	next, stop := iter.Pull(seq)
	defer stop()
	for {
		part, more := d.prepareBatch(ctx, next, n)
		if err := part.mistakes(ctx); err != nil {
			return n, err
		}
		if err := d.insertBatch(ctx, part, n); err != nil {
			return n, err
		}
		n += len(part)
		if !more {
			return n, nil
		}
	}
}

// imported is an account of an import, checked and hashed, or its mistake.
type imported struct {
	account Account
	secret  secrets
	err     error
}

// batch is the part of an import that one commit makes.
type batch []imported

// prepareBatch reads, checks and hashes a part of an import.
func (d *Directory) prepareBatch(ctx context.Context, next func() (NewAccount, bool), first int) (part batch, more bool) {
	part = make(batch, importBatch)
	var group errgroup.Group
	group.SetLimit(cap(d.hasher.slots))
	defer func() { _ = group.Wait() }() // mistakes are noted account by account
	for i := range part {
		a, ok := next()
		if !ok || ctx.Err() != nil {
			return part[:i], false
		}
		slot := &part[i]
		group.Go(func() error {
			slot.account, slot.secret, slot.err = d.prepareImport(ctx, a)
			if slot.err != nil {
				slot.err = &ImportError{Index: first + i, Address: a.Address, Err: slot.err}
			}
			return nil
		})
	}
	return part, true
}

func (d *Directory) prepareImport(ctx context.Context, n NewAccount) (a Account, s secrets, err error) {
	if a, err = n.Account.Normal(); err != nil {
		return a, s, err
	}
	// Before the work of hashing: the commit asks again.
	err = d.view(ctx, func(r kv.Reader) error { return free(r, ownParts(a.Address)) })
	if err != nil {
		return a, s, err
	}
	if n.Hash == "" {
		s, err = d.secretsOf(ctx, n.Password)
		return a, s, err
	}
	if n.Password != "" {
		return a, s, invalid("password", errTwoPasswords)
	}
	hash, err := acceptHash(n.Hash)
	if err != nil {
		return a, s, err
	}
	return a, d.hashOnly(hash), nil
}

// mistakes joins those of a batch.
func (b batch) mistakes(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var errs []error
	for i := range b {
		if b[i].err != nil {
			errs = append(errs, b[i].err)
		}
	}
	return joinFirst(errs)
}

// joinFirst joins the first mistakes and counts the rest.
func joinFirst(errs []error) error {
	if more := len(errs) - maxImportErrors; more > 0 {
		errs = append(errs[:maxImportErrors], fmt.Errorf("and %d mistakes more", more))
	}
	return errors.Join(errs...)
}

// insertBatch writes a batch in one commit.
func (d *Directory) insertBatch(ctx context.Context, part batch, first int) error {
	return d.update(ctx, func(sp kv.Space) error {
		var errs []error
		for i := range part {
			_, err := insert(sp, part[i].account, part[i].secret)
			switch {
			case errors.Is(err, ErrExists), errors.Is(err, ErrNoDomain):
				errs = append(errs, &ImportError{Index: first + i, Address: part[i].account.Address, Err: err})
			case err != nil:
				return err
			}
		}
		return joinFirst(errs)
	})
}
