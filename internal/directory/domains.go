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
	dom, err := dom.Normal()
	if err != nil {
		return dom, err
	}
	dom.Created = now()
	return dom, d.update(ctx, func(sp kv.Space) error { return insertDomain(sp, dom) })
}

// insertDomain writes a new domain that is in its normal form.
func insertDomain(sp kv.Space, dom Domain) error {
	dom.Public = 0
	if exists, err := has(sp, domainKey(dom.Name)); err != nil || exists {
		return orExists(err, "domain "+dom.Name)
	}
	if err := checkTarget(sp, dom); err != nil {
		return err
	}
	return sp.Set(domainKey(dom.Name), dom.encode())
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

// checkTarget checks that an alias domain stands for one that is none itself:
// one step is all that anybody has to follow.
func checkTarget(r kv.Reader, dom Domain) error {
	if dom.Kind != AliasDomain {
		return nil
	}
	to, err := readDomain(r, dom.Target)
	if err != nil {
		return fmt.Errorf("alias domain %s: %w", dom.Name, err)
	}
	if to.Kind == AliasDomain {
		return invalid("alias domain "+dom.Name, fmt.Errorf("%s itself stands for %s; name that one", to.Name, to.Target))
	}
	return nil
}

// UpdateDomain writes everything but the name of a domain. The listed recipients
// of one that is relayed no more go. What has addresses of its own, or alias domains that stand for it, cannot become an alias
// domain.
func (d *Directory) UpdateDomain(ctx context.Context, dom Domain) error {
	dom, err := dom.Normal()
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return updateDomain(sp, dom) })
}

func updateDomain(sp kv.Space, dom Domain) error {
	old, err := readDomain(sp, dom.Name)
	if err != nil {
		return err
	}
	dom.Created, dom.Public = old.Created, old.Public
	if old.Kind == Relayed && dom.Kind != Relayed {
		if err := unlist(sp, dom.Name); err != nil {
			return err
		}
	}
	if dom.Kind == AliasDomain && old.Kind != AliasDomain {
		if err := unused(sp, dom.Name); err != nil {
			return err
		}
	}
	if err := checkTarget(sp, dom); err != nil {
		return err
	}
	return sp.Set(domainKey(dom.Name), dom.encode())
}

// DeleteDomain removes a domain that has no addresses any more and that no alias
// domain stands for. Deleted accounts do not count.
func (d *Directory) DeleteDomain(ctx context.Context, name string) error {
	name, err := domainName(name)
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return deleteDomain(sp, name) })
}

func deleteDomain(sp kv.Space, name string) error {
	dom, err := readDomain(sp, name)
	if err != nil {
		return err
	}
	if dom.Public != 0 {
		return fmt.Errorf("domain %s: %w: it has public folders", name, ErrNotEmpty)
	}
	if err := unused(sp, name); err != nil {
		return err
	}
	return sp.Delete(domainKey(name))
}

// unused checks that a domain has no addresses and that no alias domain stands
// for it.
func unused(r kv.Reader, name string) error {
	lo, hi := addressRange(name)
	if some, err := anyKeyIn(r, lo, hi); err != nil || some {
		return orNotEmpty(err, name)
	}
	it := r.Scan([]byte{'d'}, []byte{'d' + 1})
	defer it.Close()
	for it.Next() {
		dom, err := decodeDomain(string(it.Key()[1:]), it.Value())
		if err != nil {
			return err
		}
		if dom.Target == name {
			return fmt.Errorf("domain %s: %w: %s", name, ErrAliased, dom.Name)
		}
	}
	return it.Err()
}

func orNotEmpty(err error, name string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("domain %s: %w", name, ErrNotEmpty)
}

func anyKeyIn(r kv.Reader, lo, hi []byte) (bool, error) {
	it := r.Scan(lo, hi)
	defer it.Close()
	return it.Next(), it.Err()
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
