package directory

import (
	"errors"
	"fmt"
	"testing"
)

// TestBatchIsWhole: when one change of a batch fails, none was made, and the
// rules in memory are the old ones.
func TestBatchIsWhole(t *testing.T) {
	d := village(t)
	ctx := t.Context()
	before := inventory(t, d)
	rules, _ := d.Rules(ctx)
	secret, err := d.Secret(ctx, "secret", "")
	must(t, err)
	slip := errors.New("slip")
	changes := []func(*Batch) error{
		func(b *Batch) error { return b.AddDomain(Domain{Name: "new.example"}) },
		func(b *Batch) error { return b.AddAccount(Account{Address: "x@new.example"}, secret) },
		func(b *Batch) error {
			return b.AddAlias(Alias{Address: "y@new.example", Targets: []string{"x@new.example"}})
		},
		func(b *Batch) error {
			return b.UpdateAlias(Alias{Address: "y@new.example", Targets: []string{"|/bin/x"}})
		},
		func(b *Batch) error { return b.AddList(List{Address: "l@new.example"}) },
		func(b *Batch) error {
			return b.UpdateList(List{Address: "staff@a.example", Members: []string{"z@else.example"}})
		},
		func(b *Batch) error { return b.AddRecipient("z@listed.example") },
		func(b *Batch) error { return b.RemoveRecipient("binh@listed.example") },
		func(b *Batch) error {
			return b.ChangeRules(Rules{}, Rules{Routes: []Route{{Match: "*", NextHop: "hold"}}})
		},
		func(b *Batch) error { return b.DeleteList("free@a.example") },
		func(b *Batch) error { return b.DeleteAlias("info@open.example") },
		func(b *Batch) error { return b.DeleteDomain("also.example") },
		func(b *Batch) error { return b.UpdateDomain(Domain{Name: "a.example", CatchAll: "an@a.example"}) },
	}
	for n := range changes {
		err := d.Batch(ctx, func(b *Batch) error {
			for _, change := range changes[:n+1] {
				if err := change(b); err != nil {
					t.Error(err)
				}
			}
			return slip
		})
		wants(t, "batch", err, slip)
		if now := inventory(t, d); now != before {
			t.Fatalf("%d changes that failed are there:\n%s", n+1, now)
		}
	}
	if now, _ := d.Rules(ctx); now != rules {
		t.Error("the rules of a failed batch are in place")
	}
	must(t, d.Batch(ctx, func(b *Batch) error {
		for _, change := range changes {
			if err := change(b); err != nil {
				return err
			}
		}
		return nil
	}))
	if now, _ := d.Rules(ctx); now.RouteTo(addr("q@else.example")) == nil {
		t.Error("the rules of a batch are not in place")
	}
	id, _, err := d.Authenticate(ctx, "x@new.example", "secret", noAddr)
	if err != nil || id == 0 {
		t.Error("login", err)
	}
}

// TestMaxRules fills the tables to the brim.
func TestMaxRules(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100,000 rules")
	}
	d := newDirectory(t, Options{})
	many := make([]Copy, MaxRules)
	for i := range many {
		many[i] = Copy{By: CopyByRecipient, Match: fmt.Sprintf("u%d@b.example", i), To: "log@a.example"}
	}
	must(t, d.ChangeRules(t.Context(), Rules{}, Rules{Copies: many}))
	one := Rules{Routes: []Route{{Match: "*", NextHop: "local"}}}
	wants(t, "one more", d.ChangeRules(t.Context(), Rules{}, one), ErrInvalid)
}
