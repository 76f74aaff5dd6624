package directory

import (
	"crypto/sha256"
	"fmt"
)

// A rule is one record. Its key is the table and a hash of what there is only
// one of, because two addresses in a row could be longer than a key may be:
//
//	r <table> <SHA-256 of the kind and the texts that name it>
//
// The value, in the notation of record.go, is version 1 and
//
//	w  rewrite     kind 1 byte · match · to · number uv · exceptions
//	t  route       by 1 byte · match · next hop
//	k  credential  host · user · password
//	c  copy        by 1 byte · match · to
//	a  access      by 1 byte · match · action
const (
	rulePrefix      = 'r'
	tableRewrite    = 'w'
	tableRoute      = 't'
	tableCredential = 'k'
	tableCopy       = 'c'
	tableAccess     = 'a'
)

func ruleKey(table, kind byte, names ...string) []byte {
	h := sha256.New()
	h.Write([]byte{kind})
	for _, n := range names {
		h.Write(append([]byte(n), 0))
	}
	return h.Sum([]byte{rulePrefix, table})
}

func (w *Rewrite) key() []byte    { return ruleKey(tableRewrite, byte(w.Kind), w.Match) }
func (t *Route) key() []byte      { return ruleKey(tableRoute, byte(t.By), t.Match) }
func (c *Credential) key() []byte { return ruleKey(tableCredential, 0, c.Host, c.User) }
func (c *Copy) key() []byte       { return ruleKey(tableCopy, byte(c.By), c.Match, c.To) }
func (a *Access) key() []byte     { return ruleKey(tableAccess, byte(a.By), a.Match) }

func encodeRule(kind byte, texts ...string) []byte {
	b := []byte{recordVersion, kind}
	for _, t := range texts {
		b = appendText(b, t)
	}
	return b
}

func (w *Rewrite) encode() []byte {
	return appendTexts(encodeRule(byte(w.Kind), w.Match, w.To), w.Except)
}
func (t *Route) encode() []byte { return encodeRule(byte(t.By), t.Match, t.NextHop) }
func (c *Credential) encode() []byte {
	return encodeRule(0, c.Host, c.User, c.Password)
}
func (c *Copy) encode() []byte   { return encodeRule(byte(c.By), c.Match, c.To) }
func (a *Access) encode() []byte { return encodeRule(byte(a.By), a.Match, a.Action) }

// decodeRule appends the rule of a record.
func (r *Rules) decodeRule(key, value []byte) (err error) {
	if len(key) != 2+sha256.Size {
		return fmt.Errorf("key %x: %w", key, ErrDamaged)
	}
	d := newDecoder(value)
	kind := d.byte()
	var bad error
	switch key[1] {
	case tableRewrite:
		w := Rewrite{Kind: RewriteKind(kind), Match: d.text(), To: d.text(), Except: d.texts(MaxExcept)}
		r.Rewrites, bad = decoded(r.Rewrites, w)
	case tableRoute:
		t := Route{By: RouteBy(kind), Match: d.text(), NextHop: d.text()}
		r.Routes, bad = decoded(r.Routes, t)
	case tableCredential:
		c := Credential{Host: d.text(), User: d.text(), Password: d.text()}
		r.Credentials, bad = decoded(r.Credentials, c)
	case tableCopy:
		c := Copy{By: CopyBy(kind), Match: d.text(), To: d.text()}
		r.Copies, bad = decoded(r.Copies, c)
	case tableAccess:
		a := Access{By: AccessBy(kind), Match: d.text(), Action: d.text()}
		r.Access, bad = decoded(r.Access, a)
	default:
		d.fail()
	}
	if err := d.done(); err != nil {
		return fmt.Errorf("rule %x: %w", key, err)
	}
	if bad != nil {
		return fmt.Errorf("rule %x: %w: %w", key, ErrDamaged, bad)
	}
	return nil
}

// decoded appends a rule in its normal form, which has the parsed parts.
func decoded[T interface{ Normal() (T, error) }](list []T, rule T) ([]T, error) {
	rule, err := rule.Normal()
	if err != nil {
		return list, err
	}
	return append(list, rule), nil
}
