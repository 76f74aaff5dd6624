package msa

import (
	"context"
	"strings"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Users may ask about addresses of ours: they could as well send a message and
// see. Strangers learn nothing, here or on port 25.

// Verify answers VRFY with the name and address of a mailbox.
func (s *Submitter) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	if s.o.Inquirer != nil {
		return s.o.Inquirer.Verify(ctx, p, arg)
	}
	a, ok := inquired(p, arg)
	if !ok {
		return "", nil
	}
	res, err := s.o.Directory.Resolve(ctx, a)
	if err != nil {
		return "", err
	}
	switch res.Class {
	case directory.IsAccount:
		return mailbox(&res.Account), nil
	case directory.IsAlias:
		return a.Path(), nil
	case directory.Unknown:
		return "", errNoUser
	case directory.Disabled:
		return "", errDisabled
	}
	return "", nil
}

// Expand answers EXPN with the members of an alias.
func (s *Submitter) Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	if s.o.Inquirer != nil {
		return s.o.Inquirer.Expand(ctx, p, arg)
	}
	a, ok := inquired(p, arg)
	if !ok {
		return nil, nil
	}
	res, err := s.o.Directory.Resolve(ctx, a)
	if err != nil || res.Class == directory.NotLocal {
		return nil, err
	}
	x, err := s.o.Directory.Expand(ctx, a)
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
	if len(members) == 0 {
		return nil, errNoUser
	}
	return members, nil
}

// inquired reads the argument of VRFY and EXPN: an address, in angle brackets
// or not. It refuses strangers.
func inquired(p *smtpwire.Peer, arg string) (address.Address, bool) {
	if p.Account == 0 {
		return address.Address{}, false
	}
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
