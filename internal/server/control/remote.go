package control

import "context"

// What follows is Operations, one line each: the name of the operation on the
// wire and its types.

func (c *Client) AddDomain(ctx context.Context, d Domain) (Domain, error) {
	return one[Domain, Domain](ctx, c, "domain.add", d)
}

func (c *Client) UpdateDomain(ctx context.Context, d DomainChange) (Domain, error) {
	return one[DomainChange, Domain](ctx, c, "domain.update", d)
}

func (c *Client) DeleteDomain(ctx context.Context, name string) error {
	return send(ctx, c, "domain.delete", name)
}

func (c *Client) Domains(ctx context.Context, emit func(Domain) error) error {
	return stream(ctx, c, "domain.list", none{}, emit)
}

func (c *Client) AddAccount(ctx context.Context, a NewAccount) (Account, error) {
	return one[NewAccount, Account](ctx, c, "account.add", a)
}

func (c *Client) UpdateAccount(ctx context.Context, a AccountChange) (Account, error) {
	return one[AccountChange, Account](ctx, c, "account.update", a)
}

func (c *Client) SetPassword(ctx context.Context, p Password) error {
	return send(ctx, c, "account.password", p)
}

func (c *Client) DeleteAccount(ctx context.Context, d AccountDeletion) error {
	return send(ctx, c, "account.delete", d)
}

func (c *Client) Accounts(ctx context.Context, domain string, emit func(Account) error) error {
	return stream(ctx, c, "account.list", domain, emit)
}

func (c *Client) ImportAccounts(ctx context.Context, i Import, emit func(Progress) error) error {
	return stream(ctx, c, "account.import", i, emit)
}

func (c *Client) AddAlias(ctx context.Context, a Alias) (Alias, error) {
	return one[Alias, Alias](ctx, c, "alias.add", a)
}

func (c *Client) DeleteAlias(ctx context.Context, address string) error {
	return send(ctx, c, "alias.delete", address)
}

func (c *Client) Aliases(ctx context.Context, domain string, emit func(Alias) error) error {
	return stream(ctx, c, "alias.list", domain, emit)
}

func (c *Client) Trace(ctx context.Context, q TraceQuery, emit func(TraceEvent) error) error {
	return stream(ctx, c, "trace", q, emit)
}

func (c *Client) Status(ctx context.Context) (Status, error) {
	return one[none, Status](ctx, c, "status", none{})
}

func (c *Client) Reload(ctx context.Context) (Reloaded, error) {
	return one[none, Reloaded](ctx, c, "reload", none{})
}
