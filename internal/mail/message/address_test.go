package message

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddressList(t *testing.T) {
	plain := func(name, local, domain string) Address {
		return Address{Name: name, Local: local, Domain: domain}
	}
	tests := []struct {
		in   string
		want []Address
	}{
		{"", nil},
		{" \t\r\n ", nil},
		{"a@b.example", []Address{plain("", "a", "b.example")}},
		{"<a@b.example>", []Address{plain("", "a", "b.example")}},
		{"Lan <lan@b.example>,an@b.example", []Address{plain("Lan", "lan", "b.example"), plain("", "an", "b.example")}},
		{"John Q. Public <j@b.example>", []Address{plain("John Q. Public", "j", "b.example")}},
		{"\"a, \\\"b\\\"\" <j@b.example>", []Address{plain(`a, "b"`, "j", "b.example")}},
		{"\"folded\r\n name\" <j@b.example>", []Address{plain("folded name", "j", "b.example")}},
		{"j@b.example (The (real) Name)", []Address{plain("The (real) Name", "j", "b.example")}},
		{"j (x) @ (y) b . example (z \\) z)", []Address{plain("z ) z", "j", "b.example")}},
		{`"odd local"@b.example`, []Address{plain("", "odd local", "b.example")}},
		{".dots..@b.example", []Address{plain("", ".dots..", "b.example")}},
		{"a@[192.0.2.1]", []Address{plain("", "a", "[192.0.2.1]")}},
		{"Trần <a@ví-dụ.vn>", []Address{plain("Trần", "a", "ví-dụ.vn")}},
		{"=?utf-8?q?=C3=A0?= <a@b.example>", []Address{plain("=?utf-8?q?=C3=A0?=", "a", "b.example")}},
		{"<@r.example,@s.example:a@b.example>", []Address{{Route: "@r.example,@s.example", Local: "a", Domain: "b.example"}}},

		{"list: a@b.example, C <c@d.example>; , e@f.example", []Address{
			{Kind: GroupStart, Name: "list"}, plain("", "a", "b.example"), plain("C", "c", "d.example"),
			{Kind: GroupEnd}, plain("", "e", "f.example")}},
		{"undisclosed-recipients:;", []Address{{Kind: GroupStart, Name: "undisclosed-recipients"}, {Kind: GroupEnd}}},
		{"open: a@b.example", []Address{
			{Kind: GroupStart, Name: "open"}, plain("", "a", "b.example"), {Kind: GroupEnd, Bad: true}}},

		{"nobody", []Address{{Local: "nobody", Bad: true}}},
		{"two words", []Address{{Name: "two words", Bad: true}}},
		{`"quoted"`, []Address{{Name: "quoted", Bad: true}}},
		{"@b.example", []Address{{Domain: "b.example", Bad: true}}},
		{"a@", []Address{{Local: "a", Bad: true}}},
		{"<>", []Address{{Bad: true}}},
		{"a@b.example,,c@d.example", []Address{plain("", "a", "b.example"), {Bad: true}, plain("", "c", "d.example")}},
		{"a@b.example,", []Address{plain("", "a", "b.example")}},
		{"a@b.example (open", []Address{{Local: "a", Bad: true}}},
		{"Name <a@b.example", []Address{{Name: "Name", Local: "a", Domain: "b.example", Bad: true}}},
		{"<a@b.example> garbage <c@d.example>", []Address{plain("", "a", "b.example")}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, ParseAddressList([]byte(tt.in))); diff != "" {
			t.Errorf("%q:\n%s", tt.in, diff)
		}
	}
}

func TestAddressListLimit(t *testing.T) {
	value := repeated("a@b.example,", 3*MaxAddresses)
	if n := len(ParseAddressList(value)); n != MaxAddresses {
		t.Errorf("%d addresses, want %d", n, MaxAddresses)
	}
}

func FuzzAddressList(f *testing.F) {
	for _, s := range []string{
		"a@b, \"c\\\" d\" <e@[1.2.3.4]>", "g: a@b, c@d;, <@r:u@v>", "(((", "a (b\\", "\"a\r\n\tb\"", "<<<<", ".@.", "a b c: d e f",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		inGroup := false
		for _, a := range ParseAddressList(value) {
			switch a.Kind {
			case GroupStart, GroupEnd:
				if inGroup == (a.Kind == GroupStart) {
					t.Errorf("groups do not alternate in %q", value)
				}
				inGroup = a.Kind == GroupStart
			default:
				if !a.Bad && (a.Domain == "" || a.Name == "" && a.Local == "" && len(value) < 3) {
					t.Errorf("%+v is called good in %q", a, value)
				}
			}
		}
		if inGroup {
			t.Errorf("group does not end in %q", value)
		}
		h := append([]byte("From: "), value...)
		checkWire(t, "envelope", digestOf(t, h).Envelope)
	})
}
