package admin

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/server/control"
)

// maxImportErrors bounds how many rows an error names; a file of the wrong
// kind has a mistake in every row.
const maxImportErrors = 100

// ImportAccounts implements control.Operations. Every row is checked before
// the first account is made, because hashing a thousand passwords takes a
// while and nobody wants to learn of a typing error after it. What was made
// before a later failure is removed again.
func (a *Admin) ImportAccounts(ctx context.Context, in control.Import, emit func(control.Progress) error) error {
	domains, err := a.checkImport(ctx, in)
	if err != nil {
		return err
	}
	for i, name := range domains {
		if _, err := a.AddDomain(ctx, control.Domain{Name: name}); err != nil {
			return errors.Join(err, a.undoImport(context.WithoutCancel(ctx), nil, domains[:i]))
		}
	}
	var gone error // nobody listens to the progress any more
	report := func(done int) bool {
		gone = emit(control.Progress{Done: int64(done), Total: int64(len(in.Accounts)), What: "accounts"})
		return gone == nil
	}
	made, err := a.s.Directory.ImportAccounts(ctx, accountsOf(in.Accounts, report))
	if err = errors.Join(err, gone); err != nil {
		return errors.Join(importError(err), a.undoImport(context.WithoutCancel(ctx), in.Accounts[:made], domains))
	}
	a.log.InfoContext(ctx, "accounts imported", "accounts", made, "domains", len(domains))
	report(made)
	return gone
}

// checkImport finds everything wrong with the rows that can be known
// beforehand, and returns the domains to add.
func (a *Admin) checkImport(ctx context.Context, in control.Import) (missing []string, err error) {
	check := importCheck{Admin: a, create: in.CreateDomains, domains: make(map[string]domainState), seen: make(map[string]int)}
	var rows []control.RowErr
	for i, n := range in.Accounts {
		if err := check.row(ctx, i, n); err != nil && len(rows) < maxImportErrors {
			rows = append(rows, control.RowErr{Row: i, Text: fmt.Sprintf("%s: %v", n.Address, err)})
		}
	}
	if len(rows) > 0 {
		return nil, &control.Error{Kind: control.Invalid, Text: "nothing was imported", Rows: rows}
	}
	return check.missing, nil
}

// importCheck is what is known while the rows of an import are checked.
type importCheck struct {
	*Admin
	create  bool                   // domains that are missing
	domains map[string]domainState // that were looked up
	missing []string               // domains to add
	seen    map[string]int         // folded address → row
}

type domainState uint8

const (
	unknownDomain domainState = iota
	ourDomain
	noDomain
)

// row checks one row.
func (c *importCheck) row(ctx context.Context, i int, n control.NewAccount) error {
	addr, err := address.ParseAddress(n.Address)
	if err != nil {
		return err
	}
	if first, ok := c.seen[strings.ToLower(n.Address)]; ok {
		return fmt.Errorf("stands twice, first as account %d", first+1)
	}
	c.seen[strings.ToLower(n.Address)] = i
	if n.Hash != "" {
		if _, err := directory.Scheme(n.Hash); err != nil {
			return err
		}
	}
	state, err := c.domain(ctx, addr.ASCII())
	switch {
	case err != nil:
		return err
	case state == noDomain && !c.create:
		return fmt.Errorf("no domain %s; add it first, or import with --create-domains", addr.ASCII())
	case state == noDomain:
		return nil // nobody can be there
	}
	switch _, err := c.s.Directory.AccountByAddress(ctx, n.Address); {
	case err == nil:
		return errors.New("exists already")
	case !errors.Is(err, directory.ErrNoAccount):
		return err
	}
	return nil
}

// domain looks a domain up, once.
func (c *importCheck) domain(ctx context.Context, name string) (domainState, error) {
	if state := c.domains[name]; state != unknownDomain {
		return state, nil
	}
	switch _, err := c.s.Directory.Domain(ctx, name); {
	case err == nil:
		c.domains[name] = ourDomain
	case errors.Is(err, directory.ErrNoDomain):
		c.domains[name] = noDomain
		c.missing = append(c.missing, name)
	default:
		return unknownDomain, err
	}
	return c.domains[name], nil
}

// importError turns what the directory found into rows.
func importError(err error) error {
	var rows []control.RowErr
	var walk func(error)
	walk = func(err error) {
		if one := new(directory.ImportError); errors.As(err, &one) && !isJoin(err) {
			rows = append(rows, control.RowErr{Row: one.Index, Text: fmt.Sprintf("%s: %v", one.Address, one.Err)})
			return
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				walk(one)
			}
		}
	}
	walk(err)
	if len(rows) == 0 {
		return kinded(err)
	}
	return &control.Error{Kind: control.Invalid, Text: "nothing was imported", Rows: rows}
}

func isJoin(err error) bool {
	_, ok := err.(interface{ Unwrap() []error })
	return ok
}

// undoImport removes what an import made before it failed.
func (a *Admin) undoImport(ctx context.Context, made []control.NewAccount, domains []string) error {
	for _, n := range made {
		if err := a.DeleteAccount(ctx, control.AccountDeletion{Address: n.Address, Purge: true}); err != nil {
			return fmt.Errorf("undo import: %w", err)
		}
	}
	for _, name := range domains {
		if err := a.DeleteDomain(ctx, name); err != nil {
			return fmt.Errorf("undo import: %w", err)
		}
	}
	return nil
}

// progressEvery is how often an import tells how far it is.
const progressEvery = 100 * time.Millisecond

// accountsOf hands the rows to the directory and reports how far it is.
func accountsOf(rows []control.NewAccount, report func(int) bool) iter.Seq[directory.NewAccount] {
	return func(yield func(directory.NewAccount) bool) {
		var last time.Time
		for i, n := range rows {
			if now := time.Now(); now.Sub(last) >= progressEvery {
				last = now
				if !report(i) {
					return
				}
			}
			if !yield(accountIn(n)) {
				return
			}
		}
	}
}

func oneOf(n directory.NewAccount) iter.Seq[directory.NewAccount] {
	return func(yield func(directory.NewAccount) bool) { yield(n) }
}
