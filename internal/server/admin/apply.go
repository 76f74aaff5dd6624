package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// Apply implements control.Operations. The book and the directory are compared
// first; what differs becomes steps, and all steps are one commit. The order
// of the steps lets an address or a domain change its kind: what goes goes
// first, domains come before their addresses.
func (a *Admin) Apply(ctx context.Context, in control.Apply, emit func(control.Change) error) error {
	have, err := a.readBook(ctx)
	if err != nil {
		return kinded(err)
	}
	p := &plan{dir: a.s.Directory, in: in, have: have}
	p.compare(ctx)
	if err := p.err(); err != nil {
		return err
	}
	if !in.DryRun {
		if err := a.s.Directory.Batch(ctx, p.run); err != nil {
			return applyError(err)
		}
		for _, c := range p.changes {
			if c.Verb != verbRemove || c.What != "account" {
				continue
			}
			if err := a.revoke(ctx, c.Name); err != nil {
				return err
			}
		}
		a.log.InfoContext(ctx, "book applied", "changes", len(p.changes))
	}
	for _, c := range p.changes {
		if err := emit(c); err != nil {
			return err
		}
	}
	return nil
}

// applyError says what to do about a change that cannot be made.
func applyError(err error) error {
	if errors.Is(err, directory.ErrNotEmpty) {
		return control.Errorf(control.Conflict, "%v; accounts that are not in the file stay, tram apply --remove-accounts removes them. Nothing was changed", err)
	}
	if k, ok := kinded(err).(*control.Error); ok {
		k.Text += ". Nothing was changed"
		return k
	}
	return err
}

// The phases of a plan, in their order.
const (
	dropAddresses = iota
	dropAliasDomains
	setDomains
	setAliasDomains
	dropDomains
	setAddresses
	setRules
	phases
)

// step is one change, made inside a batch.
type step func(*directory.Batch) error

// plan is what has to be done to make the directory as a book says.
type plan struct {
	dir      *directory.Directory
	in       control.Apply
	have     *stored
	changes  []control.Change
	steps    [phases][]step
	mistakes []error
}

// run makes all changes.
func (p *plan) run(b *directory.Batch) error {
	for _, phase := range p.steps {
		for _, s := range phase {
			if err := s(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare finds what differs.
func (p *plan) compare(ctx context.Context) {
	p.domains()
	p.accounts(ctx)
	p.aliases()
	p.lists()
	p.rules()
}

func (p *plan) mistake(err error) { p.mistakes = append(p.mistakes, err) }

// err joins the mistakes of the book.
func (p *plan) err() error {
	if len(p.mistakes) == 0 {
		return nil
	}
	texts := make([]string, 0, maxImportErrors+1)
	for i, err := range p.mistakes {
		if i == maxImportErrors {
			texts = append(texts, fmt.Sprintf("and %d mistakes more", len(p.mistakes)-i))
			break
		}
		texts = append(texts, err.Error())
	}
	return control.Errorf(control.Invalid, "nothing was changed:\n%s", strings.Join(texts, "\n"))
}

// do notes a change and how it is made.
func (p *plan) do(phase int, verb, what, name, note string, s step) {
	p.changes = append(p.changes, control.Change{Verb: verb, What: what, Name: name, Note: note})
	p.steps[phase] = append(p.steps[phase], s)
}

// The verbs of changes.
const (
	verbAdd    = "add"
	verbChange = "change"
	verbRemove = "remove"
	verbKeep   = "keep"
)

// want reads one kind of thing out of the book, in normal form and without
// repeats.
func want[In, Out any](p *plan, what string, in []In, read func(In) (string, Out, error)) (out named[Out]) {
	for _, one := range in {
		name, v, err := read(one)
		if _, twice := out.of[name]; err == nil && twice {
			err = fmt.Errorf("%s %s stands twice", what, name)
		}
		if err != nil {
			p.mistake(err)
			continue
		}
		out.put(name, v)
	}
	return out
}

func (p *plan) aliases() {
	wanted := want(p, "alias", p.in.Book.Aliases, func(in control.Alias) (string, directory.Alias, error) {
		v, err := directory.Alias{Address: in.Address, Targets: in.Targets}.Normal()
		return v.Address, v, err
	})
	for _, addr := range wanted.order {
		v := wanted.of[addr]
		note := strings.Join(v.Targets, ", ")
		old, there := p.have.aliases.of[addr]
		switch {
		case !there:
			p.do(setAddresses, verbAdd, "alias", addr, note, func(b *directory.Batch) error { return b.AddAlias(v) })
		case !slices.Equal(old.Targets, v.Targets):
			p.do(setAddresses, verbChange, "alias", addr, note, func(b *directory.Batch) error { return b.UpdateAlias(v) })
		}
	}
	for _, addr := range p.have.aliases.order {
		if _, stays := wanted.of[addr]; !stays && !p.in.Add {
			p.do(dropAddresses, verbRemove, "alias", addr, "", func(b *directory.Batch) error { return b.DeleteAlias(addr) })
		}
	}
}

func (p *plan) lists() {
	wanted := want(p, "list", p.in.Book.Lists, func(in control.List) (string, directory.List, error) {
		v, err := listIn(in).Normal()
		return v.Address, v, err
	})
	for _, addr := range wanted.order {
		v := wanted.of[addr]
		note := fmt.Sprintf("%d members", len(v.Members))
		old, there := p.have.lists.of[addr]
		switch {
		case !there:
			p.do(setAddresses, verbAdd, "list", addr, note, func(b *directory.Batch) error { return b.AddList(v) })
		case !sameList(old, listOut(v)):
			p.do(setAddresses, verbChange, "list", addr, note, func(b *directory.Batch) error { return b.UpdateList(v) })
		}
	}
	for _, addr := range p.have.lists.order {
		if _, stays := wanted.of[addr]; !stays && !p.in.Add {
			p.do(dropAddresses, verbRemove, "list", addr, "", func(b *directory.Batch) error { return b.DeleteList(addr) })
		}
	}
}

func sameList(a, b control.List) bool {
	return a.Owner == b.Owner && a.Description == b.Description && a.MembersOnly == b.MembersOnly && slices.Equal(a.Members, b.Members)
}
