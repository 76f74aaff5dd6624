package directory

import (
	"context"
	"fmt"
	"iter"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// AddAlias makes an alias. Its targets need not exist: they are looked up when
// mail comes.
func (d *Directory) AddAlias(ctx context.Context, a Alias) error {
	a, err := a.Normal()
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return insertAlias(sp, a) })
}

// insertAlias writes a new alias that is in its normal form.
func insertAlias(sp kv.Space, a Alias) error {
	own := ownParts(a.Address)
	if err := free(sp, own); err != nil {
		return err
	}
	return sp.Set(addressKey(own.Domain, own.Local), entry{targets: a.Targets}.encode())
}

// UpdateAlias replaces the targets of an alias.
func (d *Directory) UpdateAlias(ctx context.Context, a Alias) error {
	a, err := a.Normal()
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return updateAlias(sp, a) })
}

func updateAlias(sp kv.Space, a Alias) error {
	own := ownParts(a.Address)
	if _, err := readAlias(sp, a.Address); err != nil {
		return err
	}
	return sp.Set(addressKey(own.Domain, own.Local), entry{targets: a.Targets}.encode())
}

// DeleteAlias removes an alias.
func (d *Directory) DeleteAlias(ctx context.Context, addr string) error {
	own, err := ownAddress(addr)
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return deleteAlias(sp, own) })
}

func deleteAlias(sp kv.Space, own address.Address) error {
	if _, err := readAlias(sp, own.String()); err != nil {
		return err
	}
	return sp.Delete(addressKey(own.Domain, own.Local))
}

// Alias returns the alias of exactly this address.
func (d *Directory) Alias(ctx context.Context, addr string) (a Alias, err error) {
	own, err := ownAddress(addr)
	if err != nil {
		return a, err
	}
	err = d.view(ctx, func(r kv.Reader) error {
		a, err = readAlias(r, own.String())
		return err
	})
	return a, err
}

func readAlias(r kv.Reader, addr string) (Alias, error) {
	own := ownParts(addr)
	e, found, err := readEntry(r, own.Domain, own.Local)
	if err == nil && (!found || e.targets == nil) {
		err = fmt.Errorf("alias %s: %w", addr, ErrNoAlias)
	}
	return Alias{Address: addr, Targets: e.targets}, err
}

// Aliases yields the aliases of a domain by address; "" means all domains. An
// error ends it.
func (d *Directory) Aliases(ctx context.Context, domain string) iter.Seq2[Alias, error] {
	return addresses(ctx, d, domain, func(_ kv.Reader, addr string, e entry) (Alias, bool, error) {
		return Alias{Address: addr, Targets: e.targets}, e.targets != nil, nil
	})
}
