package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// AddAccount implements control.Operations.
func (a *Admin) AddAccount(ctx context.Context, n control.NewAccount) (control.Account, error) {
	if n.Hash != "" {
		if _, err := a.s.Directory.ImportAccounts(ctx, oneOf(accountIn(n))); err != nil {
			return control.Account{}, a.addError(n.Address, err)
		}
		made, err := a.s.Directory.AccountByAddress(ctx, n.Address)
		return a.added(ctx, made, err)
	}
	made, err := a.s.Directory.AddAccount(ctx, accountIn(n).Account, n.Password)
	if err != nil {
		return control.Account{}, a.addError(n.Address, err)
	}
	return a.added(ctx, made, nil)
}

func (a *Admin) added(ctx context.Context, made directory.Account, err error) (control.Account, error) {
	if err != nil {
		return control.Account{}, kinded(err)
	}
	a.log.InfoContext(ctx, "account added", "account", made.Address)
	return a.accountOut(ctx, made)
}

// addError says what to do when an account cannot be made.
func (a *Admin) addError(addr string, err error) error {
	if errors.Is(err, directory.ErrNoDomain) {
		_, domain, _ := strings.Cut(addr, "@")
		return missing("domain", domain, "add it first: tram domain add "+domain)
	}
	return kinded(err)
}

// UpdateAccount implements control.Operations.
func (a *Admin) UpdateAccount(ctx context.Context, c control.AccountChange) (control.Account, error) {
	acct, err := a.account(ctx, c.Address)
	if err != nil {
		return control.Account{}, err
	}
	set(&acct.Name, c.Name)
	set(&acct.QuotaBytes, c.QuotaBytes)
	set(&acct.QuotaMessages, c.QuotaMessages)
	set(&acct.Admin, c.Admin)
	set(&acct.Disabled, c.Disabled)
	if err := a.s.Directory.UpdateAccount(ctx, acct); err != nil {
		return control.Account{}, kinded(err)
	}
	a.log.InfoContext(ctx, "account changed", "account", acct.Address)
	return a.accountOut(ctx, acct)
}

// SetPassword implements control.Operations.
func (a *Admin) SetPassword(ctx context.Context, p control.Password) error {
	acct, err := a.account(ctx, p.Address)
	if err != nil {
		return err
	}
	if err := a.s.Directory.SetPassword(ctx, acct.ID, p.Password); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "password changed", "account", acct.Address)
	return nil
}

// DeleteAccount implements control.Operations.
func (a *Admin) DeleteAccount(ctx context.Context, d control.AccountDeletion) error {
	acct, err := a.account(ctx, d.Address)
	if err != nil {
		return err
	}
	if err := a.s.Directory.DeleteAccount(ctx, acct.ID); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "account deleted", "account", acct.Address, "purged", d.Purge)
	if err := a.revoke(ctx, acct.Address); err != nil {
		return err
	}
	if d.Purge {
		return a.purge(ctx, acct.ID)
	}
	return nil
}

// RestoreAccount implements control.Operations: it takes a deletion back, as
// long as the mail is there. Of several accounts that had the address it takes
// the one that was deleted last.
func (a *Admin) RestoreAccount(ctx context.Context, address string) (control.Account, error) {
	var last directory.DeletedAccount
	for d, err := range a.s.Directory.Deleted(ctx) {
		if err != nil {
			return control.Account{}, kinded(err)
		}
		if strings.EqualFold(d.Address, address) && !d.Deleted.Before(last.Deleted) {
			last = d
		}
	}
	if last.ID == 0 {
		return control.Account{}, missing("deleted account", address, fmt.Sprintf("mail of a deleted account stays for %d days", DeletedKept/(24*time.Hour)))
	}
	if err := a.s.Directory.RestoreAccount(ctx, last.ID); err != nil {
		return control.Account{}, kinded(err)
	}
	a.log.InfoContext(ctx, "account restored", "account", last.Address, "deleted", last.Deleted)
	acct, err := a.s.Directory.Account(ctx, last.ID)
	if err != nil {
		return control.Account{}, kinded(err)
	}
	return a.accountOut(ctx, acct)
}

// revoke takes away what others shared with a user who is gone: the next one to
// have the address shall not find it.
func (a *Admin) revoke(ctx context.Context, address string) error {
	if err := a.s.Mail.Revoke(ctx, address); err != nil {
		return kinded(fmt.Errorf("take the rights of %s away: %w", address, err))
	}
	return nil
}

// Accounts implements control.Operations.
func (a *Admin) Accounts(ctx context.Context, domain string, emit func(control.Account) error) error {
	if domain != "" {
		if _, err := a.s.Directory.Domain(ctx, domain); err != nil {
			return kinded(err)
		}
	}
	for acct, err := range a.s.Directory.Accounts(ctx, domain) {
		if err != nil {
			return kinded(err)
		}
		out, err := a.accountOut(ctx, acct)
		if err != nil {
			return err
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}

// account finds an account by address.
func (a *Admin) account(ctx context.Context, addr string) (directory.Account, error) {
	acct, err := a.s.Directory.AccountByAddress(ctx, addr)
	if errors.Is(err, directory.ErrNoAccount) {
		return acct, missing("account", addr, "see tram account list")
	}
	return acct, kinded(err)
}

// Sweep removes the mail of accounts that were deleted longer than
// DeletedKept ago, and returns how many there were.
func (a *Admin) Sweep(ctx context.Context, now time.Time) (int, error) {
	var due []directory.AccountID
	for d, err := range a.s.Directory.Deleted(ctx) {
		if err != nil {
			return 0, fmt.Errorf("sweep deleted accounts: %w", err)
		}
		if now.Sub(d.Deleted) > DeletedKept {
			due = append(due, d.ID)
		}
	}
	for i, id := range due {
		if err := a.purge(ctx, id); err != nil {
			return i, err
		}
	}
	return len(due), nil
}

// purge removes the records of an account's mail; the bodies are garbage then
// and go with the next collection. The directory forgets the account last, so
// that a purge that was cut off is done again.
func (a *Admin) purge(ctx context.Context, id directory.AccountID) error {
	err := a.s.Mail.DeleteAccount(ctx, id)
	if err != nil {
		return kinded(fmt.Errorf("remove mail of deleted account %d: %w", id, err))
	}
	return kinded(a.s.Directory.Forget(ctx, id))
}

func accountIn(n control.NewAccount) directory.NewAccount {
	return directory.NewAccount{
		Account: directory.Account{
			Address: n.Address, Name: n.Name, Admin: n.Admin,
			QuotaBytes: n.QuotaBytes, QuotaMessages: n.QuotaMessages,
		},
		Password: n.Password,
		Hash:     n.Hash,
	}
}

// accountOut adds what is stored now.
func (a *Admin) accountOut(ctx context.Context, d directory.Account) (control.Account, error) {
	bytes, messages, err := a.s.Mail.Usage(ctx, d.ID)
	if err != nil {
		return control.Account{}, kinded(fmt.Errorf("usage of %s: %w", d.Address, err))
	}
	return control.Account{
		ID: uint64(d.ID), Address: d.Address, Name: d.Name,
		QuotaBytes: d.QuotaBytes, QuotaMessages: d.QuotaMessages,
		Bytes: bytes, Messages: messages,
		Admin: d.Admin, Disabled: d.Disabled, Created: d.Created,
	}, nil
}
