package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"tram/internal/config"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/server/control"
	"tram/internal/server/stores"
	"tram/internal/storage/kv"
)

func newAdmin(t *testing.T) (*Admin, *stores.Stores) {
	t.Helper()
	c := config.Default()
	c.Data = t.TempDir()
	log := slog.New(slog.DiscardHandler)
	s, err := stores.Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(s, "mail.example.org", nil, log), s
}

func accounts(t *testing.T, a *Admin) []control.Account {
	t.Helper()
	var all []control.Account
	err := a.Accounts(t.Context(), "", func(one control.Account) error { all = append(all, one); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// rows are accounts in domains of their own.
func rows(t *testing.T, n int) control.Import {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	in := control.Import{CreateDomains: true}
	for i := range n {
		in.Accounts = append(in.Accounts, control.NewAccount{Address: fmt.Sprintf("an@d%d.example", i), Hash: string(hash)})
	}
	return in
}

func ignore(control.Progress) error { return nil }

// An import that is broken off leaves nothing behind, neither accounts nor
// domains.
func TestImportThatIsBrokenOff(t *testing.T) {
	a, _ := newAdmin(t)
	gone := errors.New("the client went away")
	err := a.ImportAccounts(t.Context(), rows(t, 20), func(control.Progress) error { return gone })
	if !errors.Is(err, gone) {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = a.ImportAccounts(ctx, rows(t, 20), func(control.Progress) error { stop(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := len(accounts(t, a)); n != 0 {
		t.Errorf("%d accounts are left", n)
	}
	err = a.Domains(t.Context(), func(d control.Domain) error { return errors.New(d.Name + " is left") })
	if err != nil {
		t.Error(err)
	}
	if err := a.ImportAccounts(t.Context(), rows(t, 20), ignore); err != nil || len(accounts(t, a)) != 20 {
		t.Error("it cannot be tried again:", err)
	}
}

func TestImportNamesRows(t *testing.T) {
	a, _ := newAdmin(t)
	in := rows(t, 4)
	in.Accounts[1].Hash = "{MD5}nonsense"
	in.Accounts[3].Address = in.Accounts[0].Address
	e := new(control.Error)
	if err := a.ImportAccounts(t.Context(), in, ignore); !errors.As(err, &e) || e.Kind != control.Invalid {
		t.Fatal(err)
	}
	if len(e.Rows) != 2 || e.Rows[0].Row != 1 || e.Rows[1].Row != 3 || !strings.Contains(e.Rows[1].Text, "stands twice") {
		t.Errorf("%+v", e.Rows)
	}
}

// deliver puts a message into an INBOX.
func deliver(t *testing.T, s *stores.Stores, id kv.Account) {
	t.Helper()
	const text = "Subject: x\r\n\r\nHello.\r\n"
	w, err := s.Blobs.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	scan := message.NewScanner()
	_, _ = scan.Write([]byte(text))
	_, _ = w.Write([]byte(text))
	blob, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	boxes, err := s.Mail.Mailboxes(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	inbox := boxes[slices.IndexFunc(boxes, func(m mailstore.Mailbox) bool { return m.Name == "INBOX" })].ID
	_, _, err = s.Mail.Append(t.Context(), id, inbox, mailstore.Delivery{Blob: blob, BlobSize: int64(len(text)), Digest: scan.Close()})
	if err != nil {
		t.Fatal(err)
	}
}

// The mail of a deleted account stays for some days and then goes for good;
// that of others is not touched.
func TestSweep(t *testing.T) {
	a, s := newAdmin(t)
	if err := a.ImportAccounts(t.Context(), rows(t, 2), ignore); err != nil {
		t.Fatal(err)
	}
	both := accounts(t, a)
	for _, one := range both {
		deliver(t, s, kv.Account(one.ID))
	}
	gone, stays := kv.Account(both[0].ID), kv.Account(both[1].ID)
	if err := a.DeleteAccount(t.Context(), control.AccountDeletion{Address: both[0].Address}); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Sweep(t.Context(), time.Now().Add(DeletedKept-time.Hour)); err != nil || n != 0 {
		t.Errorf("%d %v", n, err)
	}
	if records(t, s, gone) == 0 {
		t.Fatal("the mail is gone too early")
	}
	if n, err := a.Sweep(t.Context(), time.Now().Add(DeletedKept+time.Hour)); err != nil || n != 1 {
		t.Errorf("%d %v", n, err)
	}
	if n := records(t, s, gone); n != 0 {
		t.Errorf("%d records are left", n)
	}
	if records(t, s, stays) == 0 {
		t.Error("the mail of another account is gone")
	}
	if n, err := a.Sweep(t.Context(), time.Now().Add(2*DeletedKept)); err != nil || n != 0 {
		t.Errorf("swept again: %d %v", n, err)
	}
}

// records counts what the key-value store holds of an account.
func records(t *testing.T, s *stores.Stores, id kv.Account) (n int) {
	t.Helper()
	err := s.KV.View(t.Context(), id, func(r kv.Reader) error {
		it := r.Scan([]byte{}, nil)
		defer it.Close()
		for it.Next() {
			n++
		}
		return it.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Verify names the account, the mailbox and the message of a problem.
func TestVerify(t *testing.T) {
	a, s := newAdmin(t)
	if err := a.ImportAccounts(t.Context(), rows(t, 1), ignore); err != nil {
		t.Fatal(err)
	}
	one := accounts(t, a)[0]
	id := kv.Account(one.ID)
	deliver(t, s, id)
	find := func() (found []control.Problem) {
		err := a.Verify(t.Context(), control.Verify{}, func(f control.Finding) error {
			if f.Problem != nil {
				found = append(found, *f.Problem)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := find(); len(found) != 0 {
		t.Fatalf("%+v", found)
	}
	// Take away a record of the message behind the back of the store.
	err := kv.Durable(t.Context(), s.KV, []kv.Account{id}, func(tx kv.Tx) error {
		return tx.Account(id).DeleteRange([]byte("m"), []byte("n"))
	})
	if err != nil {
		t.Fatal(err)
	}
	found := find()
	if len(found) == 0 || found[0].Account != one.Address || found[0].Mailbox != "INBOX" {
		t.Errorf("%+v", found)
	}
}
