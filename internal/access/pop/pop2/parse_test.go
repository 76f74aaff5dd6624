package pop2

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line, verb string
		args       []string
		err        error
	}{
		{"HELO smith secret", "HELO", []string{"smith", "secret"}, nil},
		{"helo smith secret", "HELO", []string{"smith", "secret"}, nil},
		{`HELO a\ b c\\d\ `, "HELO", []string{"a b", `c\d `}, nil},
		{"HELO smith", "HELO", nil, errUsage},
		{"HELO smith a b", "HELO", nil, errUsage},
		{"HELO  secret", "HELO", nil, errUsage},
		{"FOLD /usr/spool/mail smith", "FOLD", []string{"/usr/spool/mail smith"}, nil},
		{`FOLD Dự\ án`, "FOLD", []string{"Dự án"}, nil},
		{"FOLD", "FOLD", nil, errUsage},
		{"READ", "READ", nil, nil},
		{"READ 27", "READ", []string{"27"}, nil},
		{"READ 27 ", "READ", nil, errUsage},
		{"READ -1", "READ", nil, errUsage},
		{"READ 99999999999", "READ", nil, errUsage},
		{"RETR", "RETR", nil, nil},
		{"RETR 1", "RETR", nil, errUsage},
		{"QUIT now", "QUIT", nil, errUsage},
		{"", "", nil, errSyntax},
		{"RETR\x00", "", nil, errControl},
		{"STAT", "", nil, errSyntax},
	} {
		verb, args, err := parse([]byte(c.line))
		if verb != c.verb || !slices.Equal(args, c.args) || err != c.err {
			t.Errorf("%q: %q %q %v, want %q %q %v", c.line, verb, args, err, c.verb, c.args, c.err)
		}
	}
}

// FuzzParse: no panic, and what is parsed says the same when it is written again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`HELO a\ b c`, "FOLD x y", "READ 3", `FOLD \`, "HELO \\ \\"} {
		f.Add([]byte(s))
	}
	quote := strings.NewReplacer(`\`, `\\`, " ", `\ `)
	f.Fuzz(func(t *testing.T, line []byte) {
		verb, args, err := parse(line)
		if err != nil {
			return
		}
		again := verb
		for _, a := range args {
			again += " " + quote.Replace(a)
		}
		verb2, args2, err := parse([]byte(again))
		if err != nil || verb2 != verb || !slices.Equal(args, args2) {
			t.Fatalf("%q → %q %q, again %q → %q %q %v", line, verb, args, again, verb2, args2, err)
		}
	})
}
