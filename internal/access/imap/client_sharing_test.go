package imap

import (
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// TestGoIMAPSharing lets a client that someone else wrote share, note and ask
// for room.
func TestGoIMAPSharing(t *testing.T) {
	s := newServer(t, shared)
	open := func(user string) *imapclient.Client {
		c, err := imapclient.DialInsecure(s.listener.Addr().String(), nil)
		check(t, err)
		t.Cleanup(func() { c.Close() })
		check(t, c.Login(user, "secret").Wait())
		return c
	}
	alice, bob := open("alice@example.org"), open("bob@example.org")
	check(t, alice.Create("Dự án", nil).Wait())
	check(t, alice.SetACL("Dự án", "bob@example.org", imap.RightModificationReplace, imap.RightSet("lr")).Wait())
	check(t, alice.SetACL("Dự án", "bob@example.org", imap.RightModificationAdd, imap.RightSet("s")).Wait())
	acl, err := alice.GetACL("Dự án").Wait()
	check(t, err)
	if got := acl.Rights["bob@example.org"]; !got.Equal(imap.RightSet("lrs")) || len(acl.Rights) != 2 {
		t.Errorf("%+v", acl)
	}
	names, err := bob.Namespace().Wait()
	check(t, err)
	if len(names.Other) != 1 || len(names.Shared) != 1 {
		t.Errorf("%+v", names)
	}
	list, err := bob.List(names.Other[0].Prefix, "*", nil).Collect()
	check(t, err)
	name := list[len(list)-1].Mailbox
	if name != "Shared/alice@example.org/Dự án" {
		t.Errorf("%+v", list)
	}
	mine, err := bob.MyRights(name).Wait()
	check(t, err)
	if !mine.Rights.Equal(imap.RightSet("lrs")) {
		t.Errorf("%+v", mine)
	}
	note := []byte("a \"note\"\r\nof two lines")
	check(t, bob.SetMetadata(name, map[string]*[]byte{"/shared/comment": &note}).Wait())
	data, err := alice.GetMetadata("Dự án", []string{"/shared/comment"}, nil).Wait()
	check(t, err)
	if got := data.Entries["/shared/comment"]; got == nil || string(*got) != string(note) {
		t.Errorf("%+v", data)
	}
	roots, err := bob.GetQuotaRoot(name).Wait()
	check(t, err)
	if len(roots) != 1 || roots[0].Root != "@example.org" || roots[0].Resources[imap.QuotaResourceMessage].Limit != 10 {
		t.Errorf("%+v", roots)
	}
}
