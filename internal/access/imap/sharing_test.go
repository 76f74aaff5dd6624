package imap

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// neighbourhood are users of two domains, one of which has public folders; the
// transcripts named "shared-…" are played there.
var neighbourhood = accounts{"alice@example.org": 2001, "bob@example.org": 2002, "carol@other.example": 2003}

const publicAccount kv.Account = 2900

// testNeighbours are the Neighbours of the neighbourhood.
type testNeighbours struct{}

func (testNeighbours) AccountOf(_ context.Context, address string) (kv.Account, string, error) {
	address = strings.ToLower(address)
	if id := neighbourhood[address]; id != 0 {
		return kv.Account(id), address, nil
	}
	return 0, "", nil
}

func (testNeighbours) AddressOf(_ context.Context, id kv.Account) (string, error) {
	for address, account := range neighbourhood {
		if kv.Account(account) == id {
			return address, nil
		}
	}
	return "", nil
}

func (testNeighbours) PublicOf(_ context.Context, user string) (kv.Account, error) {
	if strings.HasSuffix(user, "@example.org") {
		return publicAccount, nil
	}
	return 0, nil
}

// shared makes the server one of the neighbourhood, where carol may keep three
// messages, and example.org ten.
func shared(o *serverOptions) {
	o.Auth, o.Neighbours = neighbourhood, testNeighbours{}
	o.Quota = func(_ context.Context, id kv.Account) (mailstore.Quota, error) {
		if id == 2003 {
			return mailstore.Quota{Bytes: 1 << 20, Messages: 3}, nil
		}
		return mailstore.Quota{Pool: mailstore.Pool{Name: "example.org", Messages: 10}}, nil
	}
	o.store.Members = func(context.Context, string) ([]kv.Account, error) {
		return []kv.Account{2001, 2002, publicAccount}, nil
	}
}

// serverFor makes the server for a transcript.
func (p *player) serverFor(file string) {
	switch name := filepath.Base(file); {
	case name == "messagelimit.txtar":
		p.srv = newServer(p.t, func(o *serverOptions) { o.Limits.Messages = 3 })
		return
	case name == "savelimit.txtar":
		p.srv = newServer(p.t, func(o *serverOptions) { o.Limits.Saves = 2 })
		return
	case !strings.HasPrefix(name, "shared-"):
		p.srv = newServer(p.t)
		return
	}
	p.srv = newServer(p.t, shared)
	ctx := p.t.Context()
	for _, name := range []string{"Notices", "Orders"} {
		m, err := p.srv.store.Create(ctx, publicAccount, name, "")
		check(p.t, err)
		who := "@example.org"
		if name == "Orders" {
			who = "bob@example.org"
		}
		check(p.t, p.srv.store.SetACL(ctx, publicAccount, m.ID, who, func(mailstore.Rights) mailstore.Rights {
			return mailstore.RightLookup | mailstore.RightRead
		}))
	}
}

// A mailbox of the user's own that has the name of a namespace, from before
// there were any, can be reached and renamed; a new one cannot be made.
func TestOldNamesInTheWay(t *testing.T) {
	s := newServer(t, shared)
	for _, name := range []string{"Shared/old", "Shared"} {
		_, err := s.store.Create(t.Context(), 2001, name, "")
		check(t, err)
	}
	c := s.login("alice@example.org")
	if all := c.ok(`LIST "" Shared*`); len(all) != 2 {
		t.Errorf("%q", all)
	}
	c.ok("SELECT Shared/old")
	if _, status := c.cmd("CREATE Shared/new"); !strings.HasPrefix(status, "NO [CANNOT]") {
		t.Error(status)
	}
	c.ok("RENAME Shared/old Mine")
	c.ok("DELETE Shared")
	c.ok("SELECT Mine")
}
