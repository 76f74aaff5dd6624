package directory

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"tram/internal/mail/address"
)

// ruled is a directory with one table of everything.
func ruled(t *testing.T) *Directory {
	d := newDirectory(t, Options{})
	must(t, d.ChangeRules(t.Context(), Rules{}, Rules{
		Rewrites: []Rewrite{
			{Kind: Canonical, Match: "An@a.example", To: "Nguyen.An@a.example"},
			{Kind: Canonical, Match: "@old.example", To: "@a.example"},
			{Kind: Generic, Match: "*", To: "gate@provider.example"},
			{Kind: Masquerade, Match: "a.example", To: "", Except: []string{"Root", "lab.a.example", "keep@b.a.example"}},
			{Kind: Masquerade, Match: ".sub.example", To: "front.example"},
		},
		Routes: []Route{
			{Match: "an@a.example", NextHop: "hold"},
			{Match: "a.example", NextHop: "smtp:[192.0.2.1]"},
			{Match: ".a.example", NextHop: "smtp:[192.0.2.2]"},
			{Match: ".b.a.example", NextHop: "smtp:[192.0.2.3]"},
			{Match: "*", NextHop: "local"},
			{By: BySender, Match: "@a.example", NextHop: "smtp:[out.example]:587 auth=an"},
		},
		Credentials: []Credential{
			{Host: "Out.example:587", User: "an", Password: "geheim"},
			{Host: "out.example", User: "binh", Password: "geheim"},
		},
		Copies: []Copy{
			{By: CopyAlways, To: "all@log.example"},
			{By: CopyBySender, Match: "a.example", To: "out@log.example"},
			{By: CopyBySender, Match: "an@a.example", To: "an@log.example"},
			{By: CopyBySender, Match: "an@a.example", To: "boss@log.example"},
			{By: CopyByRecipient, Match: "*", To: "all@log.example"},
			{By: CopyByRecipient, Match: "b.example", To: "in@log.example"},
		},
		Access: []Access{
			{By: ByClient, Match: "192.0.2.0/24", Action: "reject"},
			{By: ByClient, Match: "192.0.2.7", Action: "ok"},
			{By: ByClient, Match: "2001:db8::/32", Action: "relay"},
			{By: ByClient, Match: ".spam.example", Action: "reject 554 no"},
			{By: ByHelo, Match: "ylmf-pc", Action: "reject"},
			{By: ByMailFrom, Match: "<>", Action: "hold"},
			{By: ByMailFrom, Match: "*", Action: "ok"},
			{By: ByRcptTo, Match: "an@a.example", Action: "defer"},
		},
	}))
	return d
}

func TestRuleLookup(t *testing.T) {
	d := ruled(t)
	r, err := d.Rules(t.Context())
	must(t, err)
	rewrite := func(kind RewriteKind) func(string) string {
		return func(in string) string {
			to, by := r.Rewrite(kind, addr(in))
			if by == nil && to != addr(in) {
				t.Errorf("%s changed without a rule", in)
			}
			return to.String()
		}
	}
	route := func(find func(address.Address) *Route) func(string) string {
		return func(in string) string {
			if t := find(addr(in)); t != nil {
				return t.Match + " " + t.Hop().String()
			}
			return ""
		}
	}
	client := func(in string) string {
		ip, host, _ := strings.Cut(in, " ")
		return action(r.AccessOfClient(netip.MustParseAddr(ip), host))
	}
	copies := func(in string) string {
		to := strings.Fields(in)
		var out []string
		var rcpts []address.Address
		for _, s := range to[1:] {
			rcpts = append(rcpts, addr(s))
		}
		for _, c := range r.CopiesOf(addr(to[0]), rcpts) {
			out = append(out, c.To)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	for _, test := range []struct {
		what     string
		find     func(string) string
		in, want string
	}{
		{"canonical", rewrite(Canonical), "AN@A.example", "Nguyen.An@a.example"},
		{"canonical", rewrite(Canonical), "Joe@old.example", "Joe@a.example"},
		{"canonical", rewrite(Canonical), "joe@a.example", "joe@a.example"},
		{"generic", rewrite(Generic), "joe@a.example", "gate@provider.example"},
		{"sender", rewrite(CanonicalSender), "an@a.example", "an@a.example"},
		{"masquerade", rewrite(Masquerade), "joe@x.y.a.example", "joe@a.example"},
		{"masquerade", rewrite(Masquerade), "ROOT@x.a.example", "ROOT@x.a.example"},
		{"masquerade", rewrite(Masquerade), "joe@lab.a.example", "joe@lab.a.example"},
		{"masquerade", rewrite(Masquerade), "keep@b.a.example", "keep@b.a.example"},
		{"masquerade", rewrite(Masquerade), "joe@sub.example", "joe@sub.example"},
		{"masquerade", rewrite(Masquerade), "joe@x.sub.example", "joe@front.example"},
		{"null sender", rewrite(Generic), "", ""},
		{"route to", route(r.RouteTo), "An@a.example", "an@a.example hold"},
		{"route to", route(r.RouteTo), "x@a.example", "a.example smtp:[192.0.2.1]"},
		{"route to", route(r.RouteTo), "x@b.a.example", ".a.example smtp:[192.0.2.2]"},
		{"route to", route(r.RouteTo), "x@c.b.a.example", ".b.a.example smtp:[192.0.2.3]"},
		{"route to", route(r.RouteTo), "x@else.example", "* local"},
		{"route from", route(r.RouteFrom), "x@a.example", "a.example smtp:[out.example]:587 auth=an"},
		{"route from", route(r.RouteFrom), "", ""},
		{"client", client, "192.0.2.9", "reject"},
		{"client", client, "::ffff:192.0.2.9", "reject"},
		{"client", client, "192.0.2.7 x.spam.example", "ok"},
		{"client", client, "2001:db8::9", "relay"},
		{"client", client, "198.51.100.1 X.Spam.example.", "reject 554 no"},
		{"client", client, "198.51.100.1 spam.example", ""},
		{"client", client, "198.51.100.1", ""},
		{"helo", func(in string) string { return action(r.AccessOfHelo(in)) }, "YLMF-PC", "reject"},
		{"helo", func(in string) string { return action(r.AccessOfHelo(in)) }, "x", ""},
		{"sender", func(in string) string { return action(r.AccessOfSender(addr(in))) }, "", "hold"},
		{"sender", func(in string) string { return action(r.AccessOfSender(addr(in))) }, "x@y.example", "ok"},
		{"recipient", func(in string) string { return action(r.AccessOfRecipient(addr(in))) }, "an@a.example", "defer"},
		{"recipient", func(in string) string { return action(r.AccessOfRecipient(addr(in))) }, "x@a.example", ""},
		{"copies", copies, "an@a.example x@c.example", "all@log.example an@log.example boss@log.example"},
		{"copies", copies, "x@a.example y@b.example", "all@log.example in@log.example out@log.example"},
	} {
		if got := test.find(test.in); got != test.want {
			t.Errorf("%s of %q: got %q, want %q", test.what, test.in, got, test.want)
		}
	}
	if c := r.Credential("OUT.example", 587, ""); c == nil || c.User != "an" {
		t.Errorf("login by port: %v", c)
	}
	if c := r.Credential("out.example", 587, "binh"); c == nil || c.User != "binh" {
		t.Errorf("login by user: %v", c)
	}
	if c := r.Credential("out.example", 25, "an"); c != nil {
		t.Errorf("login at another port: %v", c)
	}
}

func action(a *Access) string {
	if a == nil {
		return ""
	}
	return a.Action
}

// TestNoRules: the zero value and nil answer nothing, and cost nothing.
func TestNoRules(t *testing.T) {
	d := newDirectory(t, Options{})
	empty, err := d.Rules(t.Context())
	must(t, err)
	a, ip := addr("an@a.example"), netip.MustParseAddr("192.0.2.1")
	rcpts := []address.Address{a}
	for name, r := range map[string]*Rules{"nil": nil, "literal": {Routes: []Route{{Match: "*"}}}, "empty": empty} {
		n := testing.AllocsPerRun(10, func() {
			if to, by := r.Rewrite(Generic, a); to != a || by != nil {
				t.Error(name, "rewrites")
			}
			if r.RouteTo(a) != nil || r.RouteFrom(a) != nil || r.Credential("h", 1, "") != nil || r.CopiesOf(a, rcpts) != nil ||
				r.AccessOfClient(ip, "h") != nil || r.AccessOfHelo("h") != nil || r.AccessOfSender(a) != nil || r.AccessOfRecipient(a) != nil {
				t.Error(name, "answers")
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestChangeRules(t *testing.T) {
	d := ruled(t)
	ctx := t.Context()
	before, _ := d.Rules(ctx)
	wants(t, "remove what is not there", d.ChangeRules(ctx, Rules{Routes: []Route{{Match: "zz.example"}}}, Rules{}), ErrNoRule)
	if now, _ := d.Rules(ctx); now != before {
		t.Error("a change that failed made a new snapshot")
	}
	must(t, d.ChangeRules(ctx,
		Rules{Routes: []Route{{Match: "@A.example"}}, Rewrites: []Rewrite{{Kind: Generic, Match: "*"}}, Access: []Access{{By: ByRcptTo, Match: "an@a.example"}}},
		Rules{Routes: []Route{{Match: "*", NextHop: "discard"}}},
	))
	r, _ := d.Rules(ctx)
	if len(r.Routes) != len(before.Routes)-1 || r.RouteTo(addr("x@y.example")).Hop().Kind != HopDiscard {
		t.Errorf("routes %+v", r.Routes)
	}
	if before.RouteTo(addr("x@y.example")).Hop().Kind != HopLocal {
		t.Error("the old snapshot changed")
	}
	again, err := Open(ctx, d.db, Options{})
	must(t, err)
	if stored, _ := again.Rules(ctx); len(stored.Routes) != len(r.Routes) || len(stored.Credentials) != 2 {
		t.Errorf("after opening again: %+v", stored)
	}
}

func TestRulesAreChecked(t *testing.T) {
	d := newDirectory(t, Options{})
	for _, r := range []Rules{
		{Rewrites: []Rewrite{{Match: "a.example", To: ""}}},
		{Rewrites: []Rewrite{{Match: "a.example", To: ".b.example"}}},
		{Rewrites: []Rewrite{{Match: "a b", To: "b.example"}}},
		{Rewrites: []Rewrite{{Kind: 99, Match: "a.example", To: "b.example"}}},
		{Rewrites: []Rewrite{{Kind: Masquerade, Match: "an@a.example"}}},
		{Rewrites: []Rewrite{{Kind: Canonical, Match: "a.example", To: "b.example", Except: []string{"x"}}}},
		{Rewrites: []Rewrite{{Kind: Masquerade, Match: "a.example", Except: make([]string, MaxExcept+1)}}},
		{Routes: []Route{{Match: "", NextHop: "local"}}},
		{Routes: []Route{{Match: "a.example", NextHop: "nowhere"}}},
		{Credentials: []Credential{{Host: "a.example", User: "an"}}},
		{Credentials: []Credential{{Host: "a b", User: "an", Password: "x"}}},
		{Credentials: []Credential{{Host: "a.example", User: "a\nn", Password: "x"}}},
		{Copies: []Copy{{Match: "a.example", To: "nobody"}}},
		{Copies: []Copy{{By: CopyAlways, Match: "a.example", To: "x@y.example"}}},
		{Access: []Access{{Match: "192.0.2.0/33", Action: "ok"}}},
		{Access: []Access{{By: ByHelo, Match: "an@a.example", Action: "ok"}}},
		{Access: []Access{{By: ByRcptTo, Match: "<>", Action: "ok"}}},
		{Access: []Access{{Match: "a.example", Action: "perhaps"}}},
	} {
		wants(t, fmt.Sprintf("%+v", r), d.ChangeRules(t.Context(), Rules{}, r), ErrInvalid)
	}
}

// TestSecretsStaySecret: nothing that formats a login shows its password.
func TestSecretsStaySecret(t *testing.T) {
	r, _ := ruled(t).Rules(context.Background())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, r.Credentials); strings.Contains(s, "geheim") {
			t.Errorf("%s shows the password: %s", verb, s)
		}
	}
}
