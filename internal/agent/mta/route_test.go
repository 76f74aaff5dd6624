package mta

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/storage/kv/pebble"
)

// rulesOf makes a snapshot of rules, by the real directory.
func rulesOf(t testing.TB, rules directory.Rules) *directory.Rules {
	t.Helper()
	db, err := pebble.Open("kv", pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir, err := directory.Open(t.Context(), db, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.ChangeRules(t.Context(), directory.Rules{}, rules); err != nil {
		t.Fatal(err)
	}
	snapshot, err := dir.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func routed(by directory.RouteBy, pairs ...string) (routes []directory.Route) {
	for i := 0; i < len(pairs); i += 2 {
		routes = append(routes, directory.Route{By: by, Match: pairs[i], NextHop: pairs[i+1]})
	}
	return routes
}

func mustParse(t testing.TB, s string) address.Address {
	t.Helper()
	if s == "" {
		return address.Address{}
	}
	a, err := address.ParseAddress(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return a
}

func TestRoute(t *testing.T) {
	direct, relay := RouteConfig{}, RouteConfig{Relay: Hop{Way: ToHost, Name: "relay.example"}}
	rules := rulesOf(t, directory.Rules{
		Routes: append(routed(directory.ByRecipient,
			"inner.example", "smtp:[10.0.0.5]:2525 tls=starttls",
			"boss@inner.example", "lmtp:/run/lmtp",
			".mx.example", "smtp:hub.example",
			"held.example", "hold while it moves",
			"gone.example", "error:5.1.2 The company is closed",
			"later.example", "error:4.3.2 Come back tomorrow",
			"waste@here.example", "discard",
			"here.example", "smtp:[10.0.0.9]", // names a host: nothing for an address of ours
			"open.example", "local",
		), routed(directory.BySender, "an@here.example", "smtp:[smtp.provider.example]:587 auth=an", "stop@here.example", "hold")...),
		Credentials: []directory.Credential{{Host: "smtp.provider.example:587", User: "an", Password: "x"}, {Host: "10.0.0.5", User: "gate", Password: "x"}},
	})
	all := rulesOf(t, directory.Rules{Routes: routed(directory.ByRecipient, "*", "discard")})
	tests := []struct {
		config RouteConfig
		rules  *directory.Rules
		from   string
		to     string
		class  directory.Class
		way    Way
		hop    string
		user   string
	}{
		{config: direct, to: "an@here.example", class: directory.IsAccount, way: Local, hop: "here.example"},
		{config: direct, to: "list@here.example", class: directory.IsAlias, way: Local, hop: "here.example"},
		{config: direct, to: "list@here.example", class: directory.IsList, way: Local, hop: "here.example"},
		{config: direct, to: "nobody@here.example", class: directory.Unknown, way: Local, hop: "here.example"},
		{config: direct, to: "gone@here.example", class: directory.Disabled, way: Local, hop: "here.example"},
		{config: relay, to: "an@here.example", class: directory.IsAccount, way: Local, hop: "here.example"},
		{config: direct, to: "x@far.example", way: ToMX, hop: "far.example"},
		{config: direct, to: "x@bücher.example", way: ToMX, hop: "xn--bcher-kva.example"},
		{config: direct, to: "x@[192.0.2.9]", way: ToLiteral, hop: "[192.0.2.9]"},
		{config: direct, to: "x@[IPv6:2001:db8::9]", way: ToLiteral, hop: "[IPv6:2001:db8::9]"},
		{config: relay, to: "x@far.example", way: ToHost, hop: "relay.example"},
		{config: relay, to: "x@[192.0.2.9]", way: ToHost, hop: "relay.example"},

		{config: relay, rules: rules, to: "x@inner.example", class: directory.IsRelayed, way: ToHost, hop: "10.0.0.5:2525", user: "gate"},
		{config: relay, rules: rules, to: "Boss@Inner.example", class: directory.IsRelayed, way: ToLMTP, hop: "lmtp:/run/lmtp"},
		{config: relay, rules: rules, to: "x@backup.example", class: directory.IsRelayed, way: ToMX, hop: "backup.example"},
		{config: relay, rules: rules, to: "x@a.mx.example", way: ToMX, hop: "hub.example"},
		{config: direct, rules: rules, to: "x@mx.example", way: ToMX, hop: "mx.example"},
		{config: relay, rules: rules, to: "x@held.example", way: Hold, hop: "while it moves"},
		{config: relay, rules: rules, to: "x@gone.example", way: Fail},
		{config: relay, rules: rules, to: "x@later.example", way: Fail},
		{config: relay, rules: rules, to: "x@open.example", way: ToHost, hop: "relay.example"},
		{config: direct, rules: rules, to: "waste@here.example", class: directory.IsAccount, way: Discard},
		{config: direct, rules: rules, to: "an@here.example", class: directory.IsAccount, way: Local, hop: "here.example"},
		{config: direct, rules: all, to: "an@here.example", class: directory.IsAccount, way: Local, hop: "here.example"},
		{config: direct, rules: all, to: "x@far.example", way: Discard},

		{config: relay, rules: rules, from: "an@here.example", to: "x@far.example", way: ToHost, hop: "smtp.provider.example:587", user: "an"},
		{config: relay, rules: rules, from: "an@here.example", to: "x@backup.example", class: directory.IsRelayed, way: ToMX, hop: "backup.example"},
		{config: relay, rules: rules, from: "an@here.example", to: "x@inner.example", class: directory.IsRelayed, way: ToHost, hop: "10.0.0.5:2525", user: "gate"},
		{config: relay, rules: rules, from: "an@here.example", to: "binh@here.example", class: directory.IsAccount, way: Local, hop: "here.example"},
		{config: relay, rules: rules, from: "stop@here.example", to: "x@far.example", way: Hold},
	}
	for _, test := range tests {
		f := Facts{Resolution: directory.Resolution{Class: test.class}, Rules: test.rules}
		d := Route(test.config, Envelope{Sender: mustParse(t, test.from)}, mustParse(t, test.to), f)
		hop := d.Hop.String()
		if d.Way != test.way || hop != test.hop || d.User != test.user || d.Why == "" || (d.Reply != nil) != (d.Way == Fail) {
			t.Errorf("from %q to %s (%s): %s %s as %q: %q", test.from, test.to, test.class, d.Way, hop, d.User, d.Why)
		}
	}
	if d := Route(direct, Envelope{}, address.Address{}, Facts{}); d.Way != Fail || !d.Reply.Permanent() {
		t.Errorf("the null sender: %s", d.Way)
	}
	if d := Route(relay, Envelope{}, mustParse(t, "x@later.example"), Facts{Rules: rules}); !d.Reply.Temporary() || d.Reply.Enhanced != "4.3.2" {
		t.Errorf("%v", d.Reply)
	}
}

// TestRouteAliasDomain: an address in an alias domain goes where the domain
// goes that it stands for.
func TestRouteAliasDomain(t *testing.T) {
	rules := rulesOf(t, directory.Rules{Routes: routed(directory.ByRecipient, "inner.example", "smtp:[10.0.0.5]")})
	res := directory.Resolution{Class: directory.IsRelayed, Domain: directory.Domain{Name: "inner.example"}}
	if d := Route(RouteConfig{}, Envelope{}, mustParse(t, "x@other.example"), Facts{Resolution: res, Rules: rules}); d.Name != "10.0.0.5" {
		t.Errorf("%s %s", d.Way, d.Name)
	}
	if d := Route(RouteConfig{}, Envelope{}, mustParse(t, "x@other.example"), Facts{Resolution: res}); d.Way != ToMX || d.Name != "inner.example" {
		t.Errorf("%s %s", d.Way, d.Name)
	}
}

var (
	someDomains = []string{"here.example", "inner.example", "far.example", "a.far.example", "bücher.example", "[192.0.2.9]", "xn--bcher-kva.example"}
	someLocals  = []string{"an", "x%far.example", "far.example!x", "x@far.example", "an+tag", "postmaster", "Ẽ"}
	someHops    = []string{"smtp:hub.example", "smtp:[10.0.0.5]:26", "lmtp:[10.0.0.6]", "lmtp:/run/lmtp", "local", "discard", "hold x", "error:5.1.1 no", "error:4.1.1 no"}
	somePattern = []string{"an@here.example", "here.example", ".example", "far.example", "x@far.example", "*", "inner.example"}
)

func drawAddress(t *rapid.T, name string) address.Address {
	return address.Address{Local: rapid.SampledFrom(someLocals).Draw(t, name+" local"), Domain: rapid.SampledFrom(someDomains).Draw(t, name+" domain")}
}

// TestRouteProperties: whatever the facts are, Route has an answer for
// everything, the same one with and without an explanation, never delivers
// locally what is not ours, and never sends to a host what is.
func TestRouteProperties(t *testing.T) {
	db := directoryForRules(t)
	rapid.Check(t, func(rt *rapid.T) {
		rules := directory.Rules{}
		for i := range rapid.IntRange(0, 4).Draw(rt, "rules") {
			by := directory.RouteBy(i % 2)
			rules.Routes = append(rules.Routes, directory.Route{By: by, Match: somePattern[(i*3+rapid.IntRange(0, 6).Draw(rt, "pattern"))%7], NextHop: rapid.SampledFrom(someHops).Draw(rt, "hop")})
		}
		class := directory.Class(rapid.IntRange(0, int(directory.IsRelayed)).Draw(rt, "class"))
		c := RouteConfig{}
		if rapid.Bool().Draw(rt, "relay") {
			c.Relay = Hop{Way: ToHost, Name: "relay.example"}
		}
		f := Facts{Resolution: directory.Resolution{Class: class}, Rules: db(rules)}
		e, to := Envelope{Sender: drawAddress(rt, "from")}, drawAddress(rt, "to")
		d := Route(c, e, to, f)
		ours := class != directory.NotLocal && class != directory.IsRelayed
		switch {
		case d.Way == Local && !ours:
			rt.Fatalf("%s (%s) is delivered locally", to, class)
		case d.Way.IsRemote() && ours:
			rt.Fatalf("%s (%s) goes to %s", to, class, d.Hop)
		case (d.Way == Fail) != (d.Reply != nil), d.Why == "", d.Steps != nil:
			rt.Fatalf("%+v", d)
		case d.Way == ToMX && (d.Name == "" || strings.ContainsFunc(d.Name, func(r rune) bool { return r > 0x7f })):
			rt.Fatalf("MX of %q", d.Name)
		}
		c.Explain = true
		explained := Route(c, e, to, f)
		if explained.Steps == nil && d.Way != Fail {
			rt.Fatal("no steps")
		}
		explained.Steps = nil
		if diff := cmp.Diff(d.Hop, explained.Hop, cmp.Comparer(func(a, b Hop) bool { return a == b })); diff != "" || explained.Why != d.Why {
			rt.Fatalf("an explanation changes the answer: %s", diff)
		}
	})
}

// directoryForRules returns a function that makes snapshots of rules, with one
// directory for all of them.
func directoryForRules(t testing.TB) func(directory.Rules) *directory.Rules {
	t.Helper()
	db, err := pebble.Open("kv", pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	dir, err := directory.Open(t.Context(), db, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before directory.Rules
	return func(next directory.Rules) *directory.Rules {
		if err := dir.ChangeRules(t.Context(), before, directory.Rules{}); err != nil {
			t.Fatal(err)
		}
		if err := dir.ChangeRules(t.Context(), directory.Rules{}, next); err != nil {
			t.Fatal(err)
		}
		snapshot, err := dir.Rules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before = *snapshot
		return snapshot
	}
}

// TestRouteCostsNothing: the decision of the ordinary case allocates nothing.
func TestRouteCostsNothing(t *testing.T) {
	to := mustParse(t, "x@far.example")
	rules := rulesOf(t, directory.Rules{})
	f := Facts{Rules: rules}
	if n := testing.AllocsPerRun(100, func() { Route(RouteConfig{}, Envelope{Sender: to}, to, f) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { RewriteSender(rules, to); RewriteRecipient(rules, to); LeavingSender(rules, to) }); n > 0 {
		t.Errorf("%v allocations to rewrite nothing", n)
	}
	header := []byte("From: x@far.example\r\n\r\n")
	if n := testing.AllocsPerRun(100, func() { LeavingHeader(rules, header) }); n > 0 {
		t.Errorf("%v allocations to leave a header alone", n)
	}
}

// TestAdmitProperties: whatever the rules and facts are, a stranger's mail for
// a domain that is not ours is taken only when an access rule about the client
// or the recipient says "relay".
func TestAdmitProperties(t *testing.T) {
	db := directoryForRules(t)
	actions := []string{"ok", "relay", "reject", "defer", "discard", "hold"}
	rapid.Check(t, func(rt *rapid.T) {
		rules := directory.Rules{}
		mayRelay := false
		used := map[string]bool{}
		for range rapid.IntRange(0, 4).Draw(rt, "rules") {
			r := directory.Access{By: directory.AccessBy(rapid.IntRange(0, 3).Draw(rt, "by")), Match: rapid.SampledFrom(somePattern).Draw(rt, "match"), Action: rapid.SampledFrom(actions).Draw(rt, "action")}
			if r.By == directory.ByClient || r.By == directory.ByHelo {
				r.Match = rapid.SampledFrom([]string{"here.example", ".example"}).Draw(rt, "name")
			}
			if r.By == directory.ByClient && rapid.Bool().Draw(rt, "by address") {
				r.Match = "192.0.2.0/24"
			}
			if key := r.By.String() + r.Match; used[key] {
				continue
			} else {
				used[key] = true
			}
			mayRelay = mayRelay || r.Action == "relay" && (r.By == directory.ByClient || r.By == directory.ByRcptTo)
			rules.Access = append(rules.Access, r)
		}
		class := directory.Class(rapid.IntRange(0, int(directory.IsRelayed)).Draw(rt, "class"))
		f := Facts{Resolution: directory.Resolution{Class: class}, Rules: db(rules)}
		who := Client{IP: netip.MustParseAddr("192.0.2.7"), Helo: "mail.here.example"}
		c := PolicyConfig{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
		e, to := Envelope{Sender: drawAddress(rt, "from")}, drawAddress(rt, "to")
		a := Admit(c, who, e, to, f, Standing{})
		if class == directory.NotLocal && a.Verdict != Refuse && !mayRelay {
			rt.Fatalf("a stranger sends to %s: %+v", to, a)
		}
		if (a.Verdict == Refuse) != (a.Reply != nil) || a.Why == "" || a.Steps != nil {
			rt.Fatalf("%+v", a)
		}
		c.Explain = true
		if b := Admit(c, who, e, to, f, Standing{}); b.Verdict != a.Verdict || b.Why != a.Why || len(b.Steps) == 0 {
			rt.Fatalf("an explanation changes the answer: %+v, %+v", a, b)
		}
	})
}
