package directory

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"net/netip"
	"testing"
)

// TestKeyless: SCRAM is ready when every account with a password has keys, and
// a login by PLAIN makes those that are missing.
func TestKeyless(t *testing.T) {
	d := newDirectory(t, Options{})
	ready := func(want bool) {
		t.Helper()
		if d.SCRAMReady() != want {
			t.Fatalf("ready: %v", !want)
		}
	}
	ctx := t.Context()
	_, err := d.AddDomain(ctx, Domain{Name: "example.org"})
	must(t, err)
	_, err = d.AddAccount(ctx, Account{Address: "an@example.org"}, "secret one")
	must(t, err)
	_, err = d.AddAccount(ctx, Account{Address: "nologin@example.org"}, "")
	must(t, err)
	binh, err := d.AddAccount(ctx, Account{Address: "binh@example.org"}, "secret two")
	must(t, err)
	must(t, d.CheckSCRAM(ctx))
	ready(true)

	hash, err := d.PasswordHash(ctx, binh.ID)
	must(t, err)
	must(t, d.SetPasswordHash(ctx, binh.ID, hash))
	ready(false)
	must(t, d.CheckSCRAM(ctx))
	ready(false)
	if _, _, err := d.Authenticate(ctx, "binh@example.org", "wrong", netip.Addr{}); err == nil {
		t.Fatal("a wrong password")
	}
	must(t, d.CheckSCRAM(ctx))
	ready(false)
	for range 2 { // the second password is remembered
		if _, _, err := d.Authenticate(ctx, "binh@example.org", "secret two", netip.Addr{}); err != nil {
			t.Fatal(err)
		}
	}
	must(t, d.CheckSCRAM(ctx))
	ready(true)
	kept, err := d.SCRAM(ctx, "binh@example.org")
	must(t, err)
	salted, err := pbkdf2.Key(sha256.New, "secret two", kept.Salt, kept.Iterations, sha256.Size)
	must(t, err)
	if want := keysFrom(salted); kept.Account != uint64(binh.ID) || kept.StoredKey != want.StoredKey || kept.ServerKey != want.ServerKey {
		t.Errorf("%+v", kept)
	}
	must(t, d.SetPassword(ctx, binh.ID, ""))
	must(t, d.CheckSCRAM(ctx))
	ready(true)
}
