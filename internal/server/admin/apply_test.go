package admin

import (
	"slices"
	"strings"
	"testing"

	"tram/internal/server/control"
)

// apply applies a book and returns what changed, one a line.
func apply(t *testing.T, a *Admin, in control.Apply) ([]string, error) {
	t.Helper()
	var lines []string
	err := a.Apply(t.Context(), in, func(c control.Change) error {
		lines = append(lines, strings.Join([]string{c.Verb, c.What, c.Name}, " "))
		return nil
	})
	return lines, err
}

// export is the book that the stores hold.
func export(t *testing.T, a *Admin, hashes bool) (b control.Book) {
	t.Helper()
	err := a.Export(t.Context(), control.Export{Hashes: hashes}, func(p control.Book) error {
		b.Domains = append(b.Domains, p.Domains...)
		b.Accounts = append(b.Accounts, p.Accounts...)
		b.Aliases = append(b.Aliases, p.Aliases...)
		b.Lists = append(b.Lists, p.Lists...)
		if len(p.Rewrites)+len(p.Routes)+len(p.Credentials)+len(p.Copies)+len(p.Access) > 0 {
			b.Rules = p.Rules
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fullBook() control.Book {
	return control.Book{
		Domains: []control.BookDomain{
			{Name: "Also.example", AliasOf: "a.example"}, // before what it stands for
			{Name: "a.example", CatchAll: "an@a.example", Footer: "Xin chào\n"},
			{Name: "inner.example", Kind: "relayed", Verify: "list", Recipients: []string{"binh", "Chi@inner.example", "binh@inner.example"}},
		},
		Accounts: []control.BookAccount{{Address: "An@a.example", Name: "An", Password: "secret", Quota: "2GiB", Admin: true}},
		Aliases:  []control.Alias{{Address: "info@a.example", Targets: []string{"an@a.example", "|/bin/x 'a b'"}}},
		Lists:    []control.List{{Address: "staff@a.example", Owner: "an@a.example", Members: []string{"x@b.example"}}},
		Rules: control.Rules{
			Rewrites:    []control.Rewrite{{Kind: "masquerade", Match: "a.example", Except: []string{"root"}}},
			Routes:      []control.Route{{Match: "inner.example", NextHop: "smtp:[192.0.2.1]"}, {By: "sender", Match: "a.example", NextHop: "hold"}},
			Credentials: []control.Credential{{Host: "out.example", User: "an", Password: "secret"}},
			Copies:      []control.Copy{{By: "always", To: "log@a.example"}},
			Access:      []control.Access{{Match: "192.0.2.0/24", Action: "reject"}},
		},
	}
}

// TestApply: a book is applied once, its own export changes nothing, an empty
// book removes everything but accounts.
func TestApply(t *testing.T) {
	a, s := newAdmin(t)
	ctx := t.Context()
	if dry, err := apply(t, a, control.Apply{Book: fullBook(), DryRun: true}); err != nil || len(dry) != 14 {
		t.Fatal(dry, err)
	}
	if b := export(t, a, false); len(b.Domains) != 0 {
		t.Fatal("a dry run changed something")
	}
	made, err := apply(t, a, control.Apply{Book: fullBook()})
	if err != nil || len(made) != 14 {
		t.Fatal(made, err)
	}
	if again, err := apply(t, a, control.Apply{Book: fullBook()}); err != nil || len(again) != 0 {
		t.Error("applied twice:", again, err)
	}
	for _, hashes := range []bool{false, true} {
		b := export(t, a, hashes)
		if (b.Accounts[0].Hash != "") != hashes || b.Accounts[0].Password != "" || b.Credentials[0].Password != "" {
			t.Errorf("secrets: %+v %+v", b.Accounts, b.Credentials)
		}
		if again, err := apply(t, a, control.Apply{Book: b}); err != nil || len(again) != 0 {
			t.Error("applied its own export:", again, err)
		}
	}
	if k, err := s.Directory.SCRAM(ctx, "an@a.example"); err != nil || k.Account == 0 {
		t.Error("the password has no keys", err)
	}

	book := fullBook()
	book.Accounts[0].Password = "other"
	book.Aliases[0].Targets = []string{"an@a.example"}
	book.Access = nil
	changed, err := apply(t, a, control.Apply{Book: book})
	want := []string{"change account an@a.example", "change alias info@a.example", "remove access client 192.0.2.0/24"}
	if err != nil || !slices.Equal(changed, want) {
		t.Errorf("changed %q, %v", changed, err)
	}

	if added, err := apply(t, a, control.Apply{Book: control.Book{Domains: []control.BookDomain{{Name: "a.example"}}}, Add: true}); err != nil || len(added) != 0 {
		t.Error("adding took something away:", added, err)
	}
	_, err = apply(t, a, control.Apply{})
	if control.KindOf(err) != control.Conflict {
		t.Error("the domain of an account went:", err)
	}
	if gone, err := apply(t, a, control.Apply{RemoveAccounts: true}); err != nil || len(gone) != 13 {
		t.Error(gone, err)
	}
	if b := export(t, a, false); len(b.Domains)+len(b.Accounts)+len(b.Aliases)+len(b.Lists)+len(b.Routes) != 0 {
		t.Errorf("left: %+v", b)
	}
}

// TestApplyChangesKinds: an address and a domain may become something else in
// one step.
func TestApplyChangesKinds(t *testing.T) {
	a, _ := newAdmin(t)
	if _, err := apply(t, a, control.Apply{Book: fullBook()}); err != nil {
		t.Fatal(err)
	}
	book := fullBook()
	book.Aliases, book.Lists = []control.Alias{{Address: "staff@a.example", Targets: []string{"an@a.example"}}}, []control.List{{Address: "info@a.example"}}
	book.Domains[0].AliasOf = ""
	book.Domains[2] = control.BookDomain{Name: "inner.example", AliasOf: "also.example"}
	changes, err := apply(t, a, control.Apply{Book: book})
	if err != nil {
		t.Fatal(changes, err)
	}
	if again, err := apply(t, a, control.Apply{Book: book}); err != nil || len(again) != 0 {
		t.Error(again, err)
	}
}

// TestApplyMistakes: a book with mistakes changes nothing, and all of them are
// named.
func TestApplyMistakes(t *testing.T) {
	a, _ := newAdmin(t)
	for _, test := range []struct {
		change func(*control.Book)
		want   string
	}{
		{func(b *control.Book) { b.Domains[1].Recipients = []string{"x"} }, "only a relayed domain has recipients"},
		{func(b *control.Book) { b.Domains[2].Recipients = []string{"x@other.example"} }, "of another domain"},
		{func(b *control.Book) { b.Domains = append(b.Domains, b.Domains[1]) }, "stands twice"},
		{func(b *control.Book) { b.Domains[0].Kind = "own" }, "kind of domain"},
		{func(b *control.Book) { b.Accounts[0].Quota = "much" }, "quota"},
		{func(b *control.Book) { b.Accounts[0].Hash = "x" }, "both in plain and hashed"},
		{func(b *control.Book) { b.Aliases[0].Targets = nil }, "0 targets"},
		{func(b *control.Book) { b.Aliases[0].Address = "staff@a.example" }, "exists already"},
		{func(b *control.Book) { b.Lists[0].Address = "x@nowhere.example" }, "no such domain"},
		{func(b *control.Book) { b.Routes[0].NextHop = "x" }, "next hop"},
		{func(b *control.Book) { b.Routes[0].By = "moon" }, "kind of route"},
		{func(b *control.Book) { b.Credentials[0].Password = "" }, "user and password"},
	} {
		book := fullBook()
		test.change(&book)
		changes, err := apply(t, a, control.Apply{Book: book})
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), test.want) || !strings.Contains(strings.ToLower(err.Error()), "nothing was changed") {
			t.Errorf("%s: %v, %q", test.want, err, changes)
		}
	}
	if b := export(t, a, false); len(b.Domains) != 0 {
		t.Errorf("left: %+v", b.Domains)
	}
}
