package mailstore

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"

	"tram/internal/storage/kv"
)

// Revoke takes all that was ever granted to an address: the next one to have it
// is somebody else.
func (s *Store) Revoke(ctx context.Context, address string) error {
	address = strings.ToLower(address)
	var places []Place
	err := s.db.View(ctx, kv.Sharing, func(r kv.Reader) error {
		places = places[:0]
		first := appendGrantKey(nil, address, 0, 0)
		it := r.Scan(first, appendGrantKey(nil, address, ^kv.Account(0), ^MailboxID(0)))
		defer it.Close()
		for it.Next() {
			if key := it.Key(); len(key) == len(first) {
				id := kv.Account(binary.BigEndian.Uint64(key[len(key)-12:]))
				places = append(places, Place{id, MailboxID(binary.BigEndian.Uint32(key[len(key)-4:]))})
			}
		}
		return it.Err()
	})
	if err != nil {
		return err
	}
	for _, p := range places {
		err := s.SetACL(ctx, p.Account, p.Mailbox, address, func(Rights) Rights { return 0 })
		if err != nil && !errors.Is(err, ErrNoMailbox) {
			return err
		}
	}
	return nil
}

// Revoke is the server's.
func (a *Access) Revoke(ctx context.Context, address string) error {
	if a.who != (Actor{}) {
		return ErrNoRight
	}
	return a.Store.Revoke(ctx, address)
}
