package admin

import (
	"context"
	"errors"
	"strings"

	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/server/control"
)

// Mailboxes implements control.Operations.
func (a *Admin) Mailboxes(ctx context.Context, account string, emit func(control.Mailbox) error) error {
	id, public, err := a.holder(ctx, account)
	if err != nil {
		return err
	}
	if id == 0 {
		return nil // public folders that nobody has made
	}
	all, err := a.s.Mail.Mailboxes(ctx, id)
	if err != nil {
		return kinded(err)
	}
	for _, m := range all {
		if m.ID == 0 || public && m.Name == "INBOX" {
			continue // that one every account has, and nobody sees it here
		}
		out, err := a.mailboxOut(ctx, id, account, m)
		if errors.Is(err, mailstore.ErrNoMailbox) {
			continue // deleted meanwhile
		}
		if err != nil {
			return kinded(err)
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}

func (a *Admin) mailboxOut(ctx context.Context, id directory.AccountID, account string, m mailstore.Mailbox) (control.Mailbox, error) {
	status, err := a.s.Mail.Status(ctx, id, m.ID)
	if err != nil {
		return control.Mailbox{}, err
	}
	list, err := a.s.Mail.ACL(ctx, id, m.ID)
	if err != nil {
		return control.Mailbox{}, err
	}
	return control.Mailbox{
		MailboxName: control.MailboxName{Account: account, Mailbox: m.Name}, SpecialUse: m.SpecialUse,
		Messages: status.Messages, Unseen: status.Unseen, Bytes: status.Size, Rights: grantsOut(list), Created: m.Created,
	}, nil
}

func grantsOut(list mailstore.ACL) []control.Grant {
	out := make([]control.Grant, len(list))
	for i, g := range list {
		out[i] = control.Grant{Who: g.Who, Rights: g.Rights.String()}
	}
	return out
}

// holder finds the account that mailboxes belong to; 0 for a domain that has no
// public folders yet.
func (a *Admin) holder(ctx context.Context, account string) (id directory.AccountID, public bool, err error) {
	domain, public := strings.CutPrefix(account, "@")
	if !public {
		acct, err := a.account(ctx, account)
		return acct.ID, false, err
	}
	dom, err := a.s.Directory.Domain(ctx, domain)
	return dom.Public, true, kinded(err)
}

// find finds a mailbox.
func (a *Admin) find(ctx context.Context, name control.MailboxName) (directory.AccountID, mailstore.Mailbox, error) {
	id, public, err := a.holder(ctx, name.Account)
	if err != nil {
		return 0, mailstore.Mailbox{}, err
	}
	see := "see tram mailbox list " + name.Account
	if public {
		see = "see tram public list " + name.Account[1:]
	}
	if id == 0 {
		return 0, mailstore.Mailbox{}, missing("mailbox", name.Mailbox, see)
	}
	m, err := a.s.Mail.Lookup(ctx, id, name.Mailbox)
	if errors.Is(err, mailstore.ErrNoMailbox) {
		return 0, m, missing("mailbox", name.Mailbox, see)
	}
	return id, m, kinded(err)
}

// Rights implements control.Operations.
func (a *Admin) Rights(ctx context.Context, name control.MailboxName) ([]control.Grant, error) {
	id, m, err := a.find(ctx, name)
	if err != nil {
		return nil, err
	}
	list, err := a.s.Mail.ACL(ctx, id, m.ID)
	return grantsOut(list), kinded(err)
}

// SetRights implements control.Operations.
func (a *Admin) SetRights(ctx context.Context, c control.RightsChange) ([]control.Grant, error) {
	id, m, err := a.find(ctx, c.MailboxName)
	if err != nil {
		return nil, err
	}
	if err := a.grant(ctx, id, m.ID, c.Grant); err != nil {
		return nil, err
	}
	a.log.InfoContext(ctx, "rights changed", "account", c.Account, "mailbox", m.Name, "who", c.Who, "rights", c.Grant.Rights)
	list, err := a.s.Mail.ACL(ctx, id, m.ID)
	return grantsOut(list), kinded(err)
}

// grant changes one entry of an access control list.
func (a *Admin) grant(ctx context.Context, id directory.AccountID, m mailstore.MailboxID, g control.Grant) error {
	who, err := a.identifier(ctx, id, g.Who)
	if err != nil {
		return err
	}
	letters := strings.TrimLeft(g.Rights, "+-")
	rights, err := mailstore.ParseRights(letters)
	if err != nil || len(g.Rights)-len(letters) > 1 {
		return control.Errorf(control.Invalid, "rights %q: they are letters of lrswipkxtea, perhaps with + or - in front", g.Rights)
	}
	return kinded(a.s.Mail.SetACL(ctx, id, m, who, func(had mailstore.Rights) mailstore.Rights {
		switch {
		case strings.HasPrefix(g.Rights, "+"):
			return had | rights
		case strings.HasPrefix(g.Rights, "-"):
			return had &^ rights
		}
		return rights
	}))
}

// identifier checks that a user exists to whom rights are given. Who is gone can
// still lose rights.
func (a *Admin) identifier(ctx context.Context, owner directory.AccountID, s string) (string, error) {
	who, err := mailstore.ParseWho(s)
	if err != nil {
		return "", kinded(err)
	}
	name := strings.TrimPrefix(who, "-")
	if !strings.Contains(name, "@") || name[0] == '@' {
		return who, nil
	}
	acct, err := a.s.Directory.AccountByAddress(ctx, name)
	switch {
	case errors.Is(err, directory.ErrNoAccount):
		return who, nil
	case err != nil:
		return "", kinded(err)
	case acct.ID == owner:
		return strings.TrimSuffix(who, name) + mailstore.WhoOwner, nil
	}
	return strings.TrimSuffix(who, name) + acct.Address, nil
}
