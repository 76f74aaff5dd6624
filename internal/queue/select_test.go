package queue

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

func TestList(t *testing.T) {
	q := newQueue(t, Options{})
	now := time.Now()
	send := func(from string, age time.Duration, to ...string) ID {
		m := letter(1, to...)
		m.Sender = address.Address{}
		if from != "" {
			m.Sender = rcptOf(from).To
		}
		m.Received = now.Add(-age)
		return add(t, q, m)
	}
	a := send("an@example.org", time.Hour, "binh@example.net")
	b := send("", 2*time.Hour, "Binh@EXAMPLE.com", "x@trạm.example")
	c := send("chi@example.com", 0, "dung@example.net")
	if _, err := q.Hold(t.Context(), Only(c), ""); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		f    Filter
		want []ID
	}{
		{"all", Filter{}, []ID{a, b, c}},
		{"sender", Filter{Sender: "EXAMPLE.org"}, []ID{a}},
		{"null sender", Filter{Sender: "<>"}, []ID{b}},
		{"recipient", Filter{Recipient: "binh@"}, []ID{a, b}},
		{"domain", Filter{Domain: "example.NET"}, []ID{a, c}},
		{"domain in A-labels", Filter{Domain: address.Address{Domain: "trạm.example"}.ASCII()}, []ID{b}},
		{"domain in U-labels", Filter{Domain: "TRẠM.example"}, []ID{b}},
		{"domain of another recipient", Filter{Domain: "example.com", Recipient: "x@"}, nil},
		{"held", Filter{States: []State{Held}}, []ID{c}},
		{"fresh or in flight", Filter{States: []State{InFlight, Fresh}}, []ID{a, b}},
		{"older", Filter{OlderThan: time.Minute}, []ID{a, b}},
		{"first page", Filter{Limit: 2}, []ID{a, b}},
		{"second page", Filter{Limit: 2, After: b}, []ID{c}},
		{"nothing", Filter{Sender: "nobody"}, nil},
	} {
		got, err := q.List(t.Context(), test.f)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var ids []ID
		for _, l := range got {
			ids = append(ids, l.ID)
		}
		if !slices.Equal(ids, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, ids, test.want)
		}
	}
	if _, err := q.List(t.Context(), Filter{Domain: "no domain"}); err == nil {
		t.Error("a broken domain was accepted")
	}
}

// TestListPages walks over many shards page by page.
func TestListPages(t *testing.T) {
	q := newQueue(t, Options{Shards: 5})
	var want, got []ID
	for i := range 100 {
		want = append(want, add(t, q, letter(i, fmt.Sprintf("u%d@example.net", i%3))))
	}
	for page := 0; ; page++ {
		f := Filter{Limit: 7, Recipient: "u"}
		if len(got) > 0 {
			f.After = got[len(got)-1]
		}
		found, err := q.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range found {
			got = append(got, l.ID)
		}
		if len(found) < f.Limit {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d entries in some order, want %d by ID", len(got), len(want))
	}
}

func TestOldest(t *testing.T) {
	q := newQueue(t, Options{})
	if at, err := q.Oldest(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("of an empty queue: %v, %v", at, err)
	}
	start := time.Now().Truncate(time.Millisecond)
	first := add(t, q, letter(1, "a@example.net"))
	for i := range 20 {
		add(t, q, letter(i, "a@example.net"))
	}
	at, err := q.Oldest(t.Context())
	if err != nil || at.Before(start) || !at.Equal(first.Time()) {
		t.Errorf("got %v, %v, want %v", at, err, first.Time())
	}
}

func TestLiveBlobs(t *testing.T) {
	q := newQueue(t, Options{})
	want := map[blob.ID]bool{}
	for i := range 30 {
		add(t, q, letter(i, "a@example.net"))
		want[bodyOf(i)] = true
	}
	settle(t, q, take(t, q), Outcome{Result: Delivered})
	delete(want, bodyOf(0))
	live := func() (map[blob.ID]bool, error) {
		got := map[blob.ID]bool{}
		err := q.db.Snapshot(t.Context(), func(s kv.Snapshot) error {
			return LiveBlobs(s, func(id blob.ID) { got[id] = true })
		})
		return got, err
	}
	got, err := live()
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d bodies, want %d, %v", len(got), len(want), err)
	}
	for id := range want {
		if !got[id] {
			t.Errorf("%x is not live", id)
		}
	}
	// A record that is damaged behind its head still protects its body, one
	// that is damaged at its head stops the collection.
	id := take(t, q).ID
	spoil(t, q, id, func(b []byte) []byte { return b[:headLength] })
	if got, err := live(); err != nil || len(got) != len(want) {
		t.Errorf("%d bodies, want %d, %v", len(got), len(want), err)
	}
	spoil(t, q, id, func(b []byte) []byte { return b[:headLength-1] })
	if _, err := live(); err == nil {
		t.Error("a body that cannot be told is not an error")
	}
}
