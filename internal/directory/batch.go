package directory

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/storage/kv"
)

// Batch makes many changes in one commit: all of them or, when one fails, none.
// Its methods are those of Directory with the same names; see there. It is
// used inside the function given to [Directory.Batch] only.
type Batch struct {
	sp    kv.Space
	rules bool // have changed
}

// Batch runs fn, which may run twice and then starts afresh, and commits what
// it did.
func (d *Directory) Batch(ctx context.Context, fn func(*Batch) error) error {
	rules := false
	err := d.update(ctx, func(sp kv.Space) error {
		b := &Batch{sp: sp}
		err := fn(b)
		rules = b.rules
		return err
	})
	if err != nil || !rules {
		return err
	}
	return d.loadRules(ctx)
}

// Secret is what is stored of a password, see [Directory.Secret].
type Secret struct{ s secrets }

// IsHash reports whether the secret has exactly this hash, see PasswordHash.
func (s Secret) IsHash(hash string) bool { return s.s.hash == hash }

// Secret derives what is stored of a plain password, or takes a hash from
// elsewhere (see [Scheme]); with neither nobody can log in. It costs some 30 ms
// of CPU for a plain password.
func (d *Directory) Secret(ctx context.Context, password, hash string) (s Secret, err error) {
	switch {
	case hash == "":
		s.s, err = d.secretsOf(ctx, password)
	case password != "":
		err = invalid("password", errTwoPasswords)
	default:
		if hash, err = acceptHash(hash); err == nil {
			s.s = d.hashOnly(hash)
		}
	}
	return s, err
}

var errTwoPasswords = errors.New("it is given both in plain and hashed")

// HasPassword reports whether a plain password is the one that an account has.
func (d *Directory) HasPassword(ctx context.Context, id AccountID, password string) (bool, error) {
	hash, err := d.PasswordHash(ctx, id)
	if err != nil || hash == "" || password == "" {
		return hash == password, err
	}
	return d.hasher.verify(ctx, hash, password)
}

// AddDomain makes a domain ours.
func (b *Batch) AddDomain(dom Domain) error {
	dom, err := dom.Normal()
	if err != nil {
		return err
	}
	dom.Created = now()
	return insertDomain(b.sp, dom)
}

// UpdateDomain writes everything but the name of a domain.
func (b *Batch) UpdateDomain(dom Domain) error {
	dom, err := dom.Normal()
	if err != nil {
		return err
	}
	return updateDomain(b.sp, dom)
}

// DeleteDomain removes an empty domain.
func (b *Batch) DeleteDomain(name string) error {
	name, err := domainName(name)
	if err != nil {
		return err
	}
	return deleteDomain(b.sp, name)
}

// AddAccount makes an account.
func (b *Batch) AddAccount(a Account, secret Secret) error {
	a, err := a.Normal()
	if err == nil {
		_, err = insert(b.sp, a, secret.s)
	}
	return err
}

// UpdateAccount writes all fields of an account but ID and Created.
func (b *Batch) UpdateAccount(a Account) error {
	a, err := a.Normal()
	if err != nil {
		return err
	}
	return updateAccount(b.sp, a)
}

// SetSecret replaces the password of an account.
func (b *Batch) SetSecret(id AccountID, secret Secret) error {
	return setSecrets(b.sp, id, secret.s)
}

// DeleteAccount takes address and login away.
func (b *Batch) DeleteAccount(id AccountID) error { return deleteAccount(b.sp, id) }

// AddAlias makes an alias.
func (b *Batch) AddAlias(a Alias) error {
	a, err := a.Normal()
	if err != nil {
		return err
	}
	return insertAlias(b.sp, a)
}

// UpdateAlias replaces the targets of an alias.
func (b *Batch) UpdateAlias(a Alias) error {
	a, err := a.Normal()
	if err != nil {
		return err
	}
	return updateAlias(b.sp, a)
}

// DeleteAlias removes an alias.
func (b *Batch) DeleteAlias(addr string) error {
	own, err := ownAddress(addr)
	if err != nil {
		return err
	}
	return deleteAlias(b.sp, own)
}

// AddList makes a list.
func (b *Batch) AddList(l List) error {
	l, err := l.Normal()
	if err != nil {
		return err
	}
	l.Created = now()
	return insertList(b.sp, l)
}

// UpdateList writes everything of a list, members too.
func (b *Batch) UpdateList(l List) error {
	l, err := l.Normal()
	if err != nil {
		return err
	}
	old, err := readList(b.sp, ownParts(l.Address))
	if err != nil {
		return err
	}
	l.Created = old.Created
	return writeList(b.sp, ownParts(l.Address), l)
}

// DeleteList removes a list and its members.
func (b *Batch) DeleteList(addr string) error {
	own, err := ownAddress(addr)
	if err != nil {
		return err
	}
	return deleteList(b.sp, own)
}

// AddRecipient lists a recipient of a Relayed domain.
func (b *Batch) AddRecipient(addr string) error {
	own, err := ownAddress(addr)
	if err == nil {
		_, err = addRecipient(b.sp, own)
	}
	return err
}

// RemoveRecipient takes a recipient off the list.
func (b *Batch) RemoveRecipient(addr string) error {
	own, err := ownAddress(addr)
	if err == nil {
		_, err = removeRecipient(b.sp, own)
	}
	return err
}

// ChangeRules removes and sets rules.
func (b *Batch) ChangeRules(remove, set Rules) error {
	set, err := set.Normal()
	if err != nil {
		return err
	}
	gone, err := remove.names()
	if err != nil {
		return err
	}
	b.rules = true
	for _, n := range gone {
		if there, err := has(b.sp, n.key); err != nil || !there {
			return orMissing(err, n.name)
		}
		if err := b.sp.Delete(n.key); err != nil {
			return err
		}
	}
	if err := set.write(b.sp); err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	return boundRules(b.sp)
}
