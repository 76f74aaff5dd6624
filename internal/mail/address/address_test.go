package address_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"tram/internal/mail/address"
)

func TestParsePath(t *testing.T) {
	for _, tt := range []struct {
		in            string
		local, domain string
		path          string // as written back
	}{
		{"<>", "", "", "<>"},
		{"<joe@example.org>", "joe", "example.org", "<joe@example.org>"},
		{"<Joe.Smith+tag@EXAMPLE.Org>", "Joe.Smith+tag", "example.org", "<Joe.Smith+tag@example.org>"},
		{`<"joe"@example.org>`, "joe", "example.org", "<joe@example.org>"},
		{`<"j\o\e"@example.org>`, "joe", "example.org", "<joe@example.org>"},
		{`<"joe smith"@example.org>`, "joe smith", "example.org", `<"joe smith"@example.org>`},
		{`<"a@b>c"@example.org>`, "a@b>c", "example.org", `<"a@b>c"@example.org>`},
		{`<"\"\\"@example.org>`, `"\`, "example.org", `<"\"\\"@example.org>`},
		{"<@a.example,@b.example:joe@example.org>", "joe", "example.org", "<joe@example.org>"},
		{"<@a.example:joe@example.org>", "joe", "example.org", "<joe@example.org>"},
		{"<postmaster>", "postmaster", "", "<postmaster>"},
		{"<PostMaster>", "PostMaster", "", "<PostMaster>"},
		{"<joe@[192.0.2.1]>", "joe", "[192.0.2.1]", "<joe@[192.0.2.1]>"},
		{"<joe@[ipv6:2001:DB8:0:0::1]>", "joe", "[IPv6:2001:db8::1]", "<joe@[IPv6:2001:db8::1]>"},
		{"<a..b.@docomo.example>", "a..b.", "docomo.example", `<"a..b."@docomo.example>`},
		{"<a_b@under_score.example>", "a_b", "under_score.example", "<a_b@under_score.example>"},
		{"<thư@ví-dụ.vn>", "thư", "ví-dụ.vn", "<thư@ví-dụ.vn>"},
		{"<joe@BÜCHER.example>", "joe", "bücher.example", "<joe@bücher.example>"},
		{"<joe@xn--bcher-kva.example>", "joe", "xn--bcher-kva.example", "<joe@xn--bcher-kva.example>"},
		{"<user%other@example.org>", "user%other", "example.org", "<user%other@example.org>"},
		{"<" + strings.Repeat("v", 256) + "@example.org>", strings.Repeat("v", 256), "example.org", "<" + strings.Repeat("v", 256) + "@example.org>"},
	} {
		a, err := address.ParsePath(tt.in)
		if err != nil || a.Local != tt.local || a.Domain != tt.domain || a.Path() != tt.path {
			t.Errorf("ParsePath(%q) = %+v, %v, written %q, want %q %q %q", tt.in, a, err, a.Path(), tt.local, tt.domain, tt.path)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, in := range []string{
		"", "joe@example.org", "<joe@example.org", "<joe>", "<@example.org>", "<joe@>", "<joe@example.org>x",
		"<joe@example..org>", "<joe@.example.org>", "<joe@example.org.>", "<joe@exam ple.org>", "<joe smith@example.org>",
		"<joe\r\n@example.org>", "<\"joe\r\n\"@example.org>", "<\"joe\x00\"@example.org>", "<joe@example.org\r\n>", "<joe\x00@example.org>",
		"<\"joe\\\n\"@example.org>", "<joe@\xff.example>", "<\xff@example.org>", "<\u0085x@example.org>",
		`<"joe@example.org>`, `<"joe\"@example.org>`, `<""@example.org>`, `<"a"b@example.org>`, `<a"b"@example.org>`,
		"<@a.example,joe@example.org>", "<@a.example:>", "<@:joe@example.org>", "<@a.example,@:joe@example.org>", "<@a.example@b:joe@example.org>",
		"<joe@[192.0.2.256]>", "<joe@[2001:db8::1]>", "<joe@[IPv6:192.0.2.1]>", "<joe@[IPv6:fe80::1%eth0]>", "<joe@[x]>", "<joe@[]>", "<joe@[192.0.2.1>",
		"<joe@[192.0.2.1]x>", "<joe@#123>", "<joe@example.org,fred@example.org>", "<<joe@example.org>>", "<joe@@example.org>", "<joe@a@b>",
		"<" + strings.Repeat("x", 257) + "@example.org>", "<joe@" + strings.Repeat("x", 64) + ".org>", "<joe@" + strings.Repeat("x.", 130) + "org>",
		"<" + strings.Repeat("@a.example,", 100) + "@b:joe@example.org>", "<joe@a\u3002\u3002b>", "<joe@\u200d.example>", "<joe@-\u00fc-.example>x",
	} {
		if a, err := address.ParsePath(in); err == nil {
			t.Errorf("ParsePath(%q) = %+v, want an error", in, a)
		}
	}
}

func TestParseAddress(t *testing.T) {
	a, err := address.ParseAddress("joe@Example.org")
	if err != nil || a != (address.Address{Local: "joe", Domain: "example.org"}) {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, in := range []string{"", "joe", "postmaster", "<joe@example.org>", "joe@example.org ", " joe@example.org", "joe@example.org,x@y"} {
		if a, err := address.ParseAddress(in); err == nil {
			t.Errorf("ParseAddress(%q) = %+v, want an error", in, a)
		}
	}
}

func TestCutPath(t *testing.T) {
	a, rest, err := address.CutPath("<joe@example.org> SIZE=1")
	if err != nil || a.String() != "joe@example.org" || rest != " SIZE=1" {
		t.Errorf("got %v, %q, %v", a, rest, err)
	}
}

func TestForms(t *testing.T) {
	a, _ := address.ParseAddress("Thư.Mục@ví-dụ.vn")
	if got := a.ASCII(); got != "xn--v-d-rma6749a.vn" {
		t.Errorf("ASCII = %q", got)
	}
	if a.IsASCII() || a.IsNull() || a.IsLiteral() {
		t.Errorf("%v: wrong kind", a)
	}
	decomposed, err := address.ParseAddress("Thu\u031b.Mu\u0323c@ví-dụ.vn")
	if err != nil || decomposed.Fold() != a.Fold() || a.Fold().Local != "thư.mục" {
		t.Errorf("Fold: %+v and %+v, %v", decomposed.Fold(), a.Fold(), err)
	}
	lit, _ := address.ParseAddress("joe@[IPv6:2001:db8::1]")
	if ip, ok := lit.LiteralIP(); !ok || ip != netip.MustParseAddr("2001:db8::1") {
		t.Errorf("LiteralIP = %v, %v", ip, ok)
	}
	if _, ok := a.LiteralIP(); ok {
		t.Error("a name is no literal")
	}
}

func TestSplitSubaddress(t *testing.T) {
	for _, tt := range []struct{ local, sep, user, tag string }{
		{"joe+news", "+", "joe", "news"}, {"joe+a+b", "+", "joe", "a+b"}, {"joe", "+", "joe", ""}, {"+joe", "+", "+joe", ""},
		{"joe+", "+", "joe", ""}, {"joe-x", "-", "joe", "x"}, {"joe+x", "", "joe+x", ""}, {"joe--x", "--", "joe", "x"},
	} {
		if u, tag := address.SplitSubaddress(tt.local, tt.sep); u != tt.user || tag != tt.tag {
			t.Errorf("SplitSubaddress(%q, %q) = %q, %q", tt.local, tt.sep, u, tag)
		}
	}
}

func TestValid(t *testing.T) {
	for _, a := range []address.Address{{}, {Local: "postmaster"}, {Local: "joe", Domain: "example.org"}, {Local: "a b", Domain: "[192.0.2.1]"}} {
		if err := a.Valid(); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
	for _, a := range []address.Address{
		{Domain: "example.org"}, {Local: "joe"}, {Local: "joe\r\n", Domain: "example.org"}, {Local: "joe", Domain: "example.org\r\nDATA"},
		{Local: "joe", Domain: "Example.org"}, {Local: "joe\x00", Domain: "x"}, {Local: "joe", Domain: "a>b"}, {Local: "joe", Domain: "[192.0.2.1]>"},
	} {
		if a.Valid() == nil {
			t.Errorf("%+v is not valid", a)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, a := range []address.Address{{}, {Local: "postmaster"}, {Local: "a b", Domain: "example.org"}} {
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back address.Address
		if err := json.Unmarshal(text, &back); err != nil || back != a {
			t.Errorf("%s: %+v, %v", text, back, err)
		}
	}
	var a address.Address
	if json.Unmarshal([]byte(`"nonsense"`), &a) == nil {
		t.Error("nonsense was read")
	}
}

// FuzzPath: what is parsed is valid, free of control characters, and read back
// from its own written form; folding is stable; nothing depends on what
// follows the path.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"<>", "<joe@example.org>", `<"a\"b"@x>`, "<@a,@b:c@d>", "<joe@[IPv6:::1]>", "<ü@ÜBER.example>", "<postmaster>", "<a..@x> SIZE=1", "<x@ﬁ.example>", "<x@a．b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, rest, err := address.CutPath(s)
		if err != nil {
			return
		}
		if !strings.HasSuffix(s, rest) {
			t.Fatalf("%q: rest %q", s, rest)
		}
		if err := a.Valid(); err != nil {
			t.Fatalf("%q: %+v: %v", s, a, err)
		}
		path := a.Path()
		if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q: control character in %q", s, path)
		}
		if back, err := address.ParsePath(path); err != nil || back != a {
			t.Fatalf("%q: %q reads back as %+v, %v", s, path, back, err)
		}
		if a.Domain != "" && a.ASCII() == "" {
			t.Fatalf("%q: no ASCII form of %q", s, a.Domain)
		}
		if f := a.Fold(); f.Fold() != f {
			t.Fatalf("%q: Fold is not stable: %+v, %+v", s, f, f.Fold())
		}
	})
}
