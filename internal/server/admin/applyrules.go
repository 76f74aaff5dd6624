package admin

import (
	"reflect"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// rules compares all tables of rules; the changes are one step.
func (p *plan) rules() {
	in, err := rulesIn(p.in.Book.Rules)
	if err != nil {
		p.mistake(err)
		return
	}
	old := p.have.rules
	keepPasswords(in.Credentials, old.Credentials)
	wanted, err := in.Normal()
	if err != nil {
		p.mistake(err)
		return
	}
	var set, remove directory.Rules
	diff(p, "rewrite", old.Rewrites, wanted.Rewrites, &set.Rewrites, &remove.Rewrites, func(w directory.Rewrite) (string, string) {
		return w.Kind.String() + " " + w.Match, "to " + w.To
	})
	diff(p, "route", old.Routes, wanted.Routes, &set.Routes, &remove.Routes, func(r directory.Route) (string, string) {
		return r.By.String() + " " + r.Match, r.NextHop
	})
	diff(p, "credential", old.Credentials, wanted.Credentials, &set.Credentials, &remove.Credentials, func(c directory.Credential) (string, string) {
		return c.String(), ""
	})
	diff(p, "copy", old.Copies, wanted.Copies, &set.Copies, &remove.Copies, func(c directory.Copy) (string, string) {
		return c.By.String() + " " + c.Match + " to " + c.To, ""
	})
	diff(p, "access", old.Access, wanted.Access, &set.Access, &remove.Access, func(a directory.Access) (string, string) {
		return a.By.String() + " " + a.Match, a.Action
	})
	p.steps[setRules] = append(p.steps[setRules], func(b *directory.Batch) error {
		if empty(set) && empty(remove) {
			return nil
		}
		return b.ChangeRules(remove, set)
	})
}

func empty(r directory.Rules) bool { return reflect.DeepEqual(r, directory.Rules{}) }

// keepPasswords fills in what an exported file does not have.
func keepPasswords(in, old []directory.Credential) {
	for i := range in {
		for _, o := range old {
			if in[i].Password == "" && in[i].Host == o.Host && in[i].User == o.User {
				in[i].Password = o.Password
			}
		}
	}
}

// diff compares one table; describe gives the name of a rule and a note.
func diff[T any](p *plan, what string, have, wanted []T, set, remove *[]T, describe func(T) (name, note string)) {
	old := make(map[string]T, len(have))
	for _, h := range have {
		name, _ := describe(h)
		old[name] = h
	}
	for _, w := range wanted {
		name, note := describe(w)
		h, there := old[name]
		delete(old, name)
		verb := verbChange
		if !there {
			verb = verbAdd
		}
		if !there || !reflect.DeepEqual(h, w) {
			*set = append(*set, w)
			p.changes = append(p.changes, control.Change{Verb: verb, What: what, Name: name, Note: note})
		}
	}
	if p.in.Add {
		return
	}
	for _, h := range have {
		name, _ := describe(h)
		if _, gone := old[name]; gone {
			*remove = append(*remove, h)
			p.changes = append(p.changes, control.Change{Verb: verbRemove, What: what, Name: name})
		}
	}
}
