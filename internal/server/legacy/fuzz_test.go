package legacy

import (
	"os"
	"path/filepath"
	"testing"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// seeds gives every sample file to a fuzz target.
func seeds(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no samples", err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
}

// FuzzFiles gives the same bytes to the reader of each kind of file. Whatever
// is in the book must be something that the directory takes.
func FuzzFiles(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []func(*importer){
			func(m *importer) { m.aliasFile("f", text) },
			func(m *importer) { m.forward("an", "f", text) },
			func(m *importer) { m.virtusertable(pairs("f", text)) },
			func(m *importer) { m.relayDomains(pairs("f", text)); m.relayRecipients(pairs("f", text)) },
			func(m *importer) { m.mailertable(pairs("f", text)) },
			func(m *importer) { m.sendmailAccess(pairs("f", text)) },
			func(m *importer) { m.postfixAccess("sender", pairs("f", text)) },
			func(m *importer) { m.domaintable(pairs("f", text)) },
			func(m *importer) { m.authinfo(pairs("f", text)) },
			func(m *importer) {
				for _, table := range postfixTables {
					m.table(table.parameter, pairs("f", text))
				}
			},
		} {
			m := newImporter(Options{Hostname: "mail.local.example"})
			m.local([]string{"local.example", "other.example"}, source{file: "f"})
			read(m)
			m.finish()
			valid(t, &m.out.Book)
		}
	})
}

// valid checks that the directory takes everything in a book.
func valid(t *testing.T, b *control.Book) {
	t.Helper()
	check := func(err error, v any) {
		if err != nil {
			t.Fatalf("%+v: %v", v, err)
		}
	}
	for _, a := range b.Aliases {
		_, err := directory.Alias{Address: a.Address, Targets: a.Targets}.Normal()
		check(err, a)
	}
	for _, l := range b.Lists {
		_, err := directory.List{Address: l.Address, Owner: l.Owner, Members: l.Members}.Normal()
		check(err, l)
	}
	for _, d := range b.Domains {
		kind, err := directory.ParseDomainKind(d.Kind)
		check(err, d)
		verify, err := directory.ParseVerifyMode(d.Verify)
		check(err, d)
		_, err = directory.Domain{Name: d.Name, Kind: kind, Target: d.AliasOf, Verify: verify, CatchAll: d.CatchAll}.Normal()
		check(err, d)
	}
	for _, r := range b.Routes {
		_, err := directory.Route{Match: r.Match, NextHop: r.NextHop}.Normal()
		check(err, r)
	}
	for _, c := range b.Credentials {
		_, err := directory.Credential{Host: c.Host, User: c.User, Password: c.Password}.Normal()
		check(err, c)
	}
}

// FuzzMainCF expands every parameter, which may refer to itself.
func FuzzMainCF(f *testing.F) {
	seeds(f)
	f.Add([]byte("a = $b$b\nb = $a${a}$(a\nc = $c"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, _ := parseMainCF("main.cf", text)
		c.defaults("mail.local.example")
		for _, name := range c.order {
			value, _, ok := c.value(name)
			if !ok || len(value) > len(text)+2*maxExpand {
				t.Fatalf("%s: %d octets", name, len(value))
			}
		}
	})
}
