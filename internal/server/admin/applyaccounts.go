package admin

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// wantedAccount is an account of a book in its normal form.
type wantedAccount struct {
	account        directory.Account
	password, hash string
}

func (p *plan) accounts(ctx context.Context) {
	wanted := want(p, "account", p.in.Book.Accounts, func(in control.BookAccount) (string, wantedAccount, error) {
		v, err := bookAccountIn(in)
		if err == nil {
			v, err = v.Normal()
		}
		return v.Address, wantedAccount{account: v, password: in.Password, hash: in.Hash}, err
	})
	if len(p.mistakes) > 0 {
		return // before the work of hashing
	}
	secrets := p.secrets(ctx, wanted)
	for _, addr := range wanted.order {
		w := wanted.of[addr]
		old, there := p.have.accounts.of[addr]
		if !there {
			secret := secrets[addr]
			p.do(setAddresses, verbAdd, "account", addr, w.account.Name, func(b *directory.Batch) error {
				if secret == nil {
					return b.AddAccount(w.account, directory.Secret{})
				}
				return b.AddAccount(w.account, *secret)
			})
			continue
		}
		p.account(old, w.account, secrets[addr])
	}
	if !p.in.Add {
		p.missingAccounts(wanted)
	}
}

// account compares one account that exists. A secret means that the password
// changes.
func (p *plan) account(old, w directory.Account, secret *directory.Secret) {
	w.ID, w.Created = old.ID, old.Created
	if old != w {
		p.do(setAddresses, verbChange, "account", w.Address, w.Name, func(b *directory.Batch) error { return b.UpdateAccount(w) })
	}
	if secret != nil {
		p.do(setAddresses, verbChange, "account", w.Address, "password", func(b *directory.Batch) error { return b.SetSecret(w.ID, *secret) })
	}
}

// missingAccounts removes accounts that are not in the book only when it was
// asked for: their mail would go after them.
func (p *plan) missingAccounts(wanted named[wantedAccount]) {
	for _, addr := range p.have.accounts.order {
		if _, stays := wanted.of[addr]; stays {
			continue
		}
		id := p.have.accounts.of[addr].ID
		if p.in.RemoveAccounts {
			p.do(dropAddresses, verbRemove, "account", addr, "", func(b *directory.Batch) error { return b.DeleteAccount(id) })
			continue
		}
		p.changes = append(p.changes, control.Change{Verb: verbKeep, What: "account", Name: addr, Note: "not in the file; --remove-accounts removes it"})
	}
}

// secrets derives the passwords that are new, on all cores: each is some 30 ms
// of work.
func (p *plan) secrets(ctx context.Context, wanted named[wantedAccount]) map[string]*directory.Secret {
	out := make(map[string]*directory.Secret)
	var mu sync.Mutex // guards out and p.mistakes
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for _, addr := range wanted.order {
		w := wanted.of[addr]
		if w.password == "" && w.hash == "" {
			continue
		}
		group.Go(func() error {
			secret, err := p.secret(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.mistake(fmt.Errorf("account %s: %w", addr, err))
			} else if secret != nil {
				out[addr] = secret
			}
			return nil
		})
	}
	_ = group.Wait() // mistakes are in p
	return out
}

// secret returns what to store for a password, or nil when the account has it.
func (p *plan) secret(ctx context.Context, w wantedAccount) (*directory.Secret, error) {
	old, there := p.have.accounts.of[w.account.Address]
	if there && w.hash == "" {
		if same, err := p.dir.HasPassword(ctx, old.ID, w.password); err != nil || same {
			return nil, err
		}
	}
	if p.in.DryRun && w.hash == "" {
		return new(directory.Secret), nil
	}
	s, err := p.dir.Secret(ctx, w.password, w.hash)
	if err != nil || !there || w.hash == "" {
		return &s, err
	}
	hash, err := p.dir.PasswordHash(ctx, old.ID)
	if err != nil || s.IsHash(hash) {
		return nil, err
	}
	return &s, nil
}
