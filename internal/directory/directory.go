package directory

import (
	"context"
	"errors"
	"iter"
	"net/netip"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// Errors of the directory; they are wrapped with the name that was asked for.
var (
	ErrNoDomain   = errors.New("no such domain")
	ErrNoAccount  = errors.New("no such account")
	ErrNoAlias    = errors.New("no such alias")
	ErrExists     = errors.New("exists already")
	ErrNotEmpty   = errors.New("domain still has accounts or aliases")
	ErrInvalid    = errors.New("invalid")
	ErrDisabled   = errors.New("account is disabled")
	ErrLoop       = errors.New("alias loop")
	ErrTooDeep    = errors.New("aliases are nested too deeply")
	ErrTooMany    = errors.New("alias has too many recipients")
	ErrAuth       = errors.New("wrong login or password")
	ErrAuthBusy   = errors.New("too many logins at once, try again")
	ErrDamaged    = errors.New("record cannot be read")
	ErrNewVersion = errors.New("directory was written by a newer version")
)

// Directory is the directory. All methods may be called from any goroutine.
// What a method has changed is on disk when it returns nil.
type Directory struct{}

// Open opens the directory in db; an empty store is a directory without
// domains.
func Open(ctx context.Context, db kv.DB, o Options) (*Directory, error) { return &Directory{}, nil }

func (d *Directory) AddDomain(ctx context.Context, dom Domain) (Domain, error) { return dom, nil }
func (d *Directory) UpdateDomain(ctx context.Context, dom Domain) error        { return nil }

// DeleteDomain removes a domain that has neither accounts nor aliases.
func (d *Directory) DeleteDomain(ctx context.Context, name string) error { return nil }
func (d *Directory) Domain(ctx context.Context, name string) (Domain, error) {
	return Domain{}, nil
}

// Domains yields all domains by name.
func (d *Directory) Domains(ctx context.Context) iter.Seq2[Domain, error] { return nil }

// AddAccount makes an account; an empty password makes one without login.
func (d *Directory) AddAccount(ctx context.Context, a Account, password string) (Account, error) {
	return a, nil
}

// ImportAccounts makes many accounts in few commits, passwords hashed in
// parallel.
func (d *Directory) ImportAccounts(ctx context.Context, seq iter.Seq[NewAccount]) (int, error) {
	return 0, nil
}

// SetPassword sets a plain password; "" takes the login away.
func (d *Directory) SetPassword(ctx context.Context, id AccountID, password string) error {
	return nil
}

// UpdateAccount writes all fields of an account but ID and Created; a changed
// address renames it.
func (d *Directory) UpdateAccount(ctx context.Context, a Account) error { return nil }

// DeleteAccount takes address and login away at once; the stored mail stays
// until the server has removed it and calls Forget.
func (d *Directory) DeleteAccount(ctx context.Context, id AccountID) error { return nil }

// RestoreAccount takes a deletion back while Forget was not called.
func (d *Directory) RestoreAccount(ctx context.Context, id AccountID) error { return nil }

// Deleted yields deleted accounts that were not forgotten.
func (d *Directory) Deleted(ctx context.Context) iter.Seq2[DeletedAccount, error] { return nil }

// Forget removes the last record of a deleted account.
func (d *Directory) Forget(ctx context.Context, id AccountID) error { return nil }

func (d *Directory) Account(ctx context.Context, id AccountID) (Account, error) {
	return Account{}, nil
}

// AccountByAddress returns the account of exactly this address.
func (d *Directory) AccountByAddress(ctx context.Context, addr string) (Account, error) {
	return Account{}, nil
}

// Accounts yields the accounts of a domain by address; "" means all domains.
func (d *Directory) Accounts(ctx context.Context, domain string) iter.Seq2[Account, error] {
	return nil
}

func (d *Directory) AddAlias(ctx context.Context, a Alias) error           { return nil }
func (d *Directory) UpdateAlias(ctx context.Context, a Alias) error        { return nil }
func (d *Directory) DeleteAlias(ctx context.Context, addr string) error    { return nil }
func (d *Directory) Alias(ctx context.Context, addr string) (Alias, error) { return Alias{}, nil }

// Aliases yields the aliases of a domain by address; "" means all domains.
func (d *Directory) Aliases(ctx context.Context, domain string) iter.Seq2[Alias, error] { return nil }

// Resolve answers who gets mail for an address, one step. It only reads.
func (d *Directory) Resolve(ctx context.Context, a address.Address) (Resolution, error) {
	return Resolution{}, nil
}

// Expand resolves aliases to the end.
func (d *Directory) Expand(ctx context.Context, a address.Address) (Expansion, error) {
	return Expansion{}, nil
}

// Authenticate checks a login. The error is ErrAuth for every reason that the
// client may not know, ErrAuthBusy or one of the store when it can be tried
// again.
func (d *Directory) Authenticate(ctx context.Context, login, password string, remote netip.Addr) (uint64, string, error) {
	return 0, "", ErrAuth
}

// Scheme returns the name of the scheme of a password hash, or an error for
// one that is not accepted.
func Scheme(hash string) (string, error) { return "", nil }
