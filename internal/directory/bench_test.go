package directory

import (
	"fmt"
	"iter"
	"testing"
	"time"
)

// city is a directory with 100,000 accounts.
func city(b *testing.B) *Directory {
	d := newDirectory(b, Options{})
	addDomain(b, d, "a.example")
	start := time.Now()
	if _, err := d.ImportAccounts(b.Context(), numbered(100_000)); err != nil {
		b.Fatal(err)
	}
	b.Logf("100,000 hashed accounts imported in %v", time.Since(start).Round(time.Millisecond))
	addAlias(b, d, "info@a.example", "u1@a.example", "x@elsewhere.example")
	return d
}

func BenchmarkDirectory(b *testing.B) {
	d := city(b)
	ctx := b.Context()
	b.Run("resolve", func(b *testing.B) {
		a := addr("u4711+tag@a.example")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Resolve(ctx, a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("resolve remote", func(b *testing.B) {
		a := addr("x@elsewhere.example")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Resolve(ctx, a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("expand", func(b *testing.B) {
		a := addr("u4711@a.example")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Expand(ctx, a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("login again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := d.Authenticate(ctx, "u4711@a.example", "secret", noAddr); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("login first", func(b *testing.B) {
		a := Account{Address: "fresh@a.example"}
		made, err := d.AddAccount(ctx, a, "secret")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			d.hasher.known.young, d.hasher.known.old = nil, nil
			if _, _, err := d.Authenticate(ctx, made.Address, "secret", noAddr); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkImport makes 1,000 accounts with plain passwords.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		d := newDirectory(b, Options{})
		addDomain(b, d, "a.example")
		if n, err := d.ImportAccounts(b.Context(), plain(1000)); n != 1000 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func plain(n int) iter.Seq[NewAccount] {
	return func(yield func(NewAccount) bool) {
		for i := range n {
			a := NewAccount{Account: Account{Address: fmt.Sprintf("u%d@a.example", i)}, Password: fmt.Sprint("secret", i)}
			if !yield(a) {
				return
			}
		}
	}
}
