package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// Errors of the directory; they are wrapped with the name that was asked for.
var (
	ErrNoDomain   = errors.New("no such domain")
	ErrNoAccount  = errors.New("no such account")
	ErrNoAlias    = errors.New("no such alias")
	ErrNoList     = errors.New("no such list")
	ErrNoRule     = errors.New("no such rule")
	ErrExists     = errors.New("exists already")
	ErrNotEmpty   = errors.New("domain still has accounts, aliases, lists or recipients")
	ErrAliased    = errors.New("an alias domain stands for it")
	ErrInvalid    = errors.New("invalid")
	ErrDisabled   = errors.New("account is disabled")
	ErrLoop       = errors.New("alias leads back to itself")
	ErrTooDeep    = errors.New("aliases are nested too deeply")
	ErrTooMany    = errors.New("alias has too many recipients")
	ErrInclude    = errors.New("the :include: file cannot be read")
	ErrAuth       = errors.New("wrong login or password")
	ErrAuthBusy   = errors.New("too many logins at once, try again")
	ErrDamaged    = errors.New("record cannot be read")
	ErrNewVersion = errors.New("directory was written by a newer version")
)

// Directory is the directory. All methods may be called from any goroutine.
// What a method has changed is on disk when it returns nil.
type Directory struct {
	db            kv.DB
	postmaster    address.Address
	defaultDomain string
	hasher        *hasher
	keyless       atomic.Bool // an account may have a password and no SCRAM keys
	include       func(ctx context.Context, path string) ([]string, error)
	cramMD5       bool
	saltSecret    []byte // of invented SCRAM salts

	rules   atomic.Pointer[Rules] // the present snapshot
	loading sync.Mutex            // held while a new one is read

	changes  changes
	answers  answers                  // of Resolve
	accounts memo[AccountID, Account] // of Account
	domains  memo[string, Domain]     // of DomainOf
}

// Open opens the directory in db; an empty store is a directory without
// domains.
func Open(ctx context.Context, db kv.DB, o Options) (*Directory, error) {
	d := &Directory{
		db: db, postmaster: o.Postmaster, defaultDomain: o.DefaultDomain, hasher: newHasher(o.Log),
		include: o.Include, cramMD5: o.CRAMMD5,
	}
	if d.include == nil {
		d.include = ReadInclude
	}
	if o.DefaultDomain != "" {
		var err error
		if d.defaultDomain, err = domainName(o.DefaultDomain); err != nil {
			return nil, fmt.Errorf("open directory: default %w", err)
		}
	}
	for _, step := range []func(context.Context) error{d.checkFormat, d.readSaltSecret, d.loadRules, d.CheckSCRAM} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("open directory: %w", err)
		}
	}
	return d, nil
}

// checkFormat refuses a directory that a newer version wrote: changing it
// could lose what we do not understand.
func (d *Directory) checkFormat(ctx context.Context) error {
	var found byte
	err := d.view(ctx, func(r kv.Reader) error {
		v, err := r.Get(formatKey)
		if err == nil && len(v) == 1 {
			found = v[0]
		}
		return err
	})
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return d.update(ctx, func(sp kv.Space) error { return sp.Set(formatKey, []byte{format}) })
	case err == nil && found != format:
		return ErrNewVersion
	}
	return err
}

func (d *Directory) view(ctx context.Context, fn func(kv.Reader) error) error {
	return d.db.View(ctx, kv.Directory, fn)
}

// update runs fn as one transaction and waits until it is on disk.
func (d *Directory) update(ctx context.Context, fn func(kv.Space) error) error {
	defer d.changes.made()
	return kv.Durable(ctx, d.db, []kv.Account{kv.Directory}, func(tx kv.Tx) error {
		return fn(tx.Account(kv.Directory))
	})
}

// read returns a value, or missing when there is none.
func read(r kv.Reader, key []byte, missing error) ([]byte, error) {
	v, err := r.Get(key)
	if errors.Is(err, kv.ErrNotFound) {
		err = missing
	}
	return v, err
}

func has(r kv.Reader, key []byte) (bool, error) {
	_, err := r.Get(key)
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
