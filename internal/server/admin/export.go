package admin

import (
	"context"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// Export implements control.Operations: domains, accounts, aliases, lists and
// rules, in this order, a part at a time.
func (a *Admin) Export(ctx context.Context, e control.Export, emit func(control.Book) error) error {
	have, err := a.readBook(ctx)
	if err != nil {
		return kinded(err)
	}
	for _, name := range have.domains.order {
		d := have.domains.of[name]
		if err := emit(control.Book{Domains: []control.BookDomain{d}}); err != nil {
			return err
		}
	}
	for _, addr := range have.accounts.order {
		one := bookAccount(have.accounts.of[addr])
		if e.Hashes {
			if one.Hash, err = a.s.Directory.PasswordHash(ctx, have.accounts.of[addr].ID); err != nil {
				return kinded(err)
			}
		}
		if err := emit(control.Book{Accounts: []control.BookAccount{one}}); err != nil {
			return err
		}
	}
	for _, addr := range have.aliases.order {
		if err := emit(control.Book{Aliases: []control.Alias{have.aliases.of[addr]}}); err != nil {
			return err
		}
	}
	for _, addr := range have.lists.order {
		if err := emit(control.Book{Lists: []control.List{have.lists.of[addr]}}); err != nil {
			return err
		}
	}
	return emit(control.Book{Rules: rulesOut(have.rules)})
}

// stored is what the directory holds, by name.
type stored struct {
	domains  named[control.BookDomain]
	accounts named[directory.Account]
	aliases  named[control.Alias]
	lists    named[control.List]
	rules    *directory.Rules
}

// named is a table by name, in the order in which it was filled.
type named[T any] struct {
	of    map[string]T
	order []string
}

func (n *named[T]) put(name string, v T) {
	if n.of == nil {
		n.of = make(map[string]T)
	}
	if _, there := n.of[name]; !there {
		n.order = append(n.order, name)
	}
	n.of[name] = v
}

// readBook reads all of the directory but passwords.
func (a *Admin) readBook(ctx context.Context) (*stored, error) {
	s := new(stored)
	dir := a.s.Directory
	for d, err := range dir.Domains(ctx) {
		if err != nil {
			return nil, err
		}
		out := bookDomain(d)
		if d.Kind == directory.Relayed {
			for addr, err := range dir.Recipients(ctx, d.Name) {
				if err != nil {
					return nil, err
				}
				out.Recipients = append(out.Recipients, addr)
			}
		}
		s.domains.put(d.Name, out)
	}
	for one, err := range dir.Accounts(ctx, "") {
		if err != nil {
			return nil, err
		}
		s.accounts.put(one.Address, one)
	}
	for one, err := range dir.Aliases(ctx, "") {
		if err != nil {
			return nil, err
		}
		s.aliases.put(one.Address, control.Alias{Address: one.Address, Targets: one.Targets})
	}
	for one, err := range dir.Lists(ctx, "") {
		if err == nil {
			one, err = dir.List(ctx, one.Address)
		}
		if err != nil {
			return nil, err
		}
		s.lists.put(one.Address, listOut(one))
	}
	var err error
	s.rules, err = dir.Rules(ctx)
	return s, err
}
