package directory

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestAnswersAreNeverOld: after any change, what Resolve says is what a directory
// says that was opened just now.
func TestAnswersAreNeverOld(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDirectory(t, Options{})
		ctx := t.Context()
		names := []string{"an", "binh", "an+x", "postmaster", "staff-owner", "zz"}
		domains := []string{"a.example", "b.example", "c.example"}
		draw := func(from []string) string { return rapid.SampledFrom(from).Draw(rt, "name") }
		for range rapid.IntRange(1, 6).Draw(rt, "changes") {
			address := draw(names) + "@" + draw(domains)
			switch rapid.IntRange(0, 6).Draw(rt, "change") { // many fail, which is fine
			case 0:
				_, _ = d.AddDomain(ctx, Domain{Name: draw(domains)})
			case 1:
				_, _ = d.AddDomain(ctx, Domain{Name: draw(domains), Kind: AliasDomain, Target: draw(domains)})
			case 2:
				_, _ = d.AddAccount(ctx, Account{Address: address, Admin: rapid.Bool().Draw(rt, "admin")}, "")
			case 3:
				_ = d.AddAlias(ctx, Alias{Address: address, Targets: []string{"x@else.example"}})
			case 4:
				_ = d.DeleteAlias(ctx, address)
			case 5:
				_, _ = d.AddList(ctx, List{Address: "staff@" + draw(domains)})
			case 6:
				_ = d.UpdateDomain(ctx, Domain{Name: draw(domains), CatchAll: address})
			}
			fresh, err := Open(ctx, d.db, Options{})
			if err != nil {
				rt.Fatal(err)
			}
			for _, domain := range domains {
				for _, name := range names {
					a := addr(name + "@" + domain)
					got, err1 := d.Resolve(ctx, a)
					want, err2 := fresh.Resolve(ctx, a)
					if err1 != nil || err2 != nil || !reflect.DeepEqual(got, want) {
						rt.Fatalf("%s: %+v, %v; fresh %+v, %v", a, got, err1, want, err2)
					}
				}
			}
		}
	})
}

// TestAnswersUnderWrites: an answer that was asked for before a write and kept
// after it would be wrong for ever.
func TestAnswersUnderWrites(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	addAlias(t, d, "info@a.example", "x0@else.example")
	an := addAccount(t, d, "an@a.example")
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = d.Resolve(ctx, addr("info@a.example"))
					_, _ = d.Resolve(ctx, addr("an@a.example"))
				}
			}
		})
	}
	for i := range 200 {
		want := fmt.Sprintf("x%d@else.example", i)
		must(t, d.UpdateAlias(ctx, Alias{Address: "info@a.example", Targets: []string{want}}))
		res, err := d.Resolve(ctx, addr("info@a.example"))
		must(t, err)
		if got := res.Targets[0].String(); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		an.Name = want
		must(t, d.UpdateAccount(ctx, an))
		if res, err = d.Resolve(ctx, addr("an@a.example")); err != nil || res.Account.Name != want {
			t.Fatalf("got %+v, %v", res.Account, err)
		}
	}
	close(stop)
	readers.Wait()
}
