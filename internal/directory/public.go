package directory

import (
	"context"
	"errors"

	"tram/internal/storage/kv"
)

var errPublicKind = errors.New("only a hosted domain has public folders")

// MakePublic gives a domain a number under which its public folders are kept,
// unless it has one. Nobody logs in to it and no address leads there.
func (d *Directory) MakePublic(ctx context.Context, domain string) (dom Domain, made bool, err error) {
	domain, err = domainName(domain)
	if err != nil {
		return dom, false, err
	}
	err = d.update(ctx, func(sp kv.Space) error {
		made = false
		if dom, err = readDomain(sp, domain); err != nil || dom.Public != 0 {
			return err
		}
		if dom.Kind != Hosted {
			return invalid("domain "+domain, errPublicKind)
		}
		if dom.Public, err = nextID(sp); err != nil {
			return err
		}
		made = true
		return errors.Join(sp.Set(domainKey(domain), dom.encode()), sp.Set(publicKey(dom.Public), []byte(domain)))
	})
	return dom, made, err
}

// ForgetPublic takes the number away again, when what was kept under it is
// gone. It is never given out again.
func (d *Directory) ForgetPublic(ctx context.Context, domain string) error {
	domain, err := domainName(domain)
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error {
		dom, err := readDomain(sp, domain)
		if err != nil {
			return err
		}
		gone := dom.Public
		dom.Public = 0
		return errors.Join(sp.Set(domainKey(domain), dom.encode()), sp.Delete(publicKey(gone)))
	})
}

// DomainOfPublic returns the domain whose public folders have this number.
func (d *Directory) DomainOfPublic(ctx context.Context, id AccountID) (dom Domain, err error) {
	err = d.view(ctx, func(r kv.Reader) error {
		name, err := read(r, publicKey(id), ErrNoDomain)
		if err != nil {
			return err
		}
		dom, err = readDomain(r, string(name))
		return err
	})
	return dom, err
}

// DomainOf returns the domain of an account.
func (d *Directory) DomainOf(ctx context.Context, a Account) (Domain, error) {
	name := ownParts(a.Address).Domain
	return d.domains.remember(&d.changes, name, func() (dom Domain, err error) {
		err = d.view(ctx, func(r kv.Reader) error {
			dom, err = readDomain(r, name)
			return err
		})
		return dom, err
	})
}
