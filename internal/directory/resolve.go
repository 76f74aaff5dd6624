package directory

import (
	"context"
	"fmt"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// Resolve answers who gets mail for an address, one step: an alias is not
// followed. It only reads.
func (d *Directory) Resolve(ctx context.Context, a address.Address) (res Resolution, err error) {
	at := d.changes.now()
	if res, ok := d.answers.get(a, at); ok {
		return res, nil
	}
	err = d.view(ctx, func(r kv.Reader) error {
		res, err = d.resolve(r, a)
		return err
	})
	if err != nil {
		return Resolution{}, fmt.Errorf("resolve %s: %w", a.Path(), err)
	}
	d.answers.put(&d.changes, at, a, res)
	return res, nil
}

// resolve finds the domain and leaves the rest to inDomain.
func (d *Directory) resolve(r kv.Reader, a address.Address) (Resolution, error) {
	a = a.Fold()
	if a.Domain == "" {
		return d.resolveBare(r, a)
	}
	v, err := read(r, domainKey(a.Domain), ErrNoDomain)
	if err == ErrNoDomain {
		return Resolution{Class: NotLocal}, nil
	}
	if err != nil {
		return Resolution{}, err
	}
	dom, err := decodeDomain(a.Domain, v)
	if err != nil {
		return Resolution{}, err
	}
	if dom.Kind == AliasDomain {
		return d.inAliasDomain(r, dom, a)
	}
	res, err := d.inDomain(r, &dom, a)
	res.Domain = dom
	return res, err
}

// inAliasDomain resolves an address as the same one in the domain that its own
// stands for.
func (d *Directory) inAliasDomain(r kv.Reader, dom Domain, a address.Address) (Resolution, error) {
	to, err := readDomain(r, dom.Target)
	if err != nil {
		return Resolution{}, err
	}
	a.Domain = to.Name
	res, err := d.inDomain(r, &to, a)
	res.Domain = to
	if res.Via == "" {
		res.Via = a.String()
	}
	if res.Class == IsRelayed {
		// The next hop need not know the name in front of it, so the recipient
		// becomes the address that it stands for.
		res.Class, res.Targets = IsAlias, []Target{{Address: a}}
	}
	return res, err
}

// inDomain is the order of package directory's documentation.
func (d *Directory) inDomain(r kv.Reader, dom *Domain, a address.Address) (Resolution, error) {
	if res, found, err := exact(r, a.Domain, a.Local); err != nil || found {
		return res, err
	}
	if res, found, err := implied(r, a); err != nil || found {
		return res, err
	}
	user, tag := address.SplitSubaddress(a.Local, dom.separator())
	if user != a.Local {
		if res, found, err := exact(r, a.Domain, user); err != nil || found {
			res.Tag = tag
			res.Via = address.Address{Local: user, Domain: a.Domain}.String()
			return res, err
		}
	}
	if dom.Kind == Relayed && dom.Verify != VerifyList {
		return Resolution{Class: IsRelayed, Verify: dom.Verify}, nil
	}
	if user == "postmaster" || user == "abuse" {
		role := address.Address{Local: user, Domain: a.Domain}
		return d.role(r, role)
	}
	if dom.CatchAll != "" {
		return leadsTo("@"+dom.Name, dom.CatchAll)
	}
	return Resolution{Class: Unknown}, nil
}

// resolveBare resolves an address without a domain: <postmaster>, RFC 5321 4.5.1.
func (d *Directory) resolveBare(r kv.Reader, a address.Address) (Resolution, error) {
	if a.Local != "postmaster" {
		return Resolution{Class: Unknown}, nil
	}
	if d.defaultDomain != "" && d.postmaster.IsNull() {
		return leadsTo("postmaster", "postmaster@"+d.defaultDomain)
	}
	return d.role(r, a)
}

// exact resolves what was made with exactly this address.
func exact(r kv.Reader, domain, local string) (res Resolution, found bool, err error) {
	e, found, err := readEntry(r, domain, local)
	if err != nil || !found {
		return res, false, err
	}
	switch {
	case e.list != nil:
		e.list.Address = address.Address{Local: local, Domain: domain}.String()
		return Resolution{Class: IsList, List: e.list}, true, nil
	case e.targets != nil:
		res, err = leadsTo(address.Address{Local: local, Domain: domain}.String(), e.targets...)
		return res, true, err
	case e.account == 0:
		return Resolution{Class: IsRelayed}, true, nil
	}
	res.Class = IsAccount
	if res.Account, err = readAccount(r, e.account); err != nil {
		return res, false, err
	}
	if res.Account.Disabled {
		res.Class = Disabled
	}
	return res, true, nil
}

// leadsTo is the resolution of something with targets.
func leadsTo(via string, targets ...string) (Resolution, error) {
	res := Resolution{Class: IsAlias, Via: via, Targets: make([]Target, len(targets))}
	for i, t := range targets {
		var err error
		if res.Targets[i], err = ParseTarget(t); err != nil {
			return Resolution{}, fmt.Errorf("target of %s: %w", via, ErrDamaged)
		}
	}
	return res, nil
}

// role resolves postmaster or abuse, which exist whether they were made or not.
func (d *Directory) role(r kv.Reader, role address.Address) (Resolution, error) {
	res := Resolution{Class: IsAlias, Via: role.String()}
	// An Options.Postmaster that is itself an unmade role leads to a person in
	// the end.
	if !d.postmaster.IsNull() && d.postmaster.Fold() != role {
		res.Targets = []Target{{Address: d.postmaster}}
		return res, nil
	}
	for _, prefix := range []byte{'m', 'a'} {
		a, found, err := firstEnabled(r, prefix)
		if err != nil {
			return Resolution{}, err
		}
		if found {
			res.Targets = []Target{{Address: ownParts(a.Address)}}
			return res, nil
		}
	}
	return Resolution{Class: Unknown}, nil
}

// firstEnabled returns the account with the lowest number under a prefix that
// takes mail.
func firstEnabled(r kv.Reader, prefix byte) (a Account, found bool, err error) {
	it := r.Scan([]byte{prefix}, []byte{prefix + 1})
	defer it.Close()
	for it.Next() {
		id, err := idOfKey(it.Key())
		if err != nil {
			return a, false, err
		}
		if a, err = readAccount(r, id); err != nil {
			return a, false, err
		}
		if !a.Disabled {
			return a, true, nil
		}
	}
	return a, false, it.Err()
}
