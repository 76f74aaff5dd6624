package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// AddAccount makes an account and returns it as stored; an empty password
// makes one that cannot log in.
func (d *Directory) AddAccount(ctx context.Context, a Account, password string) (Account, error) {
	a, err := a.Normal()
	if err != nil {
		return a, err
	}
	secret, err := d.secretsOf(ctx, password)
	if err != nil {
		return a, fmt.Errorf("account %s: %w", a.Address, err)
	}
	err = d.update(ctx, func(sp kv.Space) (err error) {
		a, err = insert(sp, a, secret)
		return err
	})
	return a, err
}

// insert writes a new account, in normal form, and gives it its number.
func insert(sp kv.Space, a Account, secret secrets) (Account, error) {
	own := ownParts(a.Address)
	if err := free(sp, own); err != nil {
		return a, err
	}
	id, err := nextID(sp)
	if err != nil {
		return a, err
	}
	a.ID, a.Created = id, now()
	return a, errors.Join(write(sp, a, own), secret.write(sp, id))
}

// ownParts splits an address that is in its normal form.
func ownParts(s string) address.Address {
	a, _ := address.ParseAddress(s)
	return a.Fold()
}

// free checks that an address is in a domain of ours and that nobody has it.
func free(r kv.Reader, own address.Address) error {
	dom, err := readDomain(r, own.Domain)
	if err != nil {
		return fmt.Errorf("address %s: %w", own, err)
	}
	if dom.Kind == AliasDomain {
		return invalid("address "+own.String(), fmt.Errorf("%s stands for %s; make it there", dom.Name, dom.Target))
	}
	if exists, err := has(r, addressKey(own.Domain, own.Local)); err != nil || exists {
		return orExists(err, "address "+own.String())
	}
	return nil
}

// nextID takes the next account number. The counter never goes back, so a
// number is never used again, not even that of a deleted account.
func nextID(sp kv.Space) (AccountID, error) {
	id := kv.FirstUser
	v, err := sp.Get(nextKey)
	switch {
	case err == nil && len(v) == 8:
		id = AccountID(binary.BigEndian.Uint64(v))
	case err == nil:
		return 0, fmt.Errorf("next account number: %w", ErrDamaged)
	case !errors.Is(err, kv.ErrNotFound):
		return 0, err
	}
	return id, sp.Set(nextKey, binary.BigEndian.AppendUint64(nil, uint64(id)+1))
}

// write writes all records of an account but those of its password.
func write(sp kv.Space, a Account, own address.Address) error {
	errs := []error{
		sp.Set(addressKey(own.Domain, own.Local), entry{account: a.ID}.encode()),
		sp.Set(accountKey(a.ID), a.encode()),
	}
	if a.Admin {
		errs = append(errs, sp.Set(adminKey(a.ID), nil))
	} else {
		errs = append(errs, sp.Delete(adminKey(a.ID)))
	}
	return errors.Join(errs...)
}

// UpdateAccount writes all fields of an account but ID and Created. A changed
// address renames it: the mail stays with the number, and the old address is
// free at once.
func (d *Directory) UpdateAccount(ctx context.Context, a Account) error {
	a, err := a.Normal()
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return updateAccount(sp, a) })
}

func updateAccount(sp kv.Space, a Account) error {
	own := ownParts(a.Address)
	old, err := readAccount(sp, a.ID)
	if err != nil {
		return err
	}
	if was := ownParts(old.Address); was != own {
		if err := free(sp, own); err != nil {
			return err
		}
		if err := sp.Delete(addressKey(was.Domain, was.Local)); err != nil {
			return err
		}
	}
	a.Created = old.Created
	return write(sp, a, own)
}

// Account returns an account by its number.
func (d *Directory) Account(ctx context.Context, id AccountID) (Account, error) {
	return d.accounts.remember(&d.changes, id, func() (a Account, err error) {
		err = d.view(ctx, func(r kv.Reader) error {
			a, err = readAccount(r, id)
			return err
		})
		return a, err
	})
}

func readAccount(r kv.Reader, id AccountID) (Account, error) {
	v, err := read(r, accountKey(id), ErrNoAccount)
	if err != nil {
		return Account{}, fmt.Errorf("account %d: %w", id, err)
	}
	return decodeAccount(id, v)
}

// AccountByAddress returns the account of exactly this address, in any case of
// letters.
func (d *Directory) AccountByAddress(ctx context.Context, addr string) (a Account, err error) {
	own, err := ownAddress(addr)
	if err != nil {
		return a, err
	}
	err = d.view(ctx, func(r kv.Reader) error {
		e, found, err := readEntry(r, own.Domain, own.Local)
		if err != nil {
			return err
		}
		if !found || e.account == 0 {
			return fmt.Errorf("account %s: %w", own, ErrNoAccount)
		}
		a, err = readAccount(r, e.account)
		return err
	})
	return a, err
}

// readEntry reads what an address stands for.
func readEntry(r kv.Reader, domain, local string) (e entry, found bool, err error) {
	if len(local) > MaxLocalPart {
		return e, false, nil
	}
	v, err := r.Get(addressKey(domain, local))
	if errors.Is(err, kv.ErrNotFound) {
		return e, false, nil
	}
	if err == nil {
		e, err = decodeEntry(v)
	}
	return e, err == nil, err
}

// Accounts yields the accounts of a domain by address; "" means all domains.
// An error ends it.
func (d *Directory) Accounts(ctx context.Context, domain string) iter.Seq2[Account, error] {
	return addresses(ctx, d, domain, func(r kv.Reader, _ string, e entry) (Account, bool, error) {
		if e.account == 0 {
			return Account{}, false, nil
		}
		a, err := readAccount(r, e.account)
		return a, true, err
	})
}

// addresses yields what read makes of the addresses of a domain of ours.
func addresses[T any](ctx context.Context, d *Directory, domain string, read func(kv.Reader, string, entry) (T, bool, error)) iter.Seq2[T, error] {
	if domain != "" {
		dom, err := d.Domain(ctx, domain)
		if err != nil {
			return func(yield func(T, error) bool) {
				var zero T
				yield(zero, err)
			}
		}
		domain = dom.Name
	}
	lo, hi := addressRange(domain)
	return pages(ctx, d, lo, hi, func(r kv.Reader, key, value []byte) (v T, ok bool, err error) {
		e, err := decodeEntry(value)
		if err != nil {
			return v, false, err
		}
		return read(r, addressOfKey(key), e)
	})
}

// addressOfKey reads the address out of its key.
func addressOfKey(key []byte) string {
	domain, local, _ := strings.Cut(string(key[1:]), "\x00")
	return address.Address{Local: local, Domain: domain}.String()
}
