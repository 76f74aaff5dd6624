package directory

import (
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
