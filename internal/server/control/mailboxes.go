package control

import (
	"context"
	"net/http"
	"time"
)

// MailboxOperations are those on mailboxes and who may do what with them, and
// on public folders. Where they take an account, "@" and a domain are the public
// folders of the domain.
type MailboxOperations interface {
	Mailboxes(ctx context.Context, account string, emit func(Mailbox) error) error
	Rights(ctx context.Context, m MailboxName) ([]Grant, error)
	// SetRights returns the list as it is then.
	SetRights(ctx context.Context, c RightsChange) ([]Grant, error)

	AddPublic(ctx context.Context, p PublicFolder) (Mailbox, error)
	RenamePublic(ctx context.Context, r Renaming) error
	DeletePublic(ctx context.Context, m MailboxName) error
}

// MailboxName names a mailbox.
type MailboxName struct {
	Account string `json:"account"` // address, or "@" and a domain
	Mailbox string `json:"mailbox"`
}

// Mailbox is a mailbox and what is in it.
type Mailbox struct {
	MailboxName
	SpecialUse string    `json:"special_use,omitempty"`
	Messages   uint32    `json:"messages"`
	Unseen     uint32    `json:"unseen"`
	Bytes      int64     `json:"bytes"`
	Rights     []Grant   `json:"rights,omitempty"` // of others than the owner
	Created    time.Time `json:"created,omitzero"`
}

// Grant is what somebody may do with a mailbox.
type Grant struct {
	Who    string `json:"who"`    // address, @domain, anyone, authenticated or owner; "-" in front takes rights away
	Rights string `json:"rights"` // letters of RFC 4314
}

// RightsChange gives somebody other rights: those in Rights, or with "+" or "-"
// in front those more or less than before. None at all takes the entry away.
type RightsChange struct {
	MailboxName
	Grant
}

// PublicFolder is a public folder to make.
type PublicFolder struct {
	MailboxName
	Rights []Grant `json:"rights,omitempty"` // nil: the folder above says, or else all users of the domain read it
}

// Renaming gives a mailbox another name.
type Renaming struct {
	MailboxName
	To string `json:"to"`
}

func handleMailboxes(add func(string, http.HandlerFunc), ops MailboxOperations) {
	add("mailbox.list", each(ops.Mailboxes))
	add("mailbox.rights", call(ops.Rights))
	add("mailbox.rights.set", call(ops.SetRights))
	add("public.add", call(ops.AddPublic))
	add("public.rename", do(ops.RenamePublic))
	add("public.delete", do(ops.DeletePublic))
}

func (c *Client) Mailboxes(ctx context.Context, account string, emit func(Mailbox) error) error {
	return stream(ctx, c, "mailbox.list", account, emit)
}

func (c *Client) Rights(ctx context.Context, m MailboxName) ([]Grant, error) {
	return one[MailboxName, []Grant](ctx, c, "mailbox.rights", m)
}

func (c *Client) SetRights(ctx context.Context, r RightsChange) ([]Grant, error) {
	return one[RightsChange, []Grant](ctx, c, "mailbox.rights.set", r)
}

func (c *Client) AddPublic(ctx context.Context, p PublicFolder) (Mailbox, error) {
	return one[PublicFolder, Mailbox](ctx, c, "public.add", p)
}

func (c *Client) RenamePublic(ctx context.Context, r Renaming) error {
	return send(ctx, c, "public.rename", r)
}

func (c *Client) DeletePublic(ctx context.Context, m MailboxName) error {
	return send(ctx, c, "public.delete", m)
}
