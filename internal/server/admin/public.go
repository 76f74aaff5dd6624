package admin

import (
	"context"
	"errors"
	"strings"

	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/server/control"
)

// AddPublic implements control.Operations. The first public folder of a domain
// makes the account that holds them.
func (a *Admin) AddPublic(ctx context.Context, p control.PublicFolder) (control.Mailbox, error) {
	domain, public := strings.CutPrefix(p.Account, "@")
	if !public {
		return control.Mailbox{}, control.Errorf(control.Invalid, "public folders belong to a domain, not to %q", p.Account)
	}
	id, err := a.publicAccount(ctx, domain)
	if err != nil {
		return control.Mailbox{}, err
	}
	m, err := a.s.Mail.Create(ctx, id, p.Mailbox, "")
	if err != nil {
		return control.Mailbox{}, kinded(err)
	}
	if err := a.firstRights(ctx, id, m.ID, domain, p.Rights); err != nil {
		// What nobody can see is not left behind.
		return control.Mailbox{}, errors.Join(err, a.s.Mail.Delete(ctx, id, m.Name))
	}
	a.log.InfoContext(ctx, "public folder added", "domain", domain, "mailbox", m.Name)
	out, err := a.mailboxOut(ctx, id, p.Account, m)
	return out, kinded(err)
}

// publicAccount returns the account of a domain's public folders. A new one has
// nothing but INBOX, which cannot go and which nobody sees.
func (a *Admin) publicAccount(ctx context.Context, domain string) (directory.AccountID, error) {
	dom, _, err := a.s.Directory.MakePublic(ctx, domain)
	if err != nil {
		return 0, kinded(err)
	}
	all, err := a.s.Mail.Mailboxes(ctx, dom.Public)
	if err != nil {
		return 0, kinded(err)
	}
	for _, m := range all {
		if m.SpecialUse == "" {
			continue
		}
		if err := a.s.Mail.Delete(ctx, dom.Public, m.Name); err != nil {
			return 0, kinded(err)
		}
	}
	return dom.Public, nil
}

// firstRights gives a new folder those that were asked for. Without any it keeps
// what it has from the folder above, or else all users of the domain may read
// it.
func (a *Admin) firstRights(ctx context.Context, id directory.AccountID, m mailstore.MailboxID, domain string, asked []control.Grant) error {
	if asked == nil {
		list, err := a.s.Mail.ACL(ctx, id, m)
		if err != nil || len(list) > 0 {
			return kinded(err)
		}
		asked = []control.Grant{{Who: "@" + domain, Rights: "lr"}}
	}
	for _, g := range asked {
		if err := a.grant(ctx, id, m, g); err != nil {
			return err
		}
	}
	return nil
}

// RenamePublic implements control.Operations.
func (a *Admin) RenamePublic(ctx context.Context, r control.Renaming) error {
	id, m, err := a.find(ctx, r.MailboxName)
	if err != nil {
		return err
	}
	if err := a.s.Mail.Rename(ctx, id, m.Name, r.To); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "public folder renamed", "domain", r.Account[1:], "mailbox", m.Name, "to", r.To)
	return nil
}

// DeletePublic implements control.Operations.
func (a *Admin) DeletePublic(ctx context.Context, name control.MailboxName) error {
	id, m, err := a.find(ctx, name)
	if err != nil {
		return err
	}
	if err := a.s.Mail.Delete(ctx, id, m.Name); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "public folder deleted", "domain", name.Account, "mailbox", m.Name)
	return nil
}

// dropPublic removes the account of a domain's public folders when it has none
// any more, so that the domain can be deleted.
func (a *Admin) dropPublic(ctx context.Context, domain string) error {
	dom, err := a.s.Directory.Domain(ctx, domain)
	if err != nil || dom.Public == 0 {
		return kinded(err)
	}
	all, err := a.s.Mail.Mailboxes(ctx, dom.Public)
	if err != nil {
		return kinded(err)
	}
	for _, m := range all {
		if m.ID != 0 && m.Name != "INBOX" && m.SpecialUse == "" {
			return control.Errorf(control.Conflict, "%s still has public folders; delete them first (tram public list %s)", domain, domain)
		}
	}
	// The mail first: a number that nothing names would keep it for ever.
	if err := a.s.Mail.DeleteAccount(ctx, dom.Public); err != nil {
		return kinded(err)
	}
	return kinded(a.s.Directory.ForgetPublic(ctx, domain))
}
