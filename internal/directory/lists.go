package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
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

// AddList makes a list with its members and returns it as stored.
func (d *Directory) AddList(ctx context.Context, l List) (List, error) {
	l, err := l.Normal()
	if err != nil {
		return l, err
	}
	l.Created = now()
	return l, d.update(ctx, func(sp kv.Space) error { return insertList(sp, l) })
}

// insertList writes a new list that is in its normal form.
func insertList(sp kv.Space, l List) error {
	own := ownParts(l.Address)
	if err := free(sp, own); err != nil {
		return err
	}
	return writeList(sp, own, l)
}

// writeList writes a list that is in its normal form.
func writeList(sp kv.Space, own address.Address, l List) error {
	return errors.Join(
		sp.Set(addressKey(own.Domain, own.Local), entry{list: &l}.encode()),
		sp.Set(membersKey(own.Domain, own.Local), encodeMembers(l.Members)),
	)
}

// UpdateList writes owner, members-only and description of a list. Members are
// replaced unless they are nil.
func (d *Directory) UpdateList(ctx context.Context, l List) error {
	keep := l.Members == nil
	l, err := l.Normal()
	if err != nil {
		return err
	}
	_, err = d.changeList(ctx, l.Address, func(old *List) (int, error) {
		old.Owner, old.MembersOnly, old.Description = l.Owner, l.MembersOnly, l.Description
		if !keep {
			old.Members = l.Members
		}
		return 0, nil
	})
	return err
}

// changeList changes a list in one commit; fn may run twice.
func (d *Directory) changeList(ctx context.Context, addr string, fn func(*List) (int, error)) (n int, err error) {
	own, err := ownAddress(addr)
	if err != nil {
		return 0, err
	}
	err = d.update(ctx, func(sp kv.Space) error {
		l, err := readList(sp, own)
		if err == nil {
			l.Members, err = readMembers(sp, own)
		}
		if err == nil {
			n, err = fn(&l)
		}
		if err != nil {
			return err
		}
		return writeList(sp, own, l)
	})
	return n, err
}

// DeleteList removes a list and its members.
func (d *Directory) DeleteList(ctx context.Context, addr string) error {
	own, err := ownAddress(addr)
	if err != nil {
		return err
	}
	return d.update(ctx, func(sp kv.Space) error { return deleteList(sp, own) })
}

func deleteList(sp kv.Space, own address.Address) error {
	if _, err := readList(sp, own); err != nil {
		return err
	}
	return errors.Join(
		sp.Delete(addressKey(own.Domain, own.Local)),
		sp.Delete(membersKey(own.Domain, own.Local)),
	)
}

// List returns the list of exactly this address, with its members.
func (d *Directory) List(ctx context.Context, addr string) (l List, err error) {
	own, err := ownAddress(addr)
	if err != nil {
		return l, err
	}
	err = d.view(ctx, func(r kv.Reader) error {
		if l, err = readList(r, own); err == nil {
			l.Members, err = readMembers(r, own)
		}
		return err
	})
	return l, err
}

// readList reads a list without its members.
func readList(r kv.Reader, own address.Address) (List, error) {
	e, found, err := readEntry(r, own.Domain, own.Local)
	if err == nil && (!found || e.list == nil) {
		err = fmt.Errorf("list %s: %w", own, ErrNoList)
	}
	if err != nil {
		return List{}, err
	}
	e.list.Address = own.String()
	return *e.list, nil
}

func readMembers(r kv.Reader, own address.Address) ([]string, error) {
	v, err := r.Get(membersKey(own.Domain, own.Local))
	if errors.Is(err, kv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	members, err := decodeMembers(v)
	if err != nil {
		return nil, fmt.Errorf("members of list %s: %w", own, err)
	}
	return members, nil
}

// Lists yields the lists of a domain by address, without their members; ""
// means all domains. An error ends it.
func (d *Directory) Lists(ctx context.Context, domain string) iter.Seq2[List, error] {
	return addresses(ctx, d, domain, func(_ kv.Reader, addr string, e entry) (List, bool, error) {
		if e.list == nil {
			return List{}, false, nil
		}
		e.list.Address = addr
		return *e.list, true, nil
	})
}

// AddMembers adds members to a list and returns how many are new.
func (d *Directory) AddMembers(ctx context.Context, list string, members ...string) (int, error) {
	return d.changeList(ctx, list, func(l *List) (added int, err error) {
		l.Members, added, err = l.join(l.Members, members)
		return added, err
	})
}

// RemoveMembers takes members off a list and returns how many were there.
func (d *Directory) RemoveMembers(ctx context.Context, list string, members ...string) (int, error) {
	gone := make(map[string]bool, len(members))
	for _, m := range members {
		gone[fold(m)] = true
	}
	return d.changeList(ctx, list, func(l *List) (int, error) {
		before := len(l.Members)
		l.Members = slices.DeleteFunc(l.Members, func(m string) bool { return gone[fold(m)] })
		return before - len(l.Members), nil
	})
}

// IsMember reports whether an address is a member of a list, compared folded.
func (d *Directory) IsMember(ctx context.Context, list, addr string) (bool, error) {
	l, err := d.List(ctx, list)
	if err != nil {
		return false, err
	}
	folded := fold(addr)
	return slices.ContainsFunc(l.Members, func(m string) bool { return fold(m) == folded }), nil
}
