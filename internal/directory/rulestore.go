package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tram/internal/storage/kv"
)

// Rules returns the present snapshot of the rules. It costs nothing; it must
// not be changed.
func (d *Directory) Rules(context.Context) (*Rules, error) { return d.rules.Load(), nil }

// ChangeRules removes and then sets rules, in one commit. A rule that is set
// replaces the one of the same table and pattern (copies: and receiver;
// credentials: host and user); one that is removed must be there, and only
// what names it counts. The new snapshot is in place when it returns.
func (d *Directory) ChangeRules(ctx context.Context, remove, set Rules) error {
	return d.Batch(ctx, func(b *Batch) error { return b.ChangeRules(remove, set) })
}

func orMissing(err error, name string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", name, ErrNoRule)
}

// boundRules keeps the tables small enough for memory.
func boundRules(r kv.Reader) error {
	it := r.Scan([]byte{rulePrefix}, []byte{rulePrefix + 1})
	defer it.Close()
	n := 0
	for it.Next() {
		n++
	}
	if n > MaxRules {
		return invalid("rules", fmt.Errorf("there would be %d, %d is the most", n, MaxRules))
	}
	return it.Err()
}

// loadRules puts a new snapshot in place. The lock keeps a slower, older
// picture from replacing a newer one.
func (d *Directory) loadRules(ctx context.Context) error {
	d.loading.Lock()
	defer d.loading.Unlock()
	r := new(Rules)
	err := d.view(ctx, func(rd kv.Reader) error {
		*r = Rules{}
		it := rd.Scan([]byte{rulePrefix}, []byte{rulePrefix + 1})
		defer it.Close()
		for it.Next() {
			if err := r.decodeRule(it.Key(), it.Value()); err != nil {
				return err
			}
		}
		return it.Err()
	})
	if err != nil {
		return fmt.Errorf("load rules: %w", err)
	}
	r.sort()
	r.build()
	d.rules.Store(r)
	return nil
}

// Normal checks all rules and brings them into their normal form.
func (r Rules) Normal() (out Rules, err error) {
	for _, err = range []error{
		normalAll(r.Rewrites, &out.Rewrites), normalAll(r.Routes, &out.Routes),
		normalAll(r.Credentials, &out.Credentials), normalAll(r.Copies, &out.Copies), normalAll(r.Access, &out.Access),
	} {
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func normalAll[T interface{ Normal() (T, error) }](in []T, out *[]T) error {
	for _, one := range in {
		one, err := one.Normal()
		if err != nil {
			return err
		}
		*out = append(*out, one)
	}
	return nil
}

// ruleName is a rule to remove.
type ruleName struct {
	key  []byte
	name string
}

// names are the keys of rules to remove: what does not name them may be
// missing.
func (r Rules) names() (out []ruleName, err error) {
	r.Rewrites, r.Routes = slices.Clone(r.Rewrites), slices.Clone(r.Routes)
	r.Credentials, r.Access = slices.Clone(r.Credentials), slices.Clone(r.Access)
	for i := range r.Rewrites {
		if r.Rewrites[i].To == "" {
			r.Rewrites[i].To = "example.invalid"
		}
	}
	for i := range r.Routes {
		r.Routes[i].NextHop = "local"
	}
	for i := range r.Credentials {
		r.Credentials[i].Password = "-"
	}
	for i := range r.Access {
		r.Access[i].Action = "ok"
	}
	n, err := r.Normal()
	if err != nil {
		return nil, err
	}
	for i := range n.Rewrites {
		out = append(out, ruleName{n.Rewrites[i].key(), n.Rewrites[i].Kind.String() + " " + n.Rewrites[i].Match})
	}
	for i := range n.Routes {
		out = append(out, ruleName{n.Routes[i].key(), "route by " + n.Routes[i].By.String() + " " + n.Routes[i].Match})
	}
	for i := range n.Credentials {
		out = append(out, ruleName{n.Credentials[i].key(), "login " + n.Credentials[i].String()})
	}
	for i := range n.Copies {
		out = append(out, ruleName{n.Copies[i].key(), "copy by " + n.Copies[i].By.String() + " " + n.Copies[i].Match + " to " + n.Copies[i].To})
	}
	for i := range n.Access {
		out = append(out, ruleName{n.Access[i].key(), "access rule by " + n.Access[i].By.String() + " " + n.Access[i].Match})
	}
	return out, nil
}

// write stores all rules.
func (r *Rules) write(sp kv.Space) error {
	for _, err := range []error{
		writeRules(sp, r.Rewrites), writeRules(sp, r.Routes), writeRules(sp, r.Credentials),
		writeRules(sp, r.Copies), writeRules(sp, r.Access),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// record is a pointer to a rule.
type record[T any] interface {
	*T
	key() []byte
	encode() []byte
}

func writeRules[T any, P record[T]](sp kv.Space, list []T) error {
	for i := range list {
		if err := sp.Set(P(&list[i]).key(), P(&list[i]).encode()); err != nil {
			return err
		}
	}
	return nil
}

// sort brings the tables into the order in which people read them.
func (r *Rules) sort() {
	slices.SortFunc(r.Rewrites, func(a, b Rewrite) int { return order(int(a.Kind)-int(b.Kind), a.Match, b.Match) })
	slices.SortFunc(r.Routes, func(a, b Route) int { return order(int(a.By)-int(b.By), a.Match, b.Match) })
	slices.SortFunc(r.Credentials, func(a, b Credential) int { return order(strings.Compare(a.Host, b.Host), a.User, b.User) })
	slices.SortFunc(r.Copies, func(a, b Copy) int {
		return order(int(a.By)-int(b.By), a.Match+"\x00"+a.To, b.Match+"\x00"+b.To)
	})
	slices.SortFunc(r.Access, func(a, b Access) int { return order(int(a.By)-int(b.By), a.Match, b.Match) })
}

func order(kind int, a, b string) int {
	if kind != 0 {
		return kind
	}
	return strings.Compare(a, b)
}
