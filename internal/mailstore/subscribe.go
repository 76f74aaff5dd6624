package mailstore

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"tram/internal/storage/kv"
)

// Subscriptions lists the subscribed names, whether such mailboxes exist or not.
func (s *Store) Subscriptions(ctx context.Context, id kv.Account) ([]string, error) {
	var names []string
	err := s.readHome(ctx, id, func(r kv.Reader) error {
		if _, used, err := readAccount(r); err != nil || !used {
			return cmp.Or(err, ErrNoMailbox)
		}
		return eachSubscription(r, func(name string) { names = append(names, name) })
	})
	slices.SortFunc(names, compareNames)
	return names, err
}

// Subscribe adds a name to the subscriptions; such a mailbox need not exist
// (RFC 3501 6.3.6).
func (s *Store) Subscribe(ctx context.Context, id kv.Account, name string) error {
	name, err := normalName(name)
	if err != nil {
		return err
	}
	return s.update(ctx, id, func(t *tx) error { return t.subscribe(name) })
}

// Unsubscribe removes a name from the subscriptions.
func (s *Store) Unsubscribe(ctx context.Context, id kv.Account, name string) error {
	name, err := normalName(name)
	if err != nil {
		return err
	}
	return s.update(ctx, id, func(t *tx) error {
		key := appendNameKey(nil, kindSubscribe, name)
		if _, err := t.space.Get(key); errors.Is(err, kv.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		t.acct.subscriptions--
		t.dirty = true
		t.wide.subscriptions = append(t.wide.subscriptions, name)
		return t.space.Delete(key)
	})
}

func (t *tx) subscribe(name string) error {
	key := appendNameKey(nil, kindSubscribe, name)
	if _, err := t.space.Get(key); !errors.Is(err, kv.ErrNotFound) {
		return err // nil: it is subscribed already
	}
	if t.acct.subscriptions >= MaxSubscriptions {
		return ErrTooManyMailboxes
	}
	t.acct.subscriptions++
	t.dirty = true
	t.wide.subscriptions = append(t.wide.subscriptions, name)
	return t.space.Set(key, []byte{version1})
}

// eachSubscription calls fn for each subscribed name.
func eachSubscription(r kv.Reader, fn func(name string)) error {
	it := r.Scan([]byte{kindSubscribe}, []byte{kindSubscribe + 1})
	defer it.Close()
	for it.Next() {
		fn(string(it.Key()[1:]))
	}
	return it.Err()
}
