package mda

import (
	"strings"
	"testing"

	"tram/internal/directory"
	"tram/internal/mail/address"
)

func TestVERP(t *testing.T) {
	list := address.Address{Local: "staff", Domain: "here.example"}
	for _, test := range []struct{ member, want string }{
		{"an@example.org", "staff-bounces+an=example.org@here.example"},
		{"an+tag=x@example.org", "staff-bounces+an+tag=x=example.org@here.example"},
		{"an@bücher.example", "staff-bounces+an=xn--bcher-kva.example@here.example"},
		{`"a b"@example.org`, `"staff-bounces+a b=example.org"@here.example`},
		{strings.Repeat("x", 240) + "@example.org", "staff-bounces@here.example"},
	} {
		member, err := address.ParseAddress(test.member)
		if err != nil {
			t.Fatal(err)
		}
		sender := verp(list, member)
		if sender.String() != test.want || sender.Valid() != nil {
			t.Errorf("%s: %s", test.member, sender)
		}
	}
}

// TestListLines: what an administrator wrote cannot become a field of its own.
func TestListLines(t *testing.T) {
	for _, test := range []struct{ list, description, want string }{
		{"staff@here.example", "", "List-Id: <staff.here.example>\r\n"},
		{"staff@here.example", `all "staff" \ here`, `List-Id: "all \"staff\" \\ here" <staff.here.example>` + "\r\n"},
		{"staff@here.example", "a\r\nBcc: x", "List-Id: =?utf-8?b?YQ0KQmNjOiB4?=\r\n <staff.here.example>\r\n"},
		{`"a b"@bücher.example`, "", "List-Id: <a-b.xn--bcher-kva.example>\r\nList-Post: <mailto:a%20b@xn--bcher-kva.example>\r\n"},
	} {
		l := &directory.List{Address: test.list, Description: test.description}
		lines := string(listLines(l, listAddress(l)))
		if !strings.Contains(lines, test.want) {
			t.Errorf("%q", lines)
		}
		for line := range strings.Lines(lines) {
			if !strings.HasSuffix(line, "\r\n") || len(line) > 998 {
				t.Errorf("line %q", line)
			}
		}
	}
	// RFC 2047 2, with CRLF.
	long := &directory.List{Address: "staff@here.example", Description: strings.Repeat("ệ", directory.MaxDescription/3)}
	for line := range strings.Lines(string(listLines(long, listAddress(long)))) {
		if len(line) > 78 {
			t.Errorf("%d octets: %q", len(line), line)
		}
	}
}

func TestWithoutSuccess(t *testing.T) {
	for notify, want := range map[string]string{
		"": "", "NEVER": "NEVER", "FAILURE,DELAY": "FAILURE,DELAY", "SUCCESS": "NEVER",
		"SUCCESS,FAILURE": "FAILURE", "DELAY,SUCCESS,FAILURE": "DELAY,FAILURE",
	} {
		if got := withoutSuccess(notify); got != want {
			t.Errorf("%q: %q, want %q", notify, got, want)
		}
	}
}
