package directory

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"tram/internal/storage/kv"
)

// Verify reads every record of the directory and reports what is wrong: a
// record that cannot be read, an account that its address does not lead to, an
// address that leads nowhere or lies in a domain that is not ours. what names
// the record, err says what is wrong with it. It goes on past problems; the
// error is about Verify itself. Nothing is repaired: what a record should say
// only the administrator knows.
func (d *Directory) Verify(ctx context.Context, report func(what string, err error)) error {
	return d.view(ctx, func(r kv.Reader) error {
		v := verifier{r: r, report: report, domains: map[string]bool{}}
		if err := v.numbers(); err != nil {
			return err
		}
		for _, prefix := range []byte{'d', 'u', 'l', 'a', 'p', 's', 'c', 'm', 'x', 'f', rulePrefix} {
			if err := v.scan(ctx, prefix); err != nil {
				return err
			}
		}
		return nil
	})
}

// verifier is one run of Verify.
type verifier struct {
	r       kv.Reader
	report  func(what string, err error)
	next    AccountID       // that is given out next
	domains map[string]bool // ours
	rules   Rules
}

var (
	errAstray    = errors.New("leads to an account that does not exist")
	errUnled     = errors.New("what it belongs to does not lead to it")
	errNotOurs   = errors.New("its domain is not ours")
	errNotGiven  = errors.New("its number was not given out yet")
	errOwnerless = errors.New("belongs to no account")
	errNotList   = errors.New("has members, but is not a list")
)

// numbers reads what the directory hands out.
func (v *verifier) numbers() error {
	value, err := v.r.Get(nextKey)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		v.next = kv.FirstUser
		return nil
	case err != nil:
		return err
	case len(value) != 8:
		v.report("next account number", ErrDamaged)
		v.next = ^AccountID(0)
		return nil
	}
	v.next = AccountID(binary.BigEndian.Uint64(value))
	return nil
}

func (v *verifier) scan(ctx context.Context, prefix byte) error {
	it := v.r.Scan([]byte{prefix}, []byte{prefix + 1})
	defer it.Close()
	for it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		what, err := v.record(it.Key(), it.Value())
		if errors.Is(err, kv.ErrFailed) {
			return err
		}
		if err != nil {
			v.report(what, err)
		}
	}
	return it.Err()
}

// record checks one record and says whose it is.
func (v *verifier) record(key, value []byte) (what string, err error) {
	switch key[0] {
	case 'd':
		name := string(key[1:])
		v.domains[name] = true
		_, err = decodeDomain(name, value)
		return "domain " + name, err
	case 'u', 'l':
		domain, local, ok := bytes.Cut(key[1:], []byte{0})
		what = "address " + string(local) + "@" + string(domain)
		switch {
		case !ok:
			return what, ErrDamaged
		case !v.domains[string(domain)]:
			return what, errNotOurs
		case key[0] == 'l':
			return what, v.members(key, value)
		}
		return what, v.address(value)
	case 'f':
		what = "public folders of " + string(value)
		id, err := idOfKey(key)
		if err != nil {
			return what, err
		}
		if dom, err := readDomain(v.r, string(value)); err != nil || dom.Public != id {
			return what, errors.Join(err, errUnled)
		}
		return what, nil
	case rulePrefix:
		return fmt.Sprintf("rule %x", key[1:]), v.rule(key, value)
	}
	id, err := idOfKey(key)
	if err != nil {
		return fmt.Sprintf("key %x", key), err
	}
	return v.ofAccount(key[0], id, value)
}

// address checks what an address stands for.
func (v *verifier) address(value []byte) error {
	e, err := decodeEntry(value)
	if err != nil || e.account == 0 {
		return err
	}
	_, err = v.r.Get(accountKey(e.account))
	if errors.Is(err, kv.ErrNotFound) {
		return errAstray
	}
	return err
}

// members checks the members of a list.
func (v *verifier) members(key, value []byte) error {
	if _, err := decodeMembers(value); err != nil {
		return err
	}
	entry, err := v.r.Get(append([]byte{'u'}, key[1:]...))
	if errors.Is(err, kv.ErrNotFound) {
		return errNotList
	}
	if err != nil {
		return err
	}
	if e, err := decodeEntry(entry); err == nil && e.list == nil {
		return errNotList
	}
	return nil
}

func (v *verifier) rule(key, value []byte) error {
	v.rules = Rules{}
	return v.rules.decodeRule(key, value)
}

// ofAccount checks a record that is named by the number of an account.
func (v *verifier) ofAccount(prefix byte, id AccountID, value []byte) (what string, err error) {
	what = fmt.Sprintf("%saccount %d", whatOf(prefix), id)
	if id >= v.next {
		return what, errNotGiven
	}
	switch prefix {
	case 'a':
		a, err := decodeAccount(id, value)
		if err != nil {
			return what, err
		}
		return "account " + a.Address, v.led(a)
	case 'x':
		_, err = decodeDeleted(id, value)
		return what, err
	case 'p':
		_, err = decodeHash(value)
	case 's':
		_, err = decodeKeys(value)
	case 'c':
		_, err = decodeCRAMStates(value)
	}
	if err == nil {
		err = v.owned(id)
	}
	return what, err
}

// whatOf says what a record of an account is.
func whatOf(prefix byte) string {
	switch prefix {
	case 'x':
		return "deleted "
	case 'p':
		return "password of "
	case 's':
		return "SCRAM keys of "
	case 'c':
		return "CRAM-MD5 states of "
	case 'm':
		return "administrator's mark of "
	}
	return ""
}

// led checks that the address of an account leads to it.
func (v *verifier) led(a Account) error {
	if strings.Count(a.Address, "@") == 0 {
		return ErrDamaged
	}
	own := ownParts(a.Address)
	value, err := v.r.Get(addressKey(own.Domain, own.Local))
	if errors.Is(err, kv.ErrNotFound) {
		return errUnled
	}
	if err != nil {
		return err
	}
	if e, err := decodeEntry(value); err != nil || e.account != a.ID {
		return errUnled
	}
	return nil
}

// owned checks that an account is there, or was deleted a short while ago.
func (v *verifier) owned(id AccountID) error {
	for _, key := range [][]byte{accountKey(id), deletedKey(id)} {
		if _, err := v.r.Get(key); !errors.Is(err, kv.ErrNotFound) {
			return err
		}
	}
	return errOwnerless
}
