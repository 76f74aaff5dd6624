package directory

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// maxLookups bounds the work of one expansion, however aliases are entangled.
const maxLookups = 10 * MaxRecipients

// Expand resolves aliases to the end, on one picture of the directory. Every
// account and every remote address comes once. An alias that leads back to
// itself is followed once; when nobody at all is reached that is a failure.
// Beyond MaxRecipients nobody gets the mail: part of a list would be worse.
func (d *Directory) Expand(ctx context.Context, a address.Address) (Expansion, error) {
	x := expander{dir: d}
	err := d.view(ctx, func(r kv.Reader) error {
		x.reset(r)
		return x.expand(a, "", 0)
	})
	switch {
	case errors.Is(err, ErrTooMany):
		return Expansion{Failures: []Failure{{a, ErrTooMany}}}, nil
	case err != nil:
		return Expansion{}, fmt.Errorf("expand %s: %w", a.Path(), err)
	case x.size() == 0 && len(x.out.Failures) == 0:
		return Expansion{Failures: []Failure{{a, ErrLoop}}}, nil
	}
	return x.out, nil
}

// expander is the state of one expansion.
type expander struct {
	dir      *Directory
	r        kv.Reader
	out      Expansion
	seen     map[address.Address]bool // with the domain in A-labels
	followed map[string]bool          // aliases, catch-alls and roles, by Via
	accounts map[AccountID]bool       // in out
}

func (x *expander) reset(r kv.Reader) {
	*x = expander{
		dir: x.dir, r: r,
		seen:     make(map[address.Address]bool),
		followed: make(map[string]bool),
		accounts: make(map[AccountID]bool),
	}
}

func (x *expander) size() int { return len(x.out.Accounts) + len(x.out.Remote) }

// expand resolves one address, depth aliases below the first. tag is that of
// the subaddress by which the alias was reached.
func (x *expander) expand(a address.Address, tag string, depth int) error {
	// The local part as it is: that of a remote address is its host's business.
	key := address.Address{Local: a.Local, Domain: a.ASCII()}
	if x.seen[key] {
		return nil
	}
	if len(x.seen) == maxLookups {
		return ErrTooMany
	}
	x.seen[key] = true
	res, err := x.dir.resolve(x.r, a)
	if err != nil {
		return err
	}
	switch res.Class {
	case NotLocal:
		return x.remote(a)
	case IsAccount:
		if res.Tag != "" {
			tag = res.Tag
		}
		return x.account(res.Account, tag)
	case Disabled:
		x.fail(a, ErrDisabled)
		return nil
	case IsAlias:
		return x.follow(a, res, depth)
	}
	x.fail(a, ErrNoAccount)
	return nil
}

func (x *expander) follow(a address.Address, res Resolution, depth int) error {
	if x.followed[res.Via] {
		return nil
	}
	if depth == MaxDepth {
		x.fail(a, ErrTooDeep)
		return nil
	}
	x.followed[res.Via] = true
	for _, t := range res.Targets {
		if err := x.expand(t.Address, res.Tag, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (x *expander) account(a Account, tag string) error {
	if x.accounts[a.ID] {
		return nil
	}
	x.accounts[a.ID] = true
	x.out.Accounts = append(x.out.Accounts, Local{Account: a, Tag: tag})
	return x.bound()
}

func (x *expander) remote(a address.Address) error {
	x.out.Remote = append(x.out.Remote, a)
	return x.bound()
}

func (x *expander) fail(a address.Address, why error) {
	x.out.Failures = append(x.out.Failures, Failure{Address: a, Err: why})
}

func (x *expander) bound() error {
	if x.size() > MaxRecipients {
		return ErrTooMany
	}
	return nil
}

// ExpandTree is Expand with the tree of its steps.
func (d *Directory) ExpandTree(ctx context.Context, a address.Address) (Expansion, error) {
	return d.Expand(ctx, a)
}
