package pebble

import (
	"testing"

	"tram/internal/storage/kv"
)

// A number that an account has had never comes back, whatever is forgotten in
// between: whoever remembers it would take old records for new ones.
func TestTicketsDoNotComeBack(t *testing.T) {
	for name, durable := range map[string]bool{"durable": true, "not durable": false} {
		t.Run(name, func(t *testing.T) {
			l := newLocks(func(uint64) bool { return durable })
			a := kv.FirstUser
			ticket, seen := uint64(0), map[uint64]bool{}
			commit := func(a kv.Account) {
				h, err := l.lock(t.Context(), []kv.Account{a})
				if err != nil {
					t.Fatal(err)
				}
				ticket++
				h.unlock(ticket)
			}
			for range 3 {
				now, known := l.ticket(a)
				if !known || seen[now] {
					t.Fatalf("ticket %d came back", now)
				}
				seen[now] = true
				commit(a)
				now, _ = l.ticket(a)
				if seen[now] {
					t.Fatalf("ticket %d came back", now)
				}
				seen[now] = true
				for n := range kv.Account(2 * maxKept) { // others of the same shard
					commit(a + (n+1)*lockShards)
				}
			}
		})
	}
}
