package directory

import (
	"encoding/binary"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// Values, version 1. "uv" is an unsigned and "v" a signed varint of
// encoding/binary, a text is a uv length and the bytes, a time is v Unix
// milliseconds (0 = none).
//
//	v  format 1 byte
//	n  account 8 bytes, big-endian
//	d  version 1 byte · created · catch-all · separator
//	u  version 1 byte · 1 byte 'a' · account 8 bytes
//	   version 1 byte · 1 byte 'l' · number of targets uv · targets
//	a  version 1 byte · flags 1 byte (1 admin, 2 disabled) · created · address ·
//	   name · quota bytes uv · quota messages uv
//	p  version 1 byte · hash, to the end
//	x  version 1 byte · deleted · the value of "a", to the end
const (
	format        = 1
	recordVersion = 1

	kindAccount = 'a'
	kindAlias   = 'l'

	flagAdmin    = 1
	flagDisabled = 2
)

var (
	formatKey = []byte("v")
	nextKey   = []byte("n")
)

func domainKey(name string) []byte { return append([]byte{'d'}, name...) }

// addressKey orders addresses by domain, so that a domain's are one range.
func addressKey(domain, local string) []byte {
	k := make([]byte, 0, 2+len(domain)+len(local))
	k = append(k, 'u')
	k = append(k, domain...)
	k = append(k, 0)
	return append(k, local...)
}

func idKey(prefix byte, id AccountID) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefix}, uint64(id))
}

func accountKey(id AccountID) []byte  { return idKey('a', id) }
func passwordKey(id AccountID) []byte { return idKey('p', id) }
func adminKey(id AccountID) []byte    { return idKey('m', id) }
func deletedKey(id AccountID) []byte  { return idKey('x', id) }

// idOfKey reads the number out of one of these keys.
func idOfKey(key []byte) (AccountID, error) {
	if len(key) != 9 {
		return 0, fmt.Errorf("key %x: %w", key, ErrDamaged)
	}
	return kv.Account(binary.BigEndian.Uint64(key[1:])), nil
}

func (d Domain) encode() []byte {
	b := appendTime([]byte{recordVersion}, d.Created)
	b = appendText(b, d.CatchAll)
	return appendText(b, d.SubaddressSeparator)
}

func decodeDomain(name string, v []byte) (Domain, error) {
	r := newDecoder(v)
	d := Domain{Name: name, Created: r.time(), CatchAll: r.text(), SubaddressSeparator: r.text()}
	if err := r.done(); err != nil {
		return d, fmt.Errorf("domain %s: %w", name, err)
	}
	return d, nil
}

func (a Account) encode() []byte {
	var flags byte
	if a.Admin {
		flags |= flagAdmin
	}
	if a.Disabled {
		flags |= flagDisabled
	}
	b := appendTime([]byte{recordVersion, flags}, a.Created)
	b = appendText(b, a.Address)
	b = appendText(b, a.Name)
	b = binary.AppendUvarint(b, uint64(a.QuotaBytes))
	return binary.AppendUvarint(b, uint64(a.QuotaMessages))
}

func decodeAccount(id AccountID, v []byte) (Account, error) {
	r := newDecoder(v)
	flags := r.byte()
	a := Account{
		ID: id, Admin: flags&flagAdmin != 0, Disabled: flags&flagDisabled != 0,
		Created: r.time(), Address: r.text(), Name: r.text(),
		QuotaBytes: int64(r.uint()), QuotaMessages: int64(r.uint()),
	}
	if err := r.done(); err != nil {
		return a, fmt.Errorf("account %d: %w", id, err)
	}
	return a, nil
}

// entry is what an address stands for.
type entry struct {
	account AccountID // or 0:
	targets []string
}

func (e entry) encode() []byte {
	if e.account != 0 {
		return binary.BigEndian.AppendUint64([]byte{recordVersion, kindAccount}, uint64(e.account))
	}
	b := []byte{recordVersion, kindAlias}
	b = binary.AppendUvarint(b, uint64(len(e.targets)))
	for _, t := range e.targets {
		b = appendText(b, t)
	}
	return b
}

func decodeEntry(v []byte) (e entry, err error) {
	r := newDecoder(v)
	switch r.byte() {
	case kindAccount:
		e.account = AccountID(r.fixed64())
	case kindAlias:
		n := r.uint()
		if n > MaxTargets {
			r.fail()
			break
		}
		e.targets = make([]string, n)
		for i := range e.targets {
			e.targets[i] = r.text()
		}
	default:
		r.fail()
	}
	return e, r.done()
}

func encodeDeleted(a Account, at time.Time) []byte {
	return append(appendTime([]byte{recordVersion}, at), a.encode()...)
}

func decodeDeleted(id AccountID, v []byte) (d DeletedAccount, err error) {
	r := newDecoder(v)
	d.Deleted = r.time()
	rest := r.rest
	r.rest = ""
	if err := r.done(); err != nil {
		return d, fmt.Errorf("deleted account %d: %w", id, err)
	}
	d.Account, err = decodeAccount(id, []byte(rest))
	return d, err
}

func encodeHash(hash string) []byte { return append([]byte{recordVersion}, hash...) }

func decodeHash(v []byte) (string, error) {
	r := newDecoder(v)
	hash := r.rest
	r.rest = ""
	return hash, r.done()
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(b, 0)
	}
	return binary.AppendVarint(b, t.UnixMilli())
}
