package server

import (
	"io"
	"log/slog"
	"testing"

	"tram/internal/directory"
	"tram/internal/server/admin"
	"tram/internal/server/control"
)

// What the administrator's commands do, clients see at once: public folders,
// rights, quotas of domains.
func TestSharing(t *testing.T) {
	r := start(t, twoDoors)
	ctx := t.Context()
	for _, d := range []directory.Domain{{Name: "example.org", QuotaMessages: 2}, {Name: "other.example"}} {
		if _, err := r.stores.Directory.AddDomain(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{"an@example.org", "binh@example.org", "lan@other.example"} {
		if _, err := r.stores.Directory.AddAccount(ctx, directory.Account{Address: address}, "secret"); err != nil {
			t.Fatal(err)
		}
	}
	ops := admin.New(r.stores, "mail.example.org", nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	news := control.MailboxName{Account: "@example.org", Mailbox: "News"}
	if _, err := ops.AddPublic(ctx, control.PublicFolder{MailboxName: news}); err != nil {
		t.Fatal(err)
	}
	team := control.RightsChange{
		MailboxName: control.MailboxName{Account: "an@example.org", Mailbox: "INBOX"}, Grant: control.Grant{Who: "Binh@example.org", Rights: "lri"},
	}
	if _, err := ops.SetRights(ctx, team); err != nil {
		t.Fatal(err)
	}
	login := func(user string) *session {
		s := r.dial("imap")
		s.expect("", "* OK")
		s.expect("0 LOGIN "+user+" secret", "0 OK")
		return s
	}
	binh := login("binh@example.org")
	binh.expect(`1 LIST "" Shared/*`, "* LIST (\\HasNoChildren) \"/\" Shared/an@example.org/INBOX")
	binh.expect(`2 LIST "" Public/*`, "* LIST (\\HasNoChildren) \"/\" Public/News")
	binh.expect("3 SELECT Public/News", "3 OK [READ-ONLY]")
	binh.expect("4 CREATE Public/News/mine", "4 NO [NOPERM]")
	binh.expect("5 APPEND Public/News {5+}\r\nA: b\n", "5 NO [NOPERM]")
	if _, err := ops.SetRights(ctx, control.RightsChange{MailboxName: news, Grant: control.Grant{Who: "@example.org", Rights: "+ik"}}); err != nil {
		t.Fatal(err)
	}
	binh.expect("6 APPEND Public/News {5+}\r\nA: b\n", "6 OK [APPENDUID")
	binh.expect("7 CREATE Public/News/mine", "7 OK")
	binh.expect("8 GETQUOTAROOT Public/News", "* QUOTA @example.org (MESSAGE 1 2)")
	binh.expect("9 APPEND Shared/an@example.org/INBOX {5+}\r\nA: b\n", "9 OK [APPENDUID")
	binh.expect("10 APPEND INBOX {5+}\r\nA: b\n", "10 NO [OVERQUOTA]")
	binh.expect("11 GETACL Public/News/mine", "11 NO [NOPERM]")

	lan := login("lan@other.example")
	lan.expect("1 SELECT Public/News", "1 NO [NONEXISTENT]")
	lan.expect("2 STATUS Shared/an@example.org/INBOX (MESSAGES)", "2 NO [NONEXISTENT]")
	lan.expect("3 APPEND INBOX {5+}\r\nA: b\n", "3 OK")

	// An address that somebody else gets brings no rights with it.
	if err := ops.DeleteAccount(ctx, control.AccountDeletion{Address: "binh@example.org"}); err != nil {
		t.Fatal(err)
	}
	if left, err := ops.Rights(ctx, team.MailboxName); err != nil || len(left) != 0 {
		t.Fatal(left, err)
	}
	if _, err := r.stores.Directory.AddAccount(ctx, directory.Account{Address: "binh@example.org"}, "secret"); err != nil {
		t.Fatal(err)
	}
	binh = login("binh@example.org")
	binh.expect("1 STATUS Shared/an@example.org/INBOX (MESSAGES)", "1 NO [NONEXISTENT]")

	// The account of who shared goes, and with it what was shared.
	if err := ops.DeleteAccount(ctx, control.AccountDeletion{Address: "an@example.org", Purge: true}); err != nil {
		t.Fatal(err)
	}
	binh.expect(`12 LIST "" Shared/*`, "12 OK")
	binh.expect("13 STATUS Shared/an@example.org/INBOX (MESSAGES)", "13 NO [NONEXISTENT]")
	binh.expect("14 APPEND INBOX {5+}\r\nA: b\n", "14 OK") // there is room again
	r.stop()
	<-r.done
}
