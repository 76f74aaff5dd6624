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
	for _, name := range domains {
		if _, err := a.AddDomain(ctx, control.Domain{Name: name}); err != nil {
			return err
		}
	}
	report := func(done int) error {
		return emit(control.Progress{Done: int64(done), Total: int64(len(in.Accounts)), What: "accounts"})
	}
	made, err := a.s.Directory.ImportAccounts(ctx, accountsOf(in.Accounts, report))
	if err != nil {
		return errors.Join(importError(err), a.undoImport(context.WithoutCancel(ctx), in.Accounts[:made], domains))
	}
	a.log.InfoContext(ctx, "accounts imported", "accounts", made, "domains", len(domains))
	return report(made)
}

// checkImport finds everything wrong with the rows that can be known
// beforehand, and returns the domains to add.
func (a *Admin) checkImport(ctx context.Context, in control.Import) (domains []string, err error) {
	var rows []control.RowErr
	known := make(map[string]bool) // domain → whether it may be used
	seen := make(map[string]int)   // address → row
	for i, n := range in.Accounts {
		domain, err := a.checkRow(ctx, n, known, in.CreateDomains)
		if errors.Is(err, errAddDomain) {
			domains = append(domains, domain)
			err = nil
		}
		if first, ok := seen[strings.ToLower(n.Address)]; ok && err == nil {
			err = fmt.Errorf("%s stands twice, first as account %d", n.Address, first+1)
		}
		seen[strings.ToLower(n.Address)] = i
		if err != nil && len(rows) < maxImportErrors {
			rows = append(rows, control.RowErr{Row: i, Text: err.Error()})
		}
	}
	if len(rows) > 0 {
		return nil, &control.Error{Kind: control.Invalid, Text: "nothing was imported", Rows: rows}
	}
	return domains, nil
}

// errAddDomain says that the domain of a row is to be added.
var errAddDomain = errors.New("domain is to be added")

// checkRow checks one row against the directory.
func (a *Admin) checkRow(ctx context.Context, n control.NewAccount, known map[string]bool, create bool) (domain string, err error) {
	addr, err := address.ParseAddress(n.Address)
	if err != nil {
		return "", fmt.Errorf("%s: %w", n.Address, err)
	}
	domain = addr.ASCII()
	usable, looked := known[domain]
	if !looked {
		_, err := a.s.Directory.Domain(ctx, domain)
		if err != nil && !errors.Is(err, directory.ErrNoDomain) {
			return "", err
		}
		usable = err == nil || create
		known[domain] = usable
		if err != nil && create {
			return domain, errAddDomain
		}
	}
	if !usable {
		return "", fmt.Errorf("%s: no domain %s; add it first, or import with --create-domains", n.Address, domain)
	}
	if n.Hash != "" {
		if _, err := directory.Scheme(n.Hash); err != nil {
			return "", fmt.Errorf("%s: %w", n.Address, err)
		}
	}
	switch _, err := a.s.Directory.AccountByAddress(ctx, n.Address); {
	case err == nil:
		return "", fmt.Errorf("%s exists already", n.Address)
	case errors.Is(err, directory.ErrNoAccount):
		return "", nil
	default:
		return "", err
	}
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
func accountsOf(rows []control.NewAccount, report func(int) error) iter.Seq[directory.NewAccount] {
	return func(yield func(directory.NewAccount) bool) {
		var last time.Time
		for i, n := range rows {
			if now := time.Now(); now.Sub(last) >= progressEvery {
				last = now
				if report(i) != nil {
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
