package directory

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

func openStore(t testing.TB, fs vfs.FS) kv.DB {
	t.Helper()
	db, err := pebble.Open("kv", pebble.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// newDirectory opens a directory on a new store that is closed when the test ends.
func newDirectory(t testing.TB, o Options) *Directory {
	t.Helper()
	db := openStore(t, vfs.NewMem())
	t.Cleanup(func() { db.Close() })
	d, err := Open(context.Background(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants checks that err is or wraps want.
func wants(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func addDomain(t testing.TB, d *Directory, name string) {
	t.Helper()
	_, err := d.AddDomain(t.Context(), Domain{Name: name})
	must(t, err)
}

// addAccount makes an account without a password, which costs no hashing.
func addAccount(t testing.TB, d *Directory, addr string) Account {
	t.Helper()
	a, err := d.AddAccount(t.Context(), Account{Address: addr}, "")
	must(t, err)
	return a
}

func addAlias(t testing.TB, d *Directory, addr string, targets ...string) {
	t.Helper()
	must(t, d.AddAlias(t.Context(), Alias{Address: addr, Targets: targets}))
}

func addr(s string) address.Address {
	a, err := address.ParsePath("<" + s + ">")
	if err != nil {
		panic(err)
	}
	return a
}

// collect reads a list to its end.
func collect[T any](t testing.TB, seq iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for v, err := range seq {
		must(t, err)
		all = append(all, v)
	}
	return all
}

func TestDomains(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	dom, err := d.AddDomain(ctx, Domain{Name: "Bưu-Điện.Example."})
	must(t, err)
	if dom.Name != "xn--bu-in-2ya61b8h7p.example" && dom.Name != (address.Address{Domain: "bưu-điện.example"}).ASCII() {
		t.Errorf("stored as %q", dom.Name)
	}
	if dom.SubaddressSeparator != "+" || dom.Created.IsZero() {
		t.Errorf("got %+v", dom)
	}
	_, err = d.AddDomain(ctx, Domain{Name: "BƯU-ĐIỆN.example"})
	wants(t, "again", err, ErrExists)
	must(t, d.UpdateDomain(ctx, Domain{Name: "bưu-điện.example", CatchAll: "x@elsewhere.example", SubaddressSeparator: "-"}))
	got, err := d.Domain(ctx, "bưu-điện.EXAMPLE")
	must(t, err)
	if got.CatchAll != "x@elsewhere.example" || got.SubaddressSeparator != "-" || !got.Created.Equal(dom.Created) {
		t.Errorf("got %+v", got)
	}
	addDomain(t, d, "a.example")
	if all := collect(t, d.Domains(ctx)); len(all) != 2 || all[0].Name != "a.example" {
		t.Errorf("listed %+v", all)
	}

	addAlias(t, d, "an@a.example", "x@y.example")
	wants(t, "delete with an alias", d.DeleteDomain(ctx, "a.example"), ErrNotEmpty)
	must(t, d.DeleteAlias(ctx, "AN@a.example"))
	must(t, d.DeleteDomain(ctx, "A.example"))
	wants(t, "delete again", d.DeleteDomain(ctx, "a.example"), ErrNoDomain)
	_, err = d.Domain(ctx, "a.example")
	wants(t, "get", err, ErrNoDomain)
	wants(t, "update", d.UpdateDomain(ctx, Domain{Name: "a.example"}), ErrNoDomain)
}

func TestRefusedNames(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	for _, name := range []string{"", ".", "a..b", "a b", "[192.0.2.1]", "-a.example", "a-.example", "a_b.example", "a@b.example", "xn--a-\x80"} {
		_, err := d.AddDomain(ctx, Domain{Name: name})
		wants(t, "domain "+name, err, ErrInvalid)
	}
	_, err := d.AddDomain(ctx, Domain{Name: "a.example", SubaddressSeparator: "ab"})
	wants(t, "separator", err, ErrInvalid)
	_, err = d.AddDomain(ctx, Domain{Name: "a.example", SubaddressSeparator: "@"})
	wants(t, "separator", err, ErrInvalid)
	_, err = d.AddDomain(ctx, Domain{Name: "a.example", CatchAll: "nobody"})
	wants(t, "catch-all", err, ErrInvalid)

	addDomain(t, d, "a.example")
	long := string(slices.Repeat([]byte("x"), MaxLocalPart+1))
	for _, a := range []Account{
		{Address: "an"}, {Address: "@a.example"}, {Address: "an@"}, {Address: "an b@a.example"}, {Address: `"a b"@a.example`},
		{Address: "a..b@a.example"}, {Address: "an@a.example\r\n"}, {Address: long + "@a.example"}, {Address: "an@[192.0.2.1]"},
		{Address: "an@a.example", QuotaBytes: -1}, {Address: "an@a.example", QuotaMessages: -1},
		{Address: "an@a.example", Name: "a\nb"}, {Address: "an@a.example", Name: "\xff"},
		{Address: "an@a.example", Name: string(slices.Repeat([]byte("x"), MaxName+1))},
	} {
		_, err := d.AddAccount(ctx, a, "")
		wants(t, "account "+a.Address+" "+a.Name, err, ErrInvalid)
	}
	_, err = d.AddAccount(ctx, Account{Address: "an@b.example"}, "")
	wants(t, "account in a foreign domain", err, ErrNoDomain)
	for _, a := range []Alias{
		{Address: "info@a.example"}, {Address: "info@a.example", Targets: []string{"x"}},
		{Address: "info@a.example", Targets: []string{"INFO@A.example"}},
		{Address: "info@a.example", Targets: slices.Repeat([]string{"x@y.example"}, MaxTargets+1)},
	} {
		wants(t, "alias "+a.Address, d.AddAlias(ctx, a), ErrInvalid)
	}
	wants(t, "alias in a foreign domain", d.AddAlias(ctx, Alias{Address: "an@b.example", Targets: []string{"x@y.example"}}), ErrNoDomain)
}

func TestAccounts(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	addDomain(t, d, "b.example")
	an, err := d.AddAccount(ctx, Account{Address: "An@A.Example", Name: "Nguyễn An", QuotaBytes: 1 << 30, QuotaMessages: 7, Admin: true}, "")
	must(t, err)
	if an.ID != kv.FirstUser || an.Address != "an@a.example" || an.Created.IsZero() {
		t.Errorf("made %+v", an)
	}
	_, err = d.AddAccount(ctx, Account{Address: "AN@a.example"}, "")
	wants(t, "again", err, ErrExists)
	wants(t, "alias over it", d.AddAlias(ctx, Alias{Address: "an@a.example", Targets: []string{"x@y.example"}}), ErrExists)
	binh := addAccount(t, d, "bình@b.example")
	addAlias(t, d, "info@a.example", "an@a.example", "AN@a.example", "Bình@B.example")
	_, err = d.AddAccount(ctx, Account{Address: "info@a.example"}, "")
	wants(t, "account over an alias", err, ErrExists)

	for _, got := range []func() (Account, error){
		func() (Account, error) { return d.Account(ctx, an.ID) },
		func() (Account, error) { return d.AccountByAddress(ctx, "AN@A.EXAMPLE") },
	} {
		a, err := got()
		must(t, err)
		if a != an {
			t.Errorf("got %+v, want %+v", a, an)
		}
	}
	_, err = d.AccountByAddress(ctx, "info@a.example")
	wants(t, "alias as an account", err, ErrNoAccount)

	an.Address, an.Name, an.Disabled, an.Admin = "an.nguyen@b.example", "An", true, false
	must(t, d.UpdateAccount(ctx, an))
	got, err := d.AccountByAddress(ctx, "an.nguyen@b.example")
	must(t, err)
	if got != an {
		t.Errorf("got %+v, want %+v", got, an)
	}
	_, err = d.AccountByAddress(ctx, "an@a.example")
	wants(t, "old address", err, ErrNoAccount)
	binh.Address = "an.nguyen@b.example"
	wants(t, "rename onto another", d.UpdateAccount(ctx, binh), ErrExists)
	wants(t, "update of nobody", d.UpdateAccount(ctx, Account{ID: 99, Address: "x@a.example"}), ErrNoAccount)

	if all := collect(t, d.Accounts(ctx, "")); len(all) != 2 || all[0].ID != an.ID || all[1].ID != binh.ID {
		t.Errorf("accounts %+v", all)
	}
	if all := collect(t, d.Accounts(ctx, "A.example")); len(all) != 0 {
		t.Errorf("accounts of a.example %+v", all)
	}
	if all := collect(t, d.Aliases(ctx, "a.example")); len(all) != 1 || !slices.Equal(all[0].Targets, []string{"an@a.example", "Bình@b.example"}) {
		t.Errorf("aliases %+v", all)
	}
	for _, err := range d.Accounts(ctx, "c.example") {
		wants(t, "accounts of a foreign domain", err, ErrNoDomain)
	}

	must(t, d.UpdateAlias(ctx, Alias{Address: "info@a.example", Targets: []string{"x@y.example"}}))
	al, err := d.Alias(ctx, "Info@a.example")
	must(t, err)
	if !slices.Equal(al.Targets, []string{"x@y.example"}) {
		t.Errorf("alias %+v", al)
	}
	wants(t, "update of no alias", d.UpdateAlias(ctx, Alias{Address: "x@a.example", Targets: []string{"x@y.example"}}), ErrNoAlias)
	wants(t, "delete an account as an alias", d.DeleteAlias(ctx, "an.nguyen@b.example"), ErrNoAlias)
}

func TestDeleteAndRestore(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	an, err := d.AddAccount(ctx, Account{Address: "an@a.example", Admin: true, QuotaBytes: 5}, "secret")
	must(t, err)
	must(t, d.DeleteAccount(ctx, an.ID))
	_, err = d.Account(ctx, an.ID)
	wants(t, "deleted account", err, ErrNoAccount)
	_, _, err = d.Authenticate(ctx, "an@a.example", "secret", noAddr)
	wants(t, "login", err, ErrAuth)
	res, err := d.Resolve(ctx, addr("an@a.example"))
	must(t, err)
	if res.Class != Unknown {
		t.Errorf("mail: %v", res.Class)
	}
	wants(t, "delete again", d.DeleteAccount(ctx, an.ID), ErrNoAccount)
	if all := collect(t, d.Deleted(ctx)); len(all) != 1 || all[0].Account != an || all[0].Deleted.IsZero() {
		t.Errorf("deleted: %+v", all)
	}

	must(t, d.RestoreAccount(ctx, an.ID))
	got, err := d.AccountByAddress(ctx, "an@a.example")
	must(t, err)
	if got != an {
		t.Errorf("restored %+v, want %+v", got, an)
	}
	_, _, err = d.Authenticate(ctx, "an@a.example", "secret", noAddr)
	must(t, err)

	must(t, d.DeleteAccount(ctx, an.ID))
	other := addAccount(t, d, "an@a.example")
	if other.ID == an.ID {
		t.Error("the number was used again")
	}
	wants(t, "restore onto another", d.RestoreAccount(ctx, an.ID), ErrExists)
	must(t, d.Forget(ctx, an.ID))
	wants(t, "forget again", d.Forget(ctx, an.ID), ErrNotDeleted)
	wants(t, "restore a forgotten one", d.RestoreAccount(ctx, an.ID), ErrNotDeleted)
	wants(t, "forget a living one", d.Forget(ctx, other.ID), ErrNotDeleted)
	must(t, d.DeleteAccount(ctx, other.ID))
	must(t, d.Forget(ctx, other.ID))
	if third := addAccount(t, d, "an@a.example"); third.ID <= other.ID {
		t.Error("the number was used again")
	}
}

func TestListsGoOnPastAPage(t *testing.T) {
	d := newDirectory(t, Options{})
	addDomain(t, d, "a.example")
	n := 2*pageSize + 1
	_, err := d.ImportAccounts(t.Context(), numbered(n))
	must(t, err)
	if got := len(collect(t, d.Accounts(t.Context(), "a.example"))); got != n {
		t.Errorf("%d accounts, want %d", got, n)
	}
	seen := 0
	for range d.Accounts(t.Context(), "") { // a consumer that stops early
		if seen++; seen == pageSize+10 {
			break
		}
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	db := openStore(t, vfs.NewMem())
	defer db.Close()
	d, err := Open(t.Context(), db, Options{})
	must(t, err)
	must(t, d.update(t.Context(), func(sp kv.Space) error { return sp.Set(formatKey, []byte{format + 1}) }))
	_, err = Open(t.Context(), db, Options{})
	wants(t, "open", err, ErrNewVersion)
	_, err = Open(t.Context(), db, Options{DefaultDomain: "a b"})
	wants(t, "default domain", err, ErrInvalid)
}
