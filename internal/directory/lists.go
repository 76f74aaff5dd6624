package directory

import (
	"context"
	"iter"
	"time"
)

// List is a distribution list: one address whose mail goes to many, with an
// owner who gets the complaints. Beside the posting address "staff@d" exist
// without being made:
//
//	staff-owner@d, owner-staff@d    the owner
//	staff-bounces@d                 the owner; "staff-bounces+an=example.org@d" is
//	                                the envelope sender of the copy for an@example.org
type List struct {
	Address     string   // of posting
	Owner       string   // gets bounces; "" is the domain's postmaster
	Members     []string // addresses, at most [MaxMembers]; nil in a Resolution
	MembersOnly bool     // only members may post
	Description string   // for people, at most [MaxDescription] octets
	Created     time.Time
}

// ListPart says which of a list's addresses it is.
type ListPart uint8

// The addresses of a list.
const (
	ListPosting ListPart = iota // staff@d
	ListOwner                   // staff-owner@d, owner-staff@d
	ListBounces                 // staff-bounces@d, staff-bounces+…@d
)

// AddList makes a list with its members.
func (d *Directory) AddList(ctx context.Context, l List) (List, error) { panic("x") }

// UpdateList writes owner, members-only and description of a list. Members are
// replaced unless they are nil.
func (d *Directory) UpdateList(ctx context.Context, l List) error { panic("x") }

// DeleteList removes a list.
func (d *Directory) DeleteList(ctx context.Context, addr string) error { panic("x") }

// List returns the list of exactly this address, with its members.
func (d *Directory) List(ctx context.Context, addr string) (List, error) { panic("x") }

// Lists yields the lists of a domain by address, without their members; ""
// means all domains. An error ends it.
func (d *Directory) Lists(ctx context.Context, domain string) iter.Seq2[List, error] { panic("x") }

// AddMembers adds members to a list and returns how many are new.
func (d *Directory) AddMembers(ctx context.Context, list string, members ...string) (int, error) {
	panic("x")
}

// RemoveMembers takes members off a list and returns how many were there.
func (d *Directory) RemoveMembers(ctx context.Context, list string, members ...string) (int, error) {
	panic("x")
}

// IsMember reports whether an address is a member of a list, compared folded.
func (d *Directory) IsMember(ctx context.Context, list, addr string) (bool, error) { panic("x") }
