package directory

import (
	"encoding/binary"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// Values, version 1 but for "d". "uv" is an unsigned and "v" a signed varint of
// encoding/binary, a text is a uv length and the bytes, a time is v Unix
// milliseconds (0 = none).
//
//	v  format 1 byte
//	n  account 8 bytes, big-endian
//	d  version 3 · created · catch-all · separator · kind 1 byte · target ·
//	   verify 1 byte · footer · quota bytes uv · quota messages uv · public
//	   account uv; version 1 ends after the separator, version 2 after the footer
//	u  version 1 byte · 1 byte 'a' · account 8 bytes
//	   version 1 byte · 1 byte 'l' · number of targets uv · targets
//	   version 1 byte · 1 byte 's' · flags 1 byte (1 members only) · created ·
//	   owner · description
//	   version 1 byte · 1 byte 'r'
//	l  version 1 byte · number of members uv · members
//	a  version 1 byte · flags 1 byte (1 admin, 2 disabled) · created · address ·
//	   name · quota bytes uv · quota messages uv
//	p  version 1 byte · hash, to the end
//	s  version 1 byte · iterations uv · salt · stored key · server key
//	c  version 1 byte · inner state 16 bytes · outer state 16 bytes
//	k  32 random bytes
//	f  the name of a domain
//	x  version 1 byte · deleted · the value of "a", to the end
//	r  rulerecord.go
const (
	format        = 1
	recordVersion = 1
	domainVersion = 3

	kindAccount   = 'a'
	kindAlias     = 'l'
	kindList      = 's'
	kindRecipient = 'r'

	flagAdmin    = 1
	flagDisabled = 2

	flagMembersOnly = 1
)

var (
	formatKey = []byte("v")
	nextKey   = []byte("n")
	saltKey   = []byte("k")
)

func domainKey(name string) []byte { return append([]byte{'d'}, name...) }

// addressKey orders addresses by domain, so that a domain's are one range.
func addressKey(domain, local string) []byte { return localKey('u', domain, local) }

func membersKey(domain, local string) []byte { return localKey('l', domain, local) }

func localKey(prefix byte, domain, local string) []byte {
	k := make([]byte, 0, 2+len(domain)+len(local))
	k = append(k, prefix)
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
func scramKey(id AccountID) []byte    { return idKey('s', id) }
func publicKey(id AccountID) []byte   { return idKey('f', id) }
func cramKey(id AccountID) []byte     { return idKey('c', id) }

// idOfKey reads the number out of one of these keys.
func idOfKey(key []byte) (AccountID, error) {
	if len(key) != 9 {
		return 0, fmt.Errorf("key %x: %w", key, ErrDamaged)
	}
	return kv.Account(binary.BigEndian.Uint64(key[1:])), nil
}

func (d Domain) encode() []byte {
	b := appendTime([]byte{domainVersion}, d.Created)
	b = appendText(b, d.CatchAll)
	b = appendText(b, d.SubaddressSeparator)
	b = appendText(append(b, byte(d.Kind)), d.Target)
	b = appendText(append(b, byte(d.Verify)), d.Footer)
	b = binary.AppendUvarint(b, uint64(d.QuotaBytes))
	b = binary.AppendUvarint(b, uint64(d.QuotaMessages))
	return binary.AppendUvarint(b, uint64(d.Public))
}

func decodeDomain(name string, v []byte) (Domain, error) {
	r, version := newDecoderUpTo(v, domainVersion)
	d := Domain{Name: name, Created: r.time(), CatchAll: r.text(), SubaddressSeparator: r.text()}
	if version > 1 {
		d.Kind, d.Target = DomainKind(r.byte()), r.text()
		d.Verify, d.Footer = VerifyMode(r.byte()), r.text()
		if int(d.Kind) >= len(domainKinds) || int(d.Verify) >= len(verifyModes) {
			r.fail()
		}
	}
	if version > 2 {
		d.QuotaBytes, d.QuotaMessages, d.Public = int64(r.uint()), int64(r.uint()), AccountID(r.uint())
	}
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

// entry is what an address stands for: an account, an alias, a list or, with
// none of them, a listed recipient of a Relayed domain.
type entry struct {
	account AccountID
	targets []string
	list    *List // without address and members
}

// relayed reports whether the address is a listed recipient.
func (e entry) relayed() bool { return e.account == 0 && e.targets == nil && e.list == nil }

func (e entry) encode() []byte {
	switch {
	case e.account != 0:
		return binary.BigEndian.AppendUint64([]byte{recordVersion, kindAccount}, uint64(e.account))
	case e.list != nil:
		return e.list.encode()
	case e.targets == nil:
		return []byte{recordVersion, kindRecipient}
	}
	return appendTexts([]byte{recordVersion, kindAlias}, e.targets)
}

func (l *List) encode() []byte {
	var flags byte
	if l.MembersOnly {
		flags |= flagMembersOnly
	}
	b := appendTime([]byte{recordVersion, kindList, flags}, l.Created)
	return appendText(appendText(b, l.Owner), l.Description)
}

func decodeEntry(v []byte) (e entry, err error) {
	r := newDecoder(v)
	switch r.byte() {
	case kindAccount:
		if e.account = AccountID(r.fixed64()); e.account == 0 {
			r.fail()
		}
	case kindAlias:
		if e.targets = r.texts(MaxTargets); len(e.targets) == 0 {
			r.fail()
		}
	case kindList:
		flags := r.byte()
		e.list = &List{MembersOnly: flags&flagMembersOnly != 0, Created: r.time(), Owner: r.text(), Description: r.text()}
	case kindRecipient:
	default:
		r.fail()
	}
	return e, r.done()
}

func encodeMembers(members []string) []byte { return appendTexts([]byte{recordVersion}, members) }

func decodeMembers(v []byte) ([]string, error) {
	r := newDecoder(v)
	members := r.texts(MaxMembers)
	return members, r.done()
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

// appendTexts appends a number of texts and the texts.
func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(b, 0)
	}
	return binary.AppendVarint(b, t.UnixMilli())
}
