package directory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tram/internal/mail/address"
)

// town is a directory with one of everything.
func town(t *testing.T, o Options) *Directory {
	d := newDirectory(t, o)
	ctx := t.Context()
	addDomain(t, d, "a.example")
	_, err := d.AddDomain(ctx, Domain{Name: "b.example", SubaddressSeparator: "-", CatchAll: "an@a.example"})
	must(t, err)
	_, err = d.AddDomain(ctx, Domain{Name: "trạm.example", SubaddressSeparator: NoSubaddress, CatchAll: "Box@elsewhere.example"})
	must(t, err)
	addAccount(t, d, "an@a.example")
	addAccount(t, d, "an+shop@a.example")
	addAccount(t, d, "binh@b.example")
	off := addAccount(t, d, "off@a.example")
	off.Disabled = true
	must(t, d.UpdateAccount(ctx, off))
	addAlias(t, d, "info@a.example", "an@a.example", "X@elsewhere.example")
	addAlias(t, d, "all@a.example", "info@a.example", "binh@b.example", "off@a.example", "nobody@a.example")
	addAlias(t, d, "loop1@a.example", "loop2@a.example")
	addAlias(t, d, "loop2@a.example", "loop1@a.example")
	addAlias(t, d, "ring@a.example", "ring2@a.example", "an@a.example")
	addAlias(t, d, "ring2@a.example", "ring@a.example")
	return d
}

func TestResolve(t *testing.T) {
	d := town(t, Options{DefaultDomain: "a.example"})
	for _, test := range []struct {
		in, want string
	}{
		{"an@a.example", "account an@a.example"},
		{"AN@A.EXAMPLE", "account an@a.example"},
		{"an+news@a.example", "account an@a.example tag news via an@a.example"},
		{"an+news+x@a.example", "account an@a.example tag news+x via an@a.example"},
		{"an+shop@a.example", "account an+shop@a.example"},
		{"an-news@a.example", "unknown"},
		{"binh-x@b.example", "account binh@b.example tag x via binh@b.example"},
		{"off@a.example", "disabled off@a.example"},
		{"info+x@a.example", "alias an@a.example X@elsewhere.example tag x via info@a.example"},
		{"nobody@a.example", "unknown"},
		{strings.Repeat("x", address.MaxLocal) + "@a.example", "unknown"},
		{"nobody@b.example", "alias an@a.example via @b.example"},
		{"any+body@TRẠM.example", "alias Box@elsewhere.example via @xn--trm-pzy.example"},
		{"an@c.example", "not local"},
		{"an@sub.a.example", "not local"},
		{"an@[192.0.2.1]", "not local"},
		{"postmaster@a.example", "alias an@a.example via postmaster@a.example"},
		{"Abuse+x@a.example", "alias an@a.example via abuse@a.example"},
		{"postmaster@b.example", "alias an@a.example via postmaster@b.example"},
		{"postmaster@c.example", "not local"},
		{"postmaster", "alias postmaster@a.example via postmaster"},
		{"", "unknown"},
	} {
		res, err := d.Resolve(t.Context(), addr(test.in))
		must(t, err)
		if got := describe(res); got != strings.ReplaceAll(test.want, "xn--trm-pzy.example", address.Address{Domain: "trạm.example"}.ASCII()) {
			t.Errorf("%s: got %q, want %q", test.in, got, test.want)
		}
	}
}

func describe(res Resolution) string {
	words := []string{res.Class.String()}
	if res.Account.ID != 0 {
		words = append(words, res.Account.Address)
	}
	for _, a := range res.Targets {
		words = append(words, a.String())
	}
	if res.Tag != "" {
		words = append(words, "tag "+res.Tag)
	}
	if res.Via != "" {
		words = append(words, "via "+res.Via)
	}
	return strings.Join(words, " ")
}

// TestRoles follows postmaster from an empty directory to a configured one.
func TestRoles(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	check := func(d *Directory, in, want string) {
		t.Helper()
		x, err := d.Expand(ctx, addr(in))
		must(t, err)
		if got := list(x); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	check(d, "postmaster@a.example", "!postmaster@a.example: no such account")
	check(d, "postmaster", "!postmaster: no such account")
	first := addAccount(t, d, "first@a.example")
	addAccount(t, d, "second@a.example")
	check(d, "abuse@a.example", "first@a.example")
	admin, err := d.AddAccount(ctx, Account{Address: "admin@a.example", Admin: true}, "")
	must(t, err)
	check(d, "postmaster@a.example", "admin@a.example")
	check(d, "postmaster", "admin@a.example")
	admin.Disabled = true
	must(t, d.UpdateAccount(ctx, admin))
	check(d, "postmaster@a.example", "first@a.example")
	must(t, d.DeleteAccount(ctx, first.ID))
	check(d, "postmaster@a.example", "second@a.example")

	o, err := Open(ctx, d.db, Options{Postmaster: addr("Chief@elsewhere.example")})
	must(t, err)
	check(o, "postmaster@a.example", "Chief@elsewhere.example")
	check(o, "postmaster", "Chief@elsewhere.example")
	o, err = Open(ctx, d.db, Options{Postmaster: addr("postmaster@a.example")})
	must(t, err)
	check(o, "abuse@a.example", "second@a.example")
	check(o, "postmaster@a.example", "second@a.example")

	addAlias(t, d, "abuse@a.example", "team@elsewhere.example")
	check(o, "abuse@a.example", "team@elsewhere.example")
}

// list is an expansion as one line.
func list(x Expansion) string {
	var words []string
	for _, l := range x.Accounts {
		w := l.Account.Address
		if l.Tag != "" {
			w += "(" + l.Tag + ")"
		}
		words = append(words, w)
	}
	for _, a := range x.Remote {
		words = append(words, a.String())
	}
	for _, f := range x.Failures {
		words = append(words, "!"+f.Address.String()+": "+f.Err.Error())
	}
	return strings.Join(words, " ")
}

func TestExpand(t *testing.T) {
	d := town(t, Options{})
	for _, test := range []struct {
		in, want string
	}{
		{"an+x@a.example", "an@a.example(x)"},
		{"out@c.example", "out@c.example"},
		{"info@a.example", "an@a.example X@elsewhere.example"},
		{"info+t@a.example", "an@a.example(t) X@elsewhere.example"},
		{"all@a.example", "an@a.example binh@b.example X@elsewhere.example !off@a.example: account is disabled !nobody@a.example: no such account"},
		{"any@trạm.example", "Box@elsewhere.example"},
		{"loop1@a.example", "!loop1@a.example: alias leads back to itself"},
		{"ring@a.example", "an@a.example"},
		{"nobody@a.example", "!nobody@a.example: no such account"},
		{"off@a.example", "!off@a.example: account is disabled"},
	} {
		x, err := d.Expand(t.Context(), addr(test.in))
		must(t, err)
		if got := list(x); got != test.want {
			t.Errorf("%s: got %q, want %q", test.in, got, test.want)
		}
	}
}

func TestExpandIsBounded(t *testing.T) {
	d := newDirectory(t, Options{})
	addDomain(t, d, "a.example")
	addAccount(t, d, "end@a.example")
	for i := range MaxDepth + 1 {
		to := fmt.Sprintf("chain%d@a.example", i-1)
		if i == 0 {
			to = "end@a.example"
		}
		addAlias(t, d, fmt.Sprintf("chain%d@a.example", i), to)
	}
	wide := make([]string, MaxTargets)
	for i := range wide {
		wide[i] = fmt.Sprintf("u%d@elsewhere.example", i)
	}
	addAlias(t, d, "wide@a.example", wide...)
	addAlias(t, d, "wider@a.example", "wide@a.example", "one@more.example")
	// A bomb: each of many aliases names many aliases.
	bomb := make([]string, 100)
	for i := range bomb {
		bomb[i] = fmt.Sprintf("bomb%d@a.example", i)
	}
	for i := range bomb {
		addAlias(t, d, bomb[i], slices.DeleteFunc(slices.Clone(bomb), func(s string) bool { return s == bomb[i] })...)
	}
	addAlias(t, d, "sour@a.example", append(slices.Clone(bomb), "end@a.example")...)
	for _, test := range []struct {
		in, want string
	}{
		{fmt.Sprintf("chain%d@a.example", MaxDepth-1), "end@a.example"},
		{fmt.Sprintf("chain%d@a.example", MaxDepth), "!chain0@a.example: aliases are nested too deeply"},
		{"wide@a.example", strings.Join(wide, " ")},
		{"wider@a.example", "!wider@a.example: alias has too many recipients"},
	} {
		x, err := d.Expand(t.Context(), addr(test.in))
		must(t, err)
		if got := list(x); got != test.want {
			t.Errorf("%s: got %.200q, want %.200q", test.in, got, test.want)
		}
	}
	x, err := d.Expand(t.Context(), addr("sour@a.example"))
	must(t, err)
	if len(x.Accounts) != 1 && (len(x.Failures) != 1 || x.Failures[0].Err != ErrTooMany) {
		t.Errorf("bomb: %.200q", list(x))
	}
}
