package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tram/internal/dns"
	"tram/internal/dns/dnstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const zone = `
	plain.example.        MX     20 b.plain.example.
	plain.example.        MX     10 A.Plain.Example.
	plain.example.        MX     20 a.plain.example.
	a.plain.example.      A      192.0.2.1
	a.plain.example.      AAAA   2001:db8::1
	b.plain.example.      A      192.0.2.2
	implicit.example.     A      192.0.2.3
	null.example.         MX     0 .
	halfnull.example.     MX     0 .
	halfnull.example.     MX     10 a.plain.example.
	alias.example.        CNAME  www.alias.example.
	www.alias.example.    CNAME  plain.example.
	dangling.example.     CNAME  nowhere.example.
	toimplicit.example.   CNAME  implicit.example.
	circle.example.       CNAME  circle2.example.
	circle2.example.      CNAME  circle.example.
	*.wild.example.       MX     10 a.plain.example.
	v6.example.           AAAA   2001:db8::6
	text.example.         TXT    "v=spf1 " "-all"
	text.example.         TXT    "semi;colon \"q\" \195\169"
	1.2.0.192.in-addr.arpa. PTR  A.plain.example.
	$TTL 0
	fleeting.example.     MX     10 a.plain.example.
`

// start gives a resolver with short timeouts on a server with the zone above.
func start(t *testing.T, o dns.Options) (*dns.Resolver, *dnstest.Server) {
	t.Helper()
	srv := dnstest.Start(t, zone)
	o.Servers = append(o.Servers, srv.Addr().String())
	if o.Timeout == 0 {
		o.Timeout = 200 * time.Millisecond
	}
	r, err := dns.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r, srv
}

func TestLookupMX(t *testing.T) {
	r, _ := start(t, dns.Options{})
	plain := dns.MXSet{Hosts: []dns.MX{
		{Host: "a.plain.example", Preference: 10}, {Host: "a.plain.example", Preference: 20}, {Host: "b.plain.example", Preference: 20},
	}}
	wild := dns.MXSet{Hosts: []dns.MX{{Host: "a.plain.example", Preference: 10}}}
	tests := []struct {
		domain string
		want   dns.MXSet
		err    error
	}{
		{"plain.example", plain, nil},
		{"PLAIN.example.", plain, nil},
		{"alias.example", plain, nil},
		{"implicit.example", dns.MXSet{Hosts: []dns.MX{{Host: "implicit.example"}}, Implicit: true}, nil},
		{"toimplicit.example", dns.MXSet{Hosts: []dns.MX{{Host: "toimplicit.example"}}, Implicit: true}, nil},
		{"any.wild.example", wild, nil},
		{"halfnull.example", wild, nil},
		{"null.example", dns.MXSet{}, dns.ErrNullMX},
		{"nowhere.example", dns.MXSet{}, dns.ErrNXDomain},
		{"dangling.example", dns.MXSet{}, dns.ErrNXDomain},
		{"example", dns.MXSet{Hosts: []dns.MX{{Host: "example"}}, Implicit: true}, nil}, // exists as a name above others
	}
	for _, test := range tests {
		for range 2 { // the second time from the cache
			got, err := r.LookupMX(t.Context(), test.domain)
			if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, test.err) {
				t.Errorf("LookupMX(%s): %v, want %v\n%s", test.domain, err, test.err, diff)
			}
			if err != nil && isTemporary(err) {
				t.Errorf("LookupMX(%s): %v is temporary", test.domain, err)
			}
		}
	}
}

func TestBadNamesAreNotAsked(t *testing.T) {
	r, srv := start(t, dns.Options{})
	for _, name := range []string{
		"", ".", "a..b", ".a", strings.Repeat("a", 64) + ".b", strings.Repeat("a.", 127) + "a", "a b", "a\nb", "a\x00b",
		`a\046b`, "é.example", "a(b", `a"b`, "a@b",
	} {
		if _, err := r.LookupMX(t.Context(), name); !errors.Is(err, dns.ErrBadName) || isTemporary(err) {
			t.Errorf("LookupMX(%q): %v", name, err)
		}
	}
	if q := srv.Queries(); len(q) > 0 {
		t.Errorf("asked %v", q)
	}
}

func TestLookupIP(t *testing.T) {
	r, srv := start(t, dns.Options{})
	tests := []struct {
		host string
		want string
		err  error
	}{
		{"a.plain.example", "[2001:db8::1 192.0.2.1]", nil},
		{"b.plain.example", "[192.0.2.2]", nil},
		{"v6.example", "[2001:db8::6]", nil},
		{"text.example", "[]", dns.ErrNoData},
		{"nowhere.example", "[]", dns.ErrNXDomain},
		{"192.0.2.7", "[192.0.2.7]", nil},
		{"2001:db8::7", "[2001:db8::7]", nil},
		{"localhost", "[127.0.0.1 ::1]", nil},
		{"circle.example", "[]", dns.ErrNotFound},
	}
	for _, test := range tests {
		got, err := r.LookupIP(t.Context(), test.host)
		if fmt.Sprint(got) != test.want || !errors.Is(err, test.err) {
			t.Errorf("LookupIP(%s) = %v, %v, want %s, %v", test.host, got, err, test.want, test.err)
		}
	}
	// One family in trouble does not hide the other, but it is no "not found".
	srv.SetFault("a.plain.example", "AAAA", dnstest.ServFail)
	srv.SetFault("text.example", "A", dnstest.ServFail)
	fresh, err := dns.New(dns.Options{Servers: []string{srv.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fresh.LookupIP(t.Context(), "a.plain.example"); err != nil || fmt.Sprint(got) != "[192.0.2.1]" {
		t.Errorf("with AAAA failing: %v, %v", got, err)
	}
	if _, err := fresh.LookupIP(t.Context(), "text.example"); !isTemporary(err) {
		t.Errorf("with A failing and no AAAA: %v", err)
	}
}

func TestLookupTXTAndPTR(t *testing.T) {
	r, _ := start(t, dns.Options{})
	texts, err := r.LookupTXT(t.Context(), "text.example")
	want := []string{"v=spf1 -all", "semi;colon \"q\" é"}
	if err != nil || cmp.Diff(want, texts) != "" {
		t.Errorf("TXT: %q, %v", texts, err)
	}
	names, err := r.LookupPTR(t.Context(), netip.MustParseAddr("192.0.2.1"))
	if err != nil || cmp.Diff([]string{"a.plain.example"}, names) != "" {
		t.Errorf("PTR: %q, %v", names, err)
	}
	if _, err := r.LookupPTR(t.Context(), netip.MustParseAddr("2001:db8::9")); !errors.Is(err, dns.ErrNotFound) {
		t.Errorf("PTR of a nameless address: %v", err)
	}
}

// TestFaults: trouble is temporary and forged answers are not believed.
func TestFaults(t *testing.T) {
	tests := []struct {
		fault   dnstest.Fault
		answers bool
	}{
		{dnstest.None, true}, {dnstest.FormErr, true}, {dnstest.Truncated, true}, {dnstest.WrongID, true}, {dnstest.WrongName, true},
		{dnstest.Drop, false}, {dnstest.ServFail, false}, {dnstest.Refused, false}, {dnstest.Referral, false},
		{dnstest.OnlyForged, false}, {dnstest.Garbage, false}, {dnstest.Bare, false},
	}
	for _, test := range tests {
		r, srv := start(t, dns.Options{Timeout: 50 * time.Millisecond, Rounds: 1})
		srv.SetFault("plain.example", "MX", test.fault)
		set, err := r.LookupMX(t.Context(), "plain.example")
		switch {
		case test.answers && (err != nil || len(set.Hosts) != 3):
			t.Errorf("fault %d: %v, %v", test.fault, set, err)
		case !test.answers && !isTemporary(err):
			t.Errorf("fault %d: %v, %v, want a temporary error", test.fault, set, err)
		}
	}
}

func TestTroubleIsNotRemembered(t *testing.T) {
	r, srv := start(t, dns.Options{Rounds: 1})
	srv.SetFault("plain.example", "", dnstest.ServFail)
	if _, err := r.LookupMX(t.Context(), "plain.example"); !isTemporary(err) {
		t.Fatal(err)
	}
	srv.SetFault("plain.example", "", dnstest.None)
	if _, err := r.LookupMX(t.Context(), "plain.example"); err != nil {
		t.Fatal(err)
	}
}

// TestNextServer: a dead server costs one timeout, once.
func TestNextServer(t *testing.T) {
	dead := dnstest.Start(t, zone)
	dead.SetFault("plain.example", "", dnstest.Drop)
	dead.SetFault("implicit.example", "", dnstest.Drop)
	r, srv := start(t, dns.Options{Servers: []string{dead.Addr().String()}, Timeout: 50 * time.Millisecond})
	for _, domain := range []string{"plain.example", "implicit.example"} {
		if _, err := r.LookupMX(t.Context(), domain); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(dead.Queries()); n != 1 {
		t.Errorf("the dead server was asked %d times, want 1", n)
	}
	if n := len(srv.Queries()); n != 2 {
		t.Errorf("the live server was asked %d times, want 2", n)
	}
}

func TestTruncatedGoesByTCP(t *testing.T) {
	var big strings.Builder
	for i := range 100 {
		fmt.Fprintf(&big, "big.example. MX %d host-with-a-long-name-%d.example.\n", i, i)
	}
	srv := dnstest.Start(t, big.String())
	r, err := dns.New(dns.Options{Servers: []string{srv.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := r.LookupMX(t.Context(), "big.example")
	if err != nil || len(set.Hosts) != 100 {
		t.Fatalf("%d hosts, %v", len(set.Hosts), err)
	}
	want := []dnstest.Query{{Name: "big.example", Type: "MX"}, {Name: "big.example", Type: "MX", TCP: true}}
	if diff := cmp.Diff(want, srv.Queries()); diff != "" {
		t.Error(diff)
	}
}

func TestCache(t *testing.T) {
	r, srv := start(t, dns.Options{})
	ask := func(domain string, want int) {
		t.Helper()
		for range 3 {
			r.LookupMX(t.Context(), domain) // the number of queries is what counts
		}
		if q := srv.Queries(); len(q) != want {
			t.Errorf("%s: %d queries, want %d: %v", domain, len(q), want, q)
		}
	}
	ask("plain.example", 1)
	ask("fleeting.example", 3) // TTL 0
}

func TestNegativeCache(t *testing.T) {
	srv := dnstest.Start(t, "here.example. A 192.0.2.1")
	r, err := dns.New(dns.Options{Servers: []string{srv.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := r.LookupMX(t.Context(), "gone.example"); !errors.Is(err, dns.ErrNXDomain) {
			t.Fatal(err)
		}
		if _, err := r.LookupMX(t.Context(), "here.example"); err != nil {
			t.Fatal(err)
		}
	}
	if q := srv.Queries(); len(q) != 2 {
		t.Errorf("queries: %v", q)
	}
}

func TestOneQueryForMany(t *testing.T) {
	r, srv := start(t, dns.Options{Timeout: 2 * time.Second})
	// The first query is lost, so all are waiting when the answer comes.
	srv.SetFault("plain.example", "MX", dnstest.Drop)
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := r.LookupMX(ctx, "plain.example"); !isTemporary(err) {
			t.Errorf("the one who gave up: %v", err)
		}
		srv.SetFault("plain.example", "MX", dnstest.None)
	})
	for len(srv.Queries()) == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 20 {
		wait.Go(func() {
			if _, err := r.LookupMX(t.Context(), "plain.example"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	// One more when the first gave up; a second one when it was dropped too.
	if q := srv.Queries(); len(q) > 2 {
		t.Errorf("%d queries: %v", len(q), q)
	}
}

func TestBudget(t *testing.T) {
	r, srv := start(t, dns.Options{})
	ctx := dns.WithBudget(t.Context(), 3)
	var last error
	for i := range 10 {
		_, last = r.LookupMX(ctx, fmt.Sprintf("n%d.wild.example", i))
	}
	if !errors.Is(last, dns.ErrBudget) || !isTemporary(last) {
		t.Errorf("after the budget: %v", last)
	}
	if n := len(srv.Queries()); n != 3 {
		t.Errorf("%d queries, want 3", n)
	}
	if _, err := r.LookupMX(ctx, "n0.wild.example"); err != nil {
		t.Errorf("from the cache: %v", err)
	}
}

func TestCancel(t *testing.T) {
	r, srv := start(t, dns.Options{Timeout: time.Minute})
	srv.SetFault("plain.example", "", dnstest.Drop)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	began := time.Now()
	if _, err := r.LookupMX(ctx, "plain.example"); !isTemporary(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestOptions(t *testing.T) {
	for _, servers := range [][]string{{"resolver.example"}, {"192.0.2.1:0"}, {"192.0.2.1:x"}, {""}, {"1.1.1.1", ""}} {
		if _, err := dns.New(dns.Options{Servers: servers}); err == nil {
			t.Errorf("servers %q were accepted", servers)
		}
	}
	for _, server := range []string{"192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:53"} {
		if _, err := dns.New(dns.Options{Servers: []string{server}}); err != nil {
			t.Error(err)
		}
	}
}

func isTemporary(err error) bool {
	var e *dns.Error
	return errors.As(err, &e) && e.Temporary()
}
