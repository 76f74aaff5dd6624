package server

import (
	"context"
	"errors"
	"strings"

	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// neighbours tells the IMAP door whose account is whose. It satisfies
// imap.Neighbours.
type neighbours struct{ d *directory.Directory }

// AccountOf returns the account of exactly this address.
func (n neighbours) AccountOf(ctx context.Context, address string) (kv.Account, string, error) {
	a, err := n.d.AccountByAddress(ctx, address)
	if errors.Is(err, directory.ErrNoAccount) || errors.Is(err, directory.ErrInvalid) {
		return 0, "", nil
	}
	return a.ID, a.Address, err
}

// AddressOf returns the address of an account that is not deleted.
func (n neighbours) AddressOf(ctx context.Context, id kv.Account) (string, error) {
	a, err := n.d.Account(ctx, id)
	if errors.Is(err, directory.ErrNoAccount) {
		return "", nil
	}
	return a.Address, err
}

// PublicOf returns the account of the public folders of a user's domain.
func (n neighbours) PublicOf(ctx context.Context, user string) (kv.Account, error) {
	dom, err := n.d.Domain(ctx, user[strings.LastIndexByte(user, '@')+1:])
	if errors.Is(err, directory.ErrNoDomain) || errors.Is(err, directory.ErrInvalid) {
		return 0, nil
	}
	return dom.Public, err
}

// quota is what limits an account, for APPEND and COPY.
func (s *Server) quota(ctx context.Context, id kv.Account) (mailstore.Quota, error) {
	a, err := s.stores.Directory.Account(ctx, id)
	if errors.Is(err, directory.ErrNoAccount) {
		// Public folders count for their domain.
		dom, err := s.stores.Directory.DomainOfPublic(ctx, id)
		return mailstore.Quota{Pool: poolOf(dom)}, err
	}
	if err != nil {
		return mailstore.Quota{}, err
	}
	return s.quotaOf(ctx, a)
}

// quotaOf is quota of an account that is known, for deliveries.
func (s *Server) quotaOf(ctx context.Context, a directory.Account) (mailstore.Quota, error) {
	dom, err := s.stores.Directory.DomainOf(ctx, a)
	return mailstore.Quota{Bytes: a.QuotaBytes, Messages: a.QuotaMessages, Pool: poolOf(dom)}, err
}

func poolOf(d directory.Domain) mailstore.Pool {
	return mailstore.Pool{Name: d.Name, Bytes: d.QuotaBytes, Messages: d.QuotaMessages}
}
