package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	wire "github.com/miekg/dns"
)

func record(t testing.TB, text string) wire.RR {
	t.Helper()
	rr, err := wire.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

// TestRead: only records on the chain of aliases from the question count.
func TestRead(t *testing.T) {
	now := time.Now()
	q := question{"a.example.", wire.TypeA}
	soa := record(t, "example. 60 SOA ns. root. 1 2 3 4 30")
	tests := []struct {
		name    string
		rcode   int
		answer  []string
		soa     bool
		records int
		err     error
		next    string
		ttl     time.Duration
	}{
		{name: "plain", answer: []string{"a.example. 100 A 192.0.2.1"}, records: 1, ttl: 100 * time.Second},
		{name: "foreign record", answer: []string{"evil.example. 100 A 192.0.2.1"}, soa: true, err: ErrNoData, ttl: 30 * time.Second},
		{name: "aliases in any order", answer: []string{"c.example. 50 A 192.0.2.1", "b.example. 20 CNAME c.example.", "a.example. 90 CNAME b.example."}, records: 1, ttl: 20 * time.Second},
		{name: "alias leads away", answer: []string{"a.example. 90 CNAME b.example."}, next: "b.example."},
		{name: "alias to nothing", answer: []string{"a.example. 10 CNAME b.example."}, soa: true, err: ErrNoData, ttl: 10 * time.Second},
		{name: "alias to no name", rcode: wire.RcodeNameError, answer: []string{"a.example. 90 CNAME b.example."}, soa: true, err: ErrNXDomain, ttl: 30 * time.Second},
		{name: "circle", answer: []string{"a.example. 90 CNAME b.example.", "b.example. 90 CNAME a.example."}, err: ErrNoData},
		{name: "no name", rcode: wire.RcodeNameError, soa: true, err: ErrNXDomain, ttl: 30 * time.Second},
		{name: "nothing at all", err: ErrNoData},
		{name: "long life", answer: []string{"a.example. 999999 A 192.0.2.1"}, records: 1, ttl: maxTTL},
	}
	for _, test := range tests {
		m := new(wire.Msg)
		m.Rcode = test.rcode
		for _, text := range test.answer {
			m.Answer = append(m.Answer, record(t, text))
		}
		if test.soa {
			m.Ns = append(m.Ns, soa)
		}
		a, next, _ := read(q, m, now)
		if next != test.next || (a == nil) != (test.next != "") {
			t.Errorf("%s: next %q, answer %v", test.name, next, a)
			continue
		}
		if a != nil && (len(a.records) != test.records || !errors.Is(a.err, test.err) || a.expires.Sub(now) != test.ttl) {
			t.Errorf("%s: %d records, error %v, for %v", test.name, len(a.records), a.err, a.expires.Sub(now))
		}
	}
}

// TestCacheIsBounded: what is asked for often stays, the whole stays small.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(100 * entryOverhead)
	now := time.Now()
	often := question{"often.example.", wire.TypeA}
	c.put(often, &answer{expires: now.Add(time.Hour)}, now)
	for i := range 10_000 {
		c.put(question{fmt.Sprint(i), wire.TypeA}, &answer{expires: now.Add(time.Hour)}, now)
		if c.get(often, now) == nil {
			t.Fatalf("lost after %d others", i)
		}
		if n := len(c.young) + len(c.old); n > 100 {
			t.Fatalf("%d entries", n)
		}
	}
	if c.get(often, now.Add(time.Hour)) != nil {
		t.Error("an expired answer was given out")
	}
	c.put(question{"huge", 1}, &answer{expires: now.Add(time.Hour), bytes: 1 << 20}, now)
	if c.get(question{"huge", 1}, now) != nil {
		t.Error("an answer that would push out everything was kept")
	}
}

func TestResolvConf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	text := "# comment\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 \nnameserver nonsense\noptions edns0\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := systemServers(file)
	want := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("[2001:db8::1]:53")}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := systemServers(file + ".missing"); err != nil || fmt.Sprint(got) != "[127.0.0.1:53]" {
		t.Errorf("without a file: %v, %v", got, err)
	}
}

// FuzzResponse: whatever a server sends, reading it ends, and an answer holds
// only records of the type that was asked for.
func FuzzResponse(f *testing.F) {
	query := new(wire.Msg).SetQuestion("a.example.", wire.TypeMX)
	query.Id = 7
	good := new(wire.Msg).SetReply(query)
	good.Answer = []wire.RR{
		record(f, "a.example. 60 CNAME b.example."), record(f, "b.example. 60 MX 10 c.example."), record(f, "b.example. 60 MX 0 ."),
	}
	packed, err := good.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(packed[:len(packed)-3])
	f.Fuzz(func(t *testing.T, packet []byte) {
		m := new(wire.Msg)
		if m.Unpack(packet) != nil || !answers(m, query) {
			return
		}
		a, next, _ := read(question{"a.example.", wire.TypeMX}, m, time.Now())
		if (a == nil) == (next == "") {
			t.Fatal("neither an answer nor a name to go on with")
		}
		if a == nil {
			return
		}
		for _, rr := range a.records {
			_ = rr.(*wire.MX).Preference
		}
		if (len(a.records) == 0) == (a.err == nil) {
			t.Fatalf("%d records and error %v", len(a.records), a.err)
		}
	})
}

func FuzzUnescape(f *testing.F) {
	f.Add(`a\"b\195\169\`)
	f.Fuzz(func(t *testing.T, s string) {
		if len(unescape(s)) > len(s) {
			t.Fatal("grew")
		}
	})
}
