package directory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tram/internal/mail/address"
)

// village is a directory with all kinds of domains.
func village(t *testing.T) *Directory {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	for _, dom := range []Domain{
		{Name: "a.example"},
		{Name: "also.example", Kind: AliasDomain, Target: "A.example"},
		{Name: "open.example", Kind: Relayed},
		{Name: "listed.example", Kind: Relayed, Verify: VerifyList},
		{Name: "asked.example", Kind: Relayed, Verify: VerifyCallout},
		{Name: "front.example", Kind: AliasDomain, Target: "asked.example"},
	} {
		_, err := d.AddDomain(ctx, dom)
		must(t, err)
	}
	addAccount(t, d, "an@a.example")
	addAlias(t, d, "info@open.example", "an@a.example")
	addAlias(t, d, "deep@a.example", "x@asked.example", "staff@a.example", "y@open.example")
	if n, err := d.AddRecipients(ctx, "Binh@listed.example", "cuc@listed.example", "binh@listed.example"); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	_, err := d.AddList(ctx, List{Address: "Staff@a.example", Owner: "an@a.example", Members: []string{"an@a.example", "AN@A.example", "x@else.example"}, MembersOnly: true})
	must(t, err)
	_, err = d.AddList(ctx, List{Address: "free@a.example"})
	must(t, err)
	return d
}

func TestResolveKinds(t *testing.T) {
	d := village(t)
	for _, test := range []struct{ in, want string }{
		{"an@also.example", "account an@a.example via an@a.example"},
		{"an+x@also.example", "account an@a.example tag x via an@a.example"},
		{"nobody@also.example", "unknown via nobody@a.example"},
		{"staff@also.example", "list via staff@a.example"},
		{"x@open.example", "relayed"},
		{"postmaster@open.example", "relayed"},
		{"info@open.example", "alias an@a.example via info@open.example"},
		{"BINH@listed.example", "relayed"},
		{"binh+x@listed.example", "relayed tag x via binh@listed.example"},
		{"x@listed.example", "unknown"},
		{"postmaster@listed.example", "alias an@a.example via postmaster@listed.example"},
		{"x@asked.example", "relayed callout"},
		{"x@front.example", "alias x@asked.example callout via x@asked.example"},
		{"staff@a.example", "list"},
		{"staff-owner@a.example", "alias an@a.example part 1 via staff-owner@a.example"},
		{"owner-staff@a.example", "alias an@a.example part 1 via owner-staff@a.example"},
		{"staff-bounces@a.example", "alias an@a.example part 2 via staff-bounces@a.example"},
		{"staff-bounces+x=else.example@a.example", "alias an@a.example part 2 tag x=else.example via staff-bounces+x=else.example@a.example"},
		{"free-owner@a.example", "alias postmaster@a.example part 1 via free-owner@a.example"},
		{"an-owner@a.example", "unknown"},
		{"staff-bouncesx@a.example", "unknown"},
		{"-bounces@a.example", "unknown"},
	} {
		res, err := d.Resolve(t.Context(), addr(test.in))
		must(t, err)
		if got := describeAll(res); got != test.want {
			t.Errorf("%s: got %q, want %q", test.in, got, test.want)
		}
		if res.Class != NotLocal && res.Domain.Name == "" {
			t.Errorf("%s: no domain", test.in)
		}
	}
}

// describeAll is describe with what only some kinds have.
func describeAll(res Resolution) string {
	s := describe(res)
	more := ""
	if res.Verify == VerifyCallout {
		more += " callout"
	}
	if res.Part != ListPosting {
		more += fmt.Sprintf(" part %d", res.Part)
	}
	for _, mark := range []string{" tag ", " via "} {
		if i := strings.Index(s, mark); i >= 0 {
			return s[:i] + more + s[i:]
		}
	}
	return s + more
}

// TestLoginInAliasDomain: people log in with the address that others write to.
func TestLoginInAliasDomain(t *testing.T) {
	d := village(t)
	ctx := t.Context()
	binh, err := d.AddAccount(ctx, Account{Address: "binh@a.example"}, "secret")
	must(t, err)
	id, login, err := d.Authenticate(ctx, "Binh@also.example", "secret", noAddr)
	if id != uint64(binh.ID) || login != "binh@a.example" || err != nil {
		t.Error(id, login, err)
	}
	for _, login := range []string{"binh@open.example", "binh@nowhere.example", "nobody@also.example"} {
		_, _, err = d.Authenticate(ctx, login, "secret", noAddr)
		wants(t, login, err, ErrAuth)
	}
}

func TestExpandKinds(t *testing.T) {
	d := village(t)
	x, err := d.Expand(t.Context(), addr("deep@a.example"))
	must(t, err)
	if got := list(x); got != "x@asked.example y@open.example" {
		t.Errorf("got %q", got)
	}
	if len(x.Lists) != 1 || x.Lists[0].Address != "staff@a.example" || !slices.Equal(x.Lists[0].Members, []string{"an@a.example", "x@else.example"}) {
		t.Errorf("lists: %+v", x.Lists)
	}
	x, err = d.Expand(t.Context(), addr("staff-bounces+x=else.example@a.example"))
	must(t, err)
	if got := list(x); got != "an@a.example" {
		t.Errorf("bounce: %q", got)
	}
}

func TestListMembers(t *testing.T) {
	d := village(t)
	ctx := t.Context()
	if n, err := d.AddMembers(ctx, "staff@a.example", "y@else.example", "an@a.example"); n != 1 || err != nil {
		t.Error(n, err)
	}
	if n, err := d.RemoveMembers(ctx, "staff@a.example", "X@else.example", "z@else.example"); n != 1 || err != nil {
		t.Error(n, err)
	}
	for who, want := range map[string]bool{"AN@a.example": true, "x@else.example": false} {
		if is, err := d.IsMember(ctx, "staff@a.example", who); is != want || err != nil {
			t.Error(who, is, err)
		}
	}
	must(t, d.UpdateList(ctx, List{Address: "staff@a.example", Description: "All"}))
	l, err := d.List(ctx, "staff@a.example")
	must(t, err)
	if l.Owner != "" || l.Description != "All" || l.MembersOnly || !slices.Equal(l.Members, []string{"an@a.example", "y@else.example"}) {
		t.Errorf("%+v", l)
	}
	_, err = d.AddMembers(ctx, "staff@a.example", "Staff@A.example")
	wants(t, "itself", err, ErrLoop)
	many := make([]string, MaxMembers+1)
	for i := range many {
		many[i] = fmt.Sprintf("u%d@else.example", i)
	}
	_, err = d.AddMembers(ctx, "staff@a.example", many...)
	wants(t, "too many", err, ErrInvalid)
	_, err = d.AddList(ctx, List{Address: "an@a.example"})
	wants(t, "address of an account", err, ErrExists)
	wants(t, "an alias that is a list", d.DeleteAlias(ctx, "staff@a.example"), ErrNoAlias)
	must(t, d.DeleteList(ctx, "staff@a.example"))
	_, err = d.List(ctx, "staff@a.example")
	wants(t, "deleted", err, ErrNoList)
	if got := collect(t, d.Lists(ctx, "")); len(got) != 1 {
		t.Error(got)
	}
}

func TestDomainKinds(t *testing.T) {
	d := village(t)
	ctx := t.Context()
	add := func(dom Domain) error { _, err := d.AddDomain(ctx, dom); return err }
	wants(t, "alias of an alias", add(Domain{Name: "x.example", Kind: AliasDomain, Target: "also.example"}), ErrInvalid)
	wants(t, "alias of itself", add(Domain{Name: "x.example", Kind: AliasDomain, Target: "x.example"}), ErrInvalid)
	wants(t, "alias of nothing", add(Domain{Name: "x.example", Kind: AliasDomain, Target: "none.example"}), ErrNoDomain)
	wants(t, "alias without target", add(Domain{Name: "x.example", Kind: AliasDomain}), ErrInvalid)
	wants(t, "target of a hosted one", add(Domain{Name: "x.example", Target: "a.example"}), ErrInvalid)
	wants(t, "verify of a hosted one", add(Domain{Name: "x.example", Verify: VerifyList}), ErrInvalid)
	wants(t, "footer with a control character", add(Domain{Name: "x.example", Footer: "a\x00"}), ErrInvalid)
	wants(t, "footer too long", add(Domain{Name: "x.example", Footer: strings.Repeat("x", MaxFooter+1)}), ErrInvalid)
	wants(t, "delete what others stand for", d.DeleteDomain(ctx, "asked.example"), ErrAliased)
	wants(t, "alias with addresses", d.UpdateDomain(ctx, Domain{Name: "listed.example", Kind: AliasDomain, Target: "open.example"}), nil)
	wants(t, "alias that others stand for", d.UpdateDomain(ctx, Domain{Name: "a.example", Kind: AliasDomain, Target: "open.example"}), ErrNotEmpty)
	_, err := d.AddAccount(ctx, Account{Address: "x@also.example"}, "")
	wants(t, "account in an alias domain", err, ErrInvalid)
	_, err = d.AddRecipients(ctx, "x@a.example")
	wants(t, "recipient in a hosted domain", err, ErrInvalid)
	if n, err := d.RemoveRecipients(ctx, "an@a.example"); n != 0 || err != nil {
		t.Error("removed an account as a recipient", n, err)
	}
	if got := collect(t, d.Recipients(ctx, "")); len(got) != 0 {
		t.Error("recipients of a domain that is relayed no more:", got)
	}
}

func TestBounceAddress(t *testing.T) {
	for _, test := range []struct{ member, want string }{
		{"an@b.example", "staff-bounces+an=b.example@a.example"},
		{"a=b+c@b.example", "staff-bounces+a=b+c=b.example@a.example"},
		{strings.Repeat("x", address.MaxLocal) + "@b.example", "staff-bounces@a.example"},
	} {
		got := BounceAddress(addr("staff@a.example"), addr(test.member))
		if got.String() != test.want {
			t.Errorf("%s: %s", test.member, got)
		}
		_, tag, ok := strings.Cut(got.Local, "+")
		back, found := BouncedMember(tag)
		if ok != found || ok && back != addr(test.member) {
			t.Errorf("%s came back as %s", test.member, back)
		}
	}
}
