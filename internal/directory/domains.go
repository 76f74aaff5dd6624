package directory

import (
	"context"
	"fmt"
	"iter"
	"time"

	"tram/internal/storage/kv"
)

// AddDomain makes a domain ours and returns it as stored.
func (d *Directory) AddDomain(ctx context.Context, dom Domain) (Domain, error) {
	dom, err := dom.normal()
	if err != nil {
		return dom, err
	}
	dom.Created = now()
	err = d.update(ctx, func(sp kv.Space) error {
		if exists, err := has(sp, domainKey(dom.Name)); err != nil || exists {
			return orExists(err, "domain "+dom.Name)
		}
		return sp.Set(domainKey(dom.Name), dom.encode())
	})
	return dom, err
}

// orExists is err, or that what exists already.
func orExists(err error, what string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s %w", what, ErrExists)
}

// now is the time as records have it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// UpdateDomain writes catch-all and separator of a domain.
func (d *Directory) UpdateDomain(ctx context.Context, dom Domain) error {
	dom, err := dom.normal()
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error {
		old, err := readDomain(sp, dom.Name)
		if err != nil {
			return err
		}
		dom.Created = old.Created
		return sp.Set(domainKey(dom.Name), dom.encode())
	})
}

// DeleteDomain removes a domain that has neither accounts nor aliases. Deleted
// accounts do not count.
func (d *Directory) DeleteDomain(ctx context.Context, name string) error {
	name, err := domainName(name)
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error {
		if _, err := readDomain(sp, name); err != nil {
			return err
		}
		lo, hi := addressRange(name)
		it := sp.Scan(lo, hi)
		defer it.Close()
		if it.Next() {
			return fmt.Errorf("domain %s: %w", name, ErrNotEmpty)
		}
		if err := it.Err(); err != nil {
			return err
		}
		return sp.Delete(domainKey(name))
	})
}

// Domain returns a domain of ours.
func (d *Directory) Domain(ctx context.Context, name string) (dom Domain, err error) {
	name, err = domainName(name)
	if err != nil {
		return dom, err
	}
	err = d.view(ctx, func(r kv.Reader) error {
		dom, err = readDomain(r, name)
		return err
	})
	return dom, err
}

// Domains yields all domains by name. An error ends it.
func (d *Directory) Domains(ctx context.Context) iter.Seq2[Domain, error] {
	return pages(ctx, d, []byte{'d'}, []byte{'d' + 1}, func(_ kv.Reader, key, value []byte) (Domain, bool, error) {
		dom, err := decodeDomain(string(key[1:]), value)
		return dom, true, err
	})
}

func readDomain(r kv.Reader, name string) (Domain, error) {
	v, err := read(r, domainKey(name), ErrNoDomain)
	if err != nil {
		return Domain{}, fmt.Errorf("domain %s: %w", name, err)
	}
	return decodeDomain(name, v)
}
