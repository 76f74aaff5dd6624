package msa_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/agent/msa"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/storage/kv/pebble"
)

// TestMailForRoot: it goes to a person where there is one, and on a machine
// that has none to the host that gets everything.
func TestMailForRoot(t *testing.T) {
	for _, test := range []struct {
		name    string
		people  bool // whether anybody is at home here
		aliases []string
		domain  string // of this machine's programs
		want    string
	}{
		{"a user root", true, []string{"root@here.example"}, "here.example", "root@here.example"},
		{"the postmaster of the domain", true, nil, "here.example", "postmaster@here.example"},
		{"the postmaster of the server", true, nil, "pc.example", "postmaster"},
		{"nobody here", false, nil, "pc.example", "root@pc.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := rootHouse(t, test.people, test.aliases)
			in := new(taken)
			local := msa.NewLocal(msa.LocalOptions{Intake: in, Directory: dir, Domain: test.domain, User: "root"})
			e := &smtpwire.Envelope{Rcpts: []smtpwire.Rcpt{{To: address.Address{Local: "root", Domain: test.domain}}}}
			if _, err := local.Data(t.Context(), &smtpwire.Peer{}, e, strings.NewReader("Subject: x\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			if got := in.to.String(); got != test.want {
				t.Errorf("mail for root@%s goes to %s, want %s", test.domain, got, test.want)
			}
		})
	}
}

// rootHouse is a directory, empty or with an@here.example and aliases to it.
func rootHouse(t *testing.T, people bool, aliases []string) *directory.Directory {
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
	if !people {
		return dir
	}
	if _, err := dir.AddDomain(t.Context(), directory.Domain{Name: "here.example"}); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.AddAccount(t.Context(), directory.Account{Address: "an@here.example"}, ""); err != nil {
		t.Fatal(err)
	}
	for _, a := range aliases {
		if err := dir.AddAlias(t.Context(), directory.Alias{Address: a, Targets: []string{"an@here.example"}}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// taken is an intake that remembers the recipient.
type taken struct{ to address.Address }

func (in *taken) Take(_ context.Context, _ *smtpwire.Peer, e *smtpwire.Envelope, _ io.Reader) (string, error) {
	in.to = e.Rcpts[0].To
	return "id", nil
}
