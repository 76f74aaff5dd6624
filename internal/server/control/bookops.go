package control

import (
	"context"
	"net/http"
)

// BookOperations are those on what a [Book] holds.
type BookOperations interface {
	// Recipients are those that are listed for a relayed domain.
	Recipients(ctx context.Context, domain string, emit func(string) error) error
	ChangeRecipients(ctx context.Context, m Members) (MembersChanged, error)

	// SetAlias makes an alias or replaces its targets.
	SetAlias(ctx context.Context, a Alias) (Alias, error)

	AddList(ctx context.Context, l List) (List, error)
	UpdateList(ctx context.Context, c ListChange) (List, error)
	DeleteList(ctx context.Context, address string) error
	Lists(ctx context.Context, domain string, emit func(List) error) error // without members
	List(ctx context.Context, address string) (List, error)
	ChangeMembers(ctx context.Context, m Members) (MembersChanged, error)

	// Rules leaves passwords out.
	Rules(ctx context.Context) (Rules, error)
	ChangeRules(ctx context.Context, c RuleChange) error

	// Export emits the book in parts.
	Export(ctx context.Context, e Export, emit func(Book) error) error
	// Apply makes all changes in one step, or none when one of them cannot be.
	Apply(ctx context.Context, a Apply, emit func(Change) error) error
}

func handleBook(add func(string, http.HandlerFunc), ops BookOperations) {
	add("domain.recipients", each(ops.Recipients))
	add("domain.recipients.change", call(ops.ChangeRecipients))
	add("alias.set", call(ops.SetAlias))
	add("list.add", call(ops.AddList))
	add("list.update", call(ops.UpdateList))
	add("list.delete", do(ops.DeleteList))
	add("list.list", each(ops.Lists))
	add("list.show", call(ops.List))
	add("list.members", call(ops.ChangeMembers))
	add("rules.list", call(func(ctx context.Context, _ none) (Rules, error) { return ops.Rules(ctx) }))
	add("rules.change", do(ops.ChangeRules))
	add("export", each(ops.Export))
	add("apply", each(ops.Apply))
}

func (c *Client) Recipients(ctx context.Context, domain string, emit func(string) error) error {
	return stream(ctx, c, "domain.recipients", domain, emit)
}

func (c *Client) ChangeRecipients(ctx context.Context, m Members) (MembersChanged, error) {
	return one[Members, MembersChanged](ctx, c, "domain.recipients.change", m)
}

func (c *Client) SetAlias(ctx context.Context, a Alias) (Alias, error) {
	return one[Alias, Alias](ctx, c, "alias.set", a)
}

func (c *Client) AddList(ctx context.Context, l List) (List, error) {
	return one[List, List](ctx, c, "list.add", l)
}

func (c *Client) UpdateList(ctx context.Context, l ListChange) (List, error) {
	return one[ListChange, List](ctx, c, "list.update", l)
}

func (c *Client) DeleteList(ctx context.Context, address string) error {
	return send(ctx, c, "list.delete", address)
}

func (c *Client) Lists(ctx context.Context, domain string, emit func(List) error) error {
	return stream(ctx, c, "list.list", domain, emit)
}

func (c *Client) List(ctx context.Context, address string) (List, error) {
	return one[string, List](ctx, c, "list.show", address)
}

func (c *Client) ChangeMembers(ctx context.Context, m Members) (MembersChanged, error) {
	return one[Members, MembersChanged](ctx, c, "list.members", m)
}

func (c *Client) Rules(ctx context.Context) (Rules, error) {
	return one[none, Rules](ctx, c, "rules.list", none{})
}

func (c *Client) ChangeRules(ctx context.Context, r RuleChange) error {
	return send(ctx, c, "rules.change", r)
}

func (c *Client) Export(ctx context.Context, e Export, emit func(Book) error) error {
	return stream(ctx, c, "export", e, emit)
}

func (c *Client) Apply(ctx context.Context, a Apply, emit func(Change) error) error {
	return stream(ctx, c, "apply", a, emit)
}
