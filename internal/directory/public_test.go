package directory

import (
	"errors"
	"testing"
)

func TestPublic(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	_, err := d.AddDomain(ctx, Domain{Name: "x.example", Public: 77})
	must(t, err)
	_, err = d.AddDomain(ctx, Domain{Name: "relay.example", Kind: Relayed})
	must(t, err)
	if dom, err := d.Domain(ctx, "x.example"); err != nil || dom.Public != 0 {
		t.Fatalf("nobody chooses the number: %+v, %v", dom, err)
	}
	first, made, err := d.MakePublic(ctx, "X.example")
	if err != nil || !made || first.Public == 0 {
		t.Fatal(first, made, err)
	}
	if again, made, err := d.MakePublic(ctx, "x.example"); err != nil || made || again.Public != first.Public {
		t.Fatal("made twice", again, err)
	}
	first.QuotaBytes, first.Public = 5, 0
	must(t, d.UpdateDomain(ctx, first))
	dom, err := d.Domain(ctx, "x.example")
	if err != nil || dom.Public == 0 || dom.QuotaBytes != 5 {
		t.Fatal("an update forgets the number", dom, err)
	}
	if err := d.DeleteDomain(ctx, "x.example"); !errors.Is(err, ErrNotEmpty) {
		t.Fatal("a domain with public folders was deleted", err)
	}
	an, err := d.AddAccount(ctx, Account{Address: "an@x.example"}, "")
	must(t, err)
	if an.ID == dom.Public {
		t.Fatal("one number for two")
	}
	if of, err := d.DomainOf(ctx, an); err != nil || of.Name != "x.example" {
		t.Fatal(of, err)
	}
	if of, err := d.DomainOfPublic(ctx, dom.Public); err != nil || of.Name != "x.example" {
		t.Fatal(of, err)
	}
	must(t, d.DeleteAccount(ctx, an.ID))
	must(t, d.ForgetPublic(ctx, "x.example"))
	must(t, d.DeleteDomain(ctx, "x.example"))
	if _, _, err := d.MakePublic(ctx, "relay.example"); !errors.Is(err, ErrInvalid) {
		t.Fatal("a relayed domain has public folders", err)
	}
}
