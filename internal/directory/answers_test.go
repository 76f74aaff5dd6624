package directory

import (
	"errors"
	"fmt"
	"testing"

	"tram/internal/mail/address"
)

// TestAnswersFollowChanges: what Resolve remembers is never older than the last
// change.
func TestAnswersFollowChanges(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	an := address.Address{Local: "An", Domain: "x.org"}
	class := func(want Class) {
		t.Helper()
		for range 2 { // the second time from memory
			res, err := d.Resolve(ctx, an)
			if err != nil || res.Class != want {
				t.Fatalf("%v, %v, want %v", res.Class, err, want)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	class(NotLocal)
	_, err := d.AddDomain(ctx, Domain{Name: "x.org"})
	must(err)
	class(Unknown)
	a, err := d.AddAccount(ctx, Account{Address: "an@x.org"}, "")
	must(err)
	class(IsAccount)
	a.Disabled = true
	must(d.UpdateAccount(ctx, a))
	class(Disabled)
	must(d.DeleteAccount(ctx, a.ID))
	class(Unknown)
	must(d.DeleteDomain(ctx, "x.org"))
	class(NotLocal)
}

// TestAnswersAreBounded: strangers can ask for any number of domains.
func TestAnswersAreBounded(t *testing.T) {
	d := newDirectory(t, Options{})
	for n := range MaxAnswers + 10 {
		res, err := d.Resolve(t.Context(), address.Address{Local: "x", Domain: fmt.Sprintf("d%d.example", n)})
		if err != nil || res.Class != NotLocal {
			t.Fatal(res.Class, err)
		}
	}
	if n := len(d.answers.known); n == 0 || n > MaxAnswers {
		t.Errorf("%d answers are remembered", n)
	}
}

// TestRecordsFollowChanges: nor is what Account and DomainOf remember, and one
// directory does not hear of what another one reads.
func TestRecordsFollowChanges(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dom, err := d.AddDomain(ctx, Domain{Name: "x.org"})
	must(err)
	a, err := d.AddAccount(ctx, Account{Address: "an@x.org"}, "")
	must(err)
	for _, quota := range []int64{0, 1000, 2000} {
		dom.QuotaBytes, a.QuotaBytes = quota, quota+1
		must(d.UpdateDomain(ctx, dom))
		must(d.UpdateAccount(ctx, a))
		for range 2 { // the second time from memory
			got, err := d.Account(ctx, a.ID)
			must(err)
			of, err := d.DomainOf(ctx, got)
			must(err)
			if got.QuotaBytes != quota+1 || of.QuotaBytes != quota {
				t.Fatalf("quotas %d and %d after %d was set", got.QuotaBytes, of.QuotaBytes, quota)
			}
		}
	}
	must(d.DeleteAccount(ctx, a.ID))
	if _, err := d.Account(ctx, a.ID); !errors.Is(err, ErrNoAccount) {
		t.Errorf("a deleted account: %v", err)
	}
}
