package admin

import (
	"tram/internal/config"
	"tram/internal/directory"
	"tram/internal/server/control"
)

// The words of a book and the types of the directory, in both directions.

func domainIn(d control.BookDomain) (out directory.Domain, err error) {
	out = directory.Domain{
		Name: d.Name, Target: d.AliasOf, CatchAll: d.CatchAll, SubaddressSeparator: d.SubaddressSeparator, Footer: d.Footer,
		QuotaMessages: d.QuotaMessages,
	}
	if out.QuotaBytes, err = quotaIn("domain "+d.Name, d.Quota); err != nil {
		return out, err
	}
	kind := d.Kind
	if kind == "" && d.AliasOf != "" {
		kind = directory.AliasDomain.String()
	}
	if out.Kind, err = directory.ParseDomainKind(kind); err != nil {
		return out, err
	}
	out.Verify, err = directory.ParseVerifyMode(d.Verify)
	return out, err
}

// bookDomain leaves out what is the default.
func bookDomain(d directory.Domain) control.BookDomain {
	out := control.BookDomain{
		Name: d.Name, AliasOf: d.Target, CatchAll: d.CatchAll, SubaddressSeparator: d.SubaddressSeparator, Footer: d.Footer,
		QuotaMessages: d.QuotaMessages,
	}
	if d.QuotaBytes > 0 {
		out.Quota = config.Size(d.QuotaBytes).String()
	}
	if d.Kind != directory.Hosted {
		out.Kind = d.Kind.String()
	}
	if d.Verify != directory.VerifyNone {
		out.Verify = d.Verify.String()
	}
	if out.SubaddressSeparator == "+" {
		out.SubaddressSeparator = ""
	}
	return out
}

func bookAccountIn(a control.BookAccount) (out directory.Account, err error) {
	out = directory.Account{
		Address: a.Address, Name: a.Name, QuotaMessages: a.QuotaMessages, Admin: a.Admin, Disabled: a.Disabled,
	}
	out.QuotaBytes, err = quotaIn("account "+a.Address, a.Quota)
	return out, err
}

// quotaIn reads a size; empty and "none" mean that there is no quota.
func quotaIn(whose, s string) (int64, error) {
	if s == "" || s == "none" {
		return 0, nil
	}
	size, err := config.ParseSize(s)
	if err != nil {
		return 0, control.Errorf(control.Invalid, "%s: quota: %v", whose, err)
	}
	return int64(size), nil
}

func bookAccount(a directory.Account) control.BookAccount {
	out := control.BookAccount{
		Address: a.Address, Name: a.Name, QuotaMessages: a.QuotaMessages, Admin: a.Admin, Disabled: a.Disabled,
	}
	if a.QuotaBytes > 0 {
		out.Quota = config.Size(a.QuotaBytes).String()
	}
	return out
}

func listIn(l control.List) directory.List {
	return directory.List{
		Address: l.Address, Owner: l.Owner, Description: l.Description, MembersOnly: l.MembersOnly, Members: l.Members,
	}
}

func listOut(l directory.List) control.List {
	return control.List{
		Address: l.Address, Owner: l.Owner, Description: l.Description, MembersOnly: l.MembersOnly, Members: l.Members,
	}
}

// rulesIn reads the words of rules.
func rulesIn(r control.Rules) (out directory.Rules, err error) {
	for _, w := range r.Rewrites {
		kind, err := directory.ParseRewriteKind(w.Kind)
		if err != nil {
			return out, err
		}
		out.Rewrites = append(out.Rewrites, directory.Rewrite{Kind: kind, Match: w.Match, To: w.To, Except: w.Except})
	}
	for _, t := range r.Routes {
		by, err := directory.ParseRouteBy(t.By)
		if err != nil {
			return out, err
		}
		out.Routes = append(out.Routes, directory.Route{By: by, Match: t.Match, NextHop: t.NextHop})
	}
	for _, c := range r.Credentials {
		out.Credentials = append(out.Credentials, directory.Credential{Host: c.Host, User: c.User, Password: c.Password})
	}
	for _, c := range r.Copies {
		by, err := directory.ParseCopyBy(c.By)
		if err != nil {
			return out, err
		}
		out.Copies = append(out.Copies, directory.Copy{By: by, Match: c.Match, To: c.To})
	}
	for _, a := range r.Access {
		by, err := directory.ParseAccessBy(a.By)
		if err != nil {
			return out, err
		}
		out.Access = append(out.Access, directory.Access{By: by, Match: a.Match, Action: a.Action})
	}
	return out, nil
}

// rulesOut never has passwords.
func rulesOut(r *directory.Rules) (out control.Rules) {
	for _, w := range r.Rewrites {
		out.Rewrites = append(out.Rewrites, control.Rewrite{Kind: w.Kind.String(), Match: w.Match, To: w.To, Except: w.Except})
	}
	for _, t := range r.Routes {
		out.Routes = append(out.Routes, control.Route{By: t.By.String(), Match: t.Match, NextHop: t.NextHop})
	}
	for _, c := range r.Credentials {
		out.Credentials = append(out.Credentials, control.Credential{Host: c.Host, User: c.User})
	}
	for _, c := range r.Copies {
		one := control.Copy{By: c.By.String(), Match: c.Match, To: c.To}
		if c.By == directory.CopyAlways {
			one.Match = ""
		}
		out.Copies = append(out.Copies, one)
	}
	for _, a := range r.Access {
		out.Access = append(out.Access, control.Access{By: a.By.String(), Match: a.Match, Action: a.Action})
	}
	return out
}
