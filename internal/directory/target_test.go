package directory

import (
	"slices"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, test := range []struct {
		in   string
		kind TargetKind
		want string // String of what was parsed; "" is an error
	}{
		{"an@a.example", ToAddress, "an@a.example"},
		{" An@A.example ", ToAddress, "An@a.example"},
		{`"a b"@a.example`, ToAddress, `"a b"@a.example`},
		{":include:/etc/list", ToInclude, ":include:/etc/list"},
		{":include: /etc/list", ToInclude, ":include:/etc/list"},
		{"/var/mail/box", ToFile, "/var/mail/box"},
		{"/var/mail/dir/", ToFile, "/var/mail/dir/"},
		{`"/var/mail/a box"`, ToFile, "/var/mail/a box"},
		{"|/bin/cat", ToProgram, "|/bin/cat"},
		{`"|/bin/cat -u 'a b' \"c\""`, ToProgram, `|/bin/cat -u "a b" c`},
		{`|/bin/x "" a\ b 'it"s'`, ToProgram, `|/bin/x "" "a b" "it\"s"`},
		{"|/bin/sh -c $HOME;id", ToProgram, "|/bin/sh -c $HOME;id"},
		{"", 0, ""}, {"an", 0, ""}, {"|", 0, ""}, {"|cat", 0, ""}, {"|/", 0, ""}, {"/", 0, ""}, {"//", 0, ""},
		{":include:list", 0, ""}, {"/var/../etc/passwd", 0, ""}, {"|/../bin/x", 0, ""}, {"/a\nb", 0, ""}, {"|/bin/x 'a", 0, ""},
		{"/a\xff", 0, ""}, {"/" + strings.Repeat("x", MaxTarget), 0, ""},
	} {
		got, err := ParseTarget(test.in)
		if test.want == "" {
			wants(t, test.in, err, ErrInvalid)
			continue
		}
		must(t, err)
		if got.Kind != test.kind || got.String() != test.want {
			t.Errorf("%q: got %v %q, want %v %q", test.in, got.Kind, got.String(), test.kind, test.want)
		}
	}
}

// FuzzTarget: what is parsed is written as a text that parses to the same, and
// nothing dangerous is in it.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"an@a.example", ":include:/x", "/x/", `"|/bin/x \"a\" 'b'"`, `|/x \`, `|/x "\\" a\'`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one, err := ParseTarget(s)
		if err != nil {
			return
		}
		two, err := ParseTarget(one.String())
		if err != nil || two.Kind != one.Kind || two.Path != one.Path || two.Address != one.Address || !slices.Equal(two.Argv, one.Argv) {
			t.Fatalf("%q: %+v, written %q, is %+v, %v", s, one, one.String(), two, err)
		}
		if strings.ContainsFunc(one.String(), isControl) {
			t.Fatalf("%q: control character", s)
		}
	})
}

func TestSplitTargets(t *testing.T) {
	for in, want := range map[string][]string{
		"an, binh":                                {"an", "binh"},
		` "|/bin/x a, b" ,cuc@x.example `:         {`"|/bin/x a, b"`, "cuc@x.example"},
		"Nguyễn An <an@x.example>, <b@x.example>": {"an@x.example", "b@x.example"},
		`"Doe, Joe" <joe@x.example>,,`:            {"joe@x.example"},
		"":                                        nil,
	} {
		if got := SplitTargets(in); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
