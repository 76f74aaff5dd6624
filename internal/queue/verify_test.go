package queue

import (
	"context"
	"errors"
	"testing"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// TestVerify reads the body of every entry and names the entries that are
// damaged, but not one that was delivered meanwhile.
func TestVerify(t *testing.T) {
	q := newQueue(t, Options{})
	var ids []ID
	for i := range 20 {
		ids = append(ids, add(t, q, letter(i, "a@example.net")))
	}
	rotten, leaving := bodyOf(3), bodyOf(5)
	err := kv.Durable(t.Context(), q.db, []kv.Account{Shard(ids[7])}, func(tx kv.Tx) error {
		key := keyOf(ids[7])
		value, err := tx.Account(Shard(ids[7])).Get(key[:])
		if err != nil {
			return err
		}
		return tx.Account(Shard(ids[7])).Set(key[:], value[:len(value)-1])
	})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	check := func(_ context.Context, id blob.ID) error {
		read++
		switch id {
		case rotten:
			return blob.ErrCorrupt
		case leaving:
			key := keyOf(ids[5])
			err := kv.Durable(t.Context(), q.db, []kv.Account{Shard(ids[5])}, func(tx kv.Tx) error {
				return tx.Account(Shard(ids[5])).Delete(key[:])
			})
			return errors.Join(err, blob.ErrNotFound)
		}
		return nil
	}
	found := map[ID]error{}
	if err := q.Verify(t.Context(), check, func(id ID, err error) { found[id] = err }); err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || !errors.Is(found[ids[3]], blob.ErrCorrupt) || !errors.Is(found[ids[7]], ErrDamaged) || read != 19 {
		t.Fatalf("%d bodies read, found %v", read, found)
	}
}
