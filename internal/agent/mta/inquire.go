package mta

import (
	"context"
	"strings"

	"tram/internal/directory"
	"tram/internal/mail/address"
)

// Candour is to whom VRFY and EXPN tell the truth.
type Candour uint8

// The degrees.
const (
	TellUsers   Candour = iota // who has logged in, and trusted clients: they could as well send a message and see
	TellNobody                 //
	TellAnybody                // strangers too, who then collect addresses
)

// Lister knows the members of lists. *directory.Directory is one.
type Lister interface {
	List(ctx context.Context, addr string) (directory.List, error)
}

// Inquirer answers VRFY and EXPN (RFC 5321 3.5), for the doors of every agent.
type Inquirer struct {
	Directory Directory
	Lists     Lister // nil: lists are named, not expanded
	Candour   Candour
}

// Tells reports whether somebody is told the truth.
func (q *Inquirer) Tells(trusted bool) bool {
	return q.Candour == TellAnybody || q.Candour == TellUsers && trusted
}

// Verify answers VRFY with the name and address of a mailbox, "" when it can
// or will not tell. The error is a *smtpwire.Reply when there is no such user.
func (q *Inquirer) Verify(ctx context.Context, arg string) (string, error) {
	a, ok := inquired(arg)
	if !ok {
		return "", nil
	}
	res, err := q.Directory.Resolve(ctx, a)
	if err != nil {
		return "", err
	}
	switch res.Class {
	case directory.IsAccount:
		return mailbox(&res.Account), nil
	case directory.IsAlias, directory.IsList:
		return a.Path(), nil
	case directory.Unknown:
		return "", errNoUser
	case directory.Disabled:
		return "", errDisabled
	}
	return "", nil
}

// Expand answers EXPN with the members of an alias or a list, none when it can
// or will not tell. Files and programs behind an alias are not shown.
func (q *Inquirer) Expand(ctx context.Context, arg string) ([]string, error) {
	a, ok := inquired(arg)
	if !ok {
		return nil, nil
	}
	res, err := q.Directory.Resolve(ctx, a)
	switch {
	case err != nil || res.Class == directory.NotLocal || res.Class == directory.IsRelayed:
		return nil, err
	case res.Class == directory.IsList:
		return q.members(ctx, a, &res)
	}
	x, err := q.Directory.Expand(ctx, a)
	if err != nil {
		return nil, err
	}
	var members []string
	for i := range x.Accounts {
		members = append(members, mailbox(&x.Accounts[i].Account))
	}
	for _, remote := range x.Remote {
		members = append(members, remote.Path())
	}
	for i := range x.Lists {
		members = append(members, "<"+x.Lists[i].Address+">")
	}
	if len(members) == 0 && len(x.Outlets) == 0 {
		return nil, errNoUser
	}
	return members, nil
}

func (q *Inquirer) members(ctx context.Context, a address.Address, res *directory.Resolution) ([]string, error) {
	if q.Lists == nil || res.List == nil {
		return []string{a.Path()}, nil
	}
	l, err := q.Lists.List(ctx, res.List.Address)
	if err != nil {
		return nil, err
	}
	members := make([]string, len(l.Members))
	for i, m := range l.Members {
		members[i] = "<" + m + ">"
	}
	return members, nil
}

// inquired reads the argument of VRFY and EXPN: an address, in angle brackets
// or not.
func inquired(arg string) (address.Address, bool) {
	if !strings.HasPrefix(arg, "<") {
		arg = "<" + arg + ">"
	}
	a, err := address.ParsePath(arg)
	return a, err == nil && !a.IsNull()
}

// mailbox is "Name <address>", with nothing in the name that a client could
// stumble over.
func mailbox(a *directory.Account) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`<>"\`, r) {
			return -1
		}
		return r
	}, a.Name)
	if name == "" {
		return "<" + a.Address + ">"
	}
	return name + " <" + a.Address + ">"
}
