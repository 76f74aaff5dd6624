package directory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/kv"
)

// inventory is the whole directory as text.
func inventory(t testing.TB, d *Directory) string {
	t.Helper()
	var lines []string
	for _, dom := range collect(t, d.Domains(context.Background())) {
		lines = append(lines, fmt.Sprintf("domain %s %v %s %s", dom.Name, dom.Kind, dom.Target, dom.CatchAll))
	}
	for _, l := range collect(t, d.Lists(context.Background(), "")) {
		whole, err := d.List(context.Background(), l.Address)
		must(t, err)
		lines = append(lines, fmt.Sprintf("list %s %s %v", l.Address, l.Owner, whole.Members))
	}
	for _, r := range collect(t, d.Recipients(context.Background(), "")) {
		lines = append(lines, "recipient "+r)
	}
	rules, err := d.Rules(context.Background())
	must(t, err)
	lines = append(lines, fmt.Sprintf("rules %v %v %v %v %v", rules.Rewrites, rules.Routes, rules.Credentials, rules.Copies, rules.Access))
	for _, a := range collect(t, d.Accounts(context.Background(), "")) {
		lines = append(lines, fmt.Sprintf("account %d %s %s", a.ID, a.Address, a.Name))
	}
	for _, a := range collect(t, d.Aliases(context.Background(), "")) {
		lines = append(lines, fmt.Sprintf("alias %s %v", a.Address, a.Targets))
	}
	for _, x := range collect(t, d.Deleted(context.Background())) {
		lines = append(lines, fmt.Sprintf("deleted %d %s", x.ID, x.Address))
	}
	return strings.Join(lines, "\n")
}

// TestChangesSurviveACrash cuts the power right after each method returned:
// what it changed is there, whatever else the disk kept.
func TestChangesSurviveACrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := openStore(t, fs)
	defer db.Close()
	ctx := t.Context()
	d, err := Open(ctx, db, Options{})
	must(t, err)
	var an, binh Account
	for i, change := range []func() error{
		func() error { _, err := d.AddDomain(ctx, Domain{Name: "a.example"}); return err },
		func() (err error) { an, err = d.AddAccount(ctx, Account{Address: "an@a.example"}, ""); return err },
		func() error { return d.AddAlias(ctx, Alias{"info@a.example", []string{"an@a.example"}}) },
		func() error { return d.UpdateAlias(ctx, Alias{"info@a.example", []string{"x@y.example"}}) },
		func() error { an.Name = "An"; return d.UpdateAccount(ctx, an) },
		func() error { an.Address = "an2@a.example"; return d.UpdateAccount(ctx, an) },
		func() error { return d.UpdateDomain(ctx, Domain{Name: "a.example", CatchAll: "an2@a.example"}) },
		func() error { return d.DeleteAccount(ctx, an.ID) },
		func() error { return d.RestoreAccount(ctx, an.ID) },
		func() error { return d.DeleteAccount(ctx, an.ID) },
		func() error { return d.Forget(ctx, an.ID) },
		func() error { return d.DeleteAlias(ctx, "info@a.example") },
		func() error { return d.DeleteDomain(ctx, "a.example") },
		func() error { _, err := d.AddDomain(ctx, Domain{Name: "b.example"}); return err },
		func() error { _, err := d.AddList(ctx, List{Address: "staff@b.example"}); return err },
		func() error { _, err := d.AddMembers(ctx, "staff@b.example", "x@y.example"); return err },
		func() error { return d.UpdateDomain(ctx, Domain{Name: "b.example", Kind: Relayed, Verify: VerifyList}) },
		func() error { _, err := d.AddRecipients(ctx, "chi@b.example"); return err },
		func() error {
			return d.ChangeRules(ctx, Rules{}, Rules{Routes: []Route{{Match: "b.example", NextHop: "hold"}}})
		},
		func() error {
			return d.Batch(ctx, func(b *Batch) error {
				return errors.Join(
					b.AddDomain(Domain{Name: "c.example", Kind: AliasDomain, Target: "b.example"}),
					b.RemoveRecipient("chi@b.example"), b.DeleteList("staff@b.example"),
					b.ChangeRules(Rules{Routes: []Route{{Match: "b.example"}}}, Rules{Copies: []Copy{{By: CopyAlways, To: "x@y.example"}}}),
				)
			})
		},
		func() error { return d.DeleteDomain(ctx, "c.example") },
		func() (err error) { binh, err = d.AddAccount(ctx, Account{Address: "binh@b.example"}, ""); return err },
	} {
		must(t, change())
		want := inventory(t, d)
		for _, keep := range []int{0, 50, 100} {
			left := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: keep, RNG: rand.New(rand.NewPCG(uint64(i), uint64(keep)))})
			if got := inventoryOf(t, left); got != want {
				t.Errorf("step %d, %d %% kept: found\n%s\nwant\n%s", i, keep, got, want)
			}
		}
	}
	if binh.ID <= an.ID {
		t.Error("the number of a forgotten account was used again")
	}
}

func inventoryOf(t testing.TB, fs vfs.FS) string {
	t.Helper()
	db := openStore(t, fs)
	defer db.Close()
	d, err := Open(context.Background(), db, Options{})
	must(t, err)
	return inventory(t, d)
}

// TestNothingIsLeft deletes everything and looks at the keys themselves.
func TestNothingIsLeft(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	an, err := d.AddAccount(ctx, Account{Address: "an@a.example", Admin: true}, "")
	must(t, err)
	must(t, d.SetPasswordHash(ctx, an.ID, cheap()))
	addAlias(t, d, "info@a.example", "x@y.example")
	an.Address = "other@a.example"
	must(t, d.UpdateAccount(ctx, an))
	must(t, d.DeleteAccount(ctx, an.ID))
	must(t, d.Forget(ctx, an.ID))
	must(t, d.DeleteAlias(ctx, "info@a.example"))
	must(t, d.DeleteDomain(ctx, "a.example"))
	var keys []string
	must(t, d.view(ctx, func(r kv.Reader) error {
		it := r.Scan(nil, nil)
		defer it.Close()
		for it.Next() {
			keys = append(keys, string(it.Key()))
		}
		return it.Err()
	}))
	if !slices.Equal(keys, []string{"k", "n", "v"}) {
		t.Errorf("keys left: %q", keys)
	}
}
