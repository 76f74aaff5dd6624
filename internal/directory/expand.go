package directory

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// maxLookups bounds the work of one expansion, however aliases are entangled.
const maxLookups = 10 * MaxRecipients

// Expand resolves aliases to the end, on one picture of the directory. Every
// account, remote address, file, program and list comes once. An alias that
// leads back to itself is followed once; when nobody at all is reached that is
// a failure. Beyond MaxRecipients nobody gets the mail: part of a list would be
// worse. Files of :include: are read now; one that cannot be read is a
// temporary failure.
func (d *Directory) Expand(ctx context.Context, a address.Address) (Expansion, error) {
	return d.expand(ctx, a, nil)
}

// ExpandTree is Expand with the tree of its steps, for people.
func (d *Directory) ExpandTree(ctx context.Context, a address.Address) (Expansion, error) {
	return d.expand(ctx, a, &Node{})
}

// expand follows an address. root, when there is one, gets the tree as its
// child.
func (d *Directory) expand(ctx context.Context, a address.Address, root *Node) (Expansion, error) {
	x := expander{dir: d, include: func(path string) ([]string, error) { return d.include(ctx, path) }}
	err := d.view(ctx, func(r kv.Reader) error {
		x.reset(r)
		if root != nil {
			root.Children = nil
		}
		return x.expand(a, origin{node: root})
	})
	switch {
	case errors.Is(err, ErrTooMany):
		x.out = Expansion{Failures: []Failure{{a, ErrTooMany}}}
	case err != nil:
		return Expansion{}, fmt.Errorf("expand %s: %w", a.Path(), err)
	case x.size() == 0 && len(x.out.Failures) == 0:
		x.out = Expansion{Failures: []Failure{{a, ErrLoop}}}
	}
	if root != nil && len(root.Children) > 0 {
		x.out.Tree = root.Children[0]
	}
	return x.out, nil
}

// expander is the state of one expansion.
type expander struct {
	dir      *Directory
	include  func(path string) ([]string, error)
	r        kv.Reader
	out      Expansion
	lookups  int
	seen     map[address.Address]bool // with the domain in A-labels
	followed map[string]bool          // aliases, catch-alls, roles and lists by Via, other targets by text
	accounts map[AccountID]bool       // in out
}

// origin is how the expansion came to where it is.
type origin struct {
	alias string // that named the target, in its normal form
	tag   string // of the subaddress by which it was reached
	depth int    // aliases and files followed
	node  *Node  // parent in the tree; nil when nobody asked for it
}

func (x *expander) reset(r kv.Reader) {
	*x = expander{
		dir: x.dir, include: x.include, r: r,
		seen:     make(map[address.Address]bool),
		followed: make(map[string]bool),
		accounts: make(map[AccountID]bool),
	}
}

func (x *expander) size() int {
	return len(x.out.Accounts) + len(x.out.Remote) + len(x.out.Outlets) + len(x.out.Lists)
}

// look counts one thing that is looked at.
func (x *expander) look() error {
	if x.lookups++; x.lookups > maxLookups {
		return ErrTooMany
	}
	return nil
}

// expand resolves one address.
func (x *expander) expand(a address.Address, from origin) error {
	if err := x.look(); err != nil {
		return err
	}
	// The local part as it is: that of a remote address is its host's business.
	key := address.Address{Local: a.Local, Domain: a.ASCII()}
	if x.seen[key] {
		from.node.add(a.String(), "seen already", "")
		return nil
	}
	x.seen[key] = true
	res, err := x.dir.resolve(x.r, a)
	if err != nil {
		return err
	}
	node := from.node.add(a.String(), res.Class.String(), res.Via)
	switch res.Class {
	case NotLocal, IsRelayed:
		return x.remote(a)
	case IsAccount:
		if res.Tag != "" {
			from.tag = res.Tag
		}
		return x.account(res.Account, from.tag)
	case Disabled:
		return x.fail(a, ErrDisabled, node)
	case IsList:
		return x.list(res.List)
	case IsAlias:
		from.node = node
		return x.follow(a, res, from)
	}
	return x.fail(a, ErrNoAccount, node)
}

// follow goes on with the targets of an alias.
func (x *expander) follow(a address.Address, res Resolution, from origin) error {
	if x.followed[res.Via] {
		return nil
	}
	if from.depth == MaxDepth {
		return x.fail(a, ErrTooDeep, from.node)
	}
	x.followed[res.Via] = true
	to := origin{alias: res.Via, depth: from.depth + 1, node: from.node}
	if res.Part != ListBounces { // whose tag is a member, not a folder
		to.tag = res.Tag
	}
	for i := range res.Targets {
		if err := x.target(&res.Targets[i], to); err != nil {
			return err
		}
	}
	return nil
}

// target goes on with one target.
func (x *expander) target(t *Target, from origin) error {
	if t.Kind == ToAddress {
		return x.expand(t.Address, from)
	}
	if err := x.look(); err != nil {
		return err
	}
	text := t.String()
	if x.followed[text] {
		from.node.add(text, "seen already", "")
		return nil
	}
	x.followed[text] = true
	node := from.node.add(text, t.Kind.String(), "")
	if t.Kind == ToInclude {
		from.node = node
		return x.file(t.Path, from)
	}
	x.out.Outlets = append(x.out.Outlets, Outlet{Alias: from.alias, Target: *t})
	return x.bound()
}

// file goes on with the targets in a file. A file that cannot be read is a
// failure of the alias that names it: its other targets get the mail.
func (x *expander) file(path string, from origin) error {
	alias := ownParts(from.alias)
	if from.depth == MaxDepth {
		return x.fail(alias, ErrTooDeep, from.node)
	}
	texts, err := x.include(path)
	if err != nil {
		return x.fail(alias, fmt.Errorf("%w: %s: %w", ErrInclude, path, err), from.node)
	}
	if len(texts) > MaxRecipients {
		return ErrTooMany
	}
	from.depth++
	for _, text := range texts {
		t, err := ParseTarget(text)
		if err != nil {
			err = x.fail(alias, fmt.Errorf("%w: %s: %w", ErrInclude, path, err), from.node)
		} else {
			err = x.target(&t, from)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *expander) account(a Account, tag string) error {
	if x.accounts[a.ID] {
		return nil
	}
	x.accounts[a.ID] = true
	x.out.Accounts = append(x.out.Accounts, Local{Account: a, Tag: tag})
	return x.bound()
}

func (x *expander) remote(a address.Address) error {
	x.out.Remote = append(x.out.Remote, a)
	return x.bound()
}

// list takes a list whole: its members get a message of the list, not this one.
func (x *expander) list(l *List) (err error) {
	if x.followed[l.Address] {
		return nil
	}
	x.followed[l.Address] = true
	whole := *l
	if whole.Members, err = readMembers(x.r, ownParts(l.Address)); err != nil {
		return err
	}
	x.out.Lists = append(x.out.Lists, whole)
	return x.bound()
}

// fail notes that nobody gets the mail at an address; it is no error of the
// expansion.
func (x *expander) fail(a address.Address, why error, node *Node) error {
	x.out.Failures = append(x.out.Failures, Failure{Address: a, Err: why})
	if len(x.out.Failures) > MaxRecipients {
		return ErrTooMany
	}
	if node != nil {
		node.What = why.Error()
	}
	return nil
}

func (x *expander) bound() error {
	if x.size() > MaxRecipients {
		return ErrTooMany
	}
	return nil
}
