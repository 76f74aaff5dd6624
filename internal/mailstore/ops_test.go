package mailstore

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tram/internal/mail/message"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

func TestConditionalStore(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	for range 4 {
		e.deliver(t, alice, in, letter, nil)
	}
	seq := e.view(t, alice, in).At(2).ModSeq // of message 3
	got, err := e.StoreFlags(t.Context(), alice, in, AllUIDs(), FlagChange{Op: AddFlags, Flags: Seen, Conditional: true, UnchangedSince: seq})
	if err != nil || !slices.Equal(got.Changed, UIDs(1, 2, 3)) || !slices.Equal(got.Modified, UIDs(4)) {
		t.Fatalf("%+v, %v", got, err)
	}
	// RFC 7162 3.1.3: with 0 no message passes, not even one that is as asked.
	got, err = e.StoreFlags(t.Context(), alice, in, AllUIDs(), FlagChange{Op: AddFlags, Flags: Seen, Conditional: true})
	if err != nil || got.Changed != nil || got.Modified.Len() != 4 || got.ModSeq != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestQuota(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	size := int64(len(letter) + 17)
	deliver := func(q Quota) error {
		d := e.delivery(letter)
		d.Quota = q
		_, _, err := e.Append(t.Context(), alice, in, d)
		return err
	}
	if err := deliver(Quota{Bytes: size - 1}); !errors.Is(err, ErrOverQuota) {
		t.Fatal(err)
	}
	if err := deliver(Quota{Bytes: size, Messages: 1}); err != nil {
		t.Fatal(err)
	}
	if err := deliver(Quota{Messages: 1}); !errors.Is(err, ErrOverQuota) {
		t.Fatal(err)
	}
	if err := deliver(Quota{}); err != nil {
		t.Fatal(err)
	}
	to := e.box(t, alice, "Archive")
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{Messages: 3}); !errors.Is(err, ErrOverQuota) {
		t.Fatal(err)
	}
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{Bytes: 4*size - 1}); !errors.Is(err, ErrOverQuota) {
		t.Fatal(err)
	}
	if v := e.view(t, alice, to); v.Len() != 0 {
		t.Fatal("a copy over quota left messages")
	}
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{Bytes: 4 * size, Messages: 4}); err != nil {
		t.Fatal(err)
	}
	bytes, messages, err := e.Usage(t.Context(), alice)
	if err != nil || bytes != 4*size || messages != 4 {
		t.Fatal(bytes, messages, err)
	}
	if err := e.Delete(t.Context(), alice, "Archive"); err != nil {
		t.Fatal(err)
	}
	if bytes, messages, _ = e.Usage(t.Context(), alice); bytes != 2*size || messages != 2 {
		t.Fatal(bytes, messages)
	}
}

func TestRefusedDeliveries(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	for name, change := range map[string]func(*Delivery){
		"no digest":     func(d *Delivery) { d.Digest = nil },
		"no blob":       func(d *Delivery) { d.Blob[15] = 0 },
		"other size":    func(d *Delivery) { d.BlobSize++ },
		"too large":     func(d *Delivery) { d.BlobSize = MaxMessageSize; d.Digest = &message.Digest{Size: d.BlobSize} },
		"own too large": func(d *Delivery) { d.Own = make([]byte, MaxOwn+1) },
	} {
		d := e.delivery(letter)
		change(&d)
		if d.Blob[15] == 0 {
			d.Blob = [16]byte{}
		}
		if _, _, err := e.Append(t.Context(), alice, in, e.delivery(letter), d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if v := e.view(t, alice, in); v.Len() != 0 {
		t.Errorf("%d messages of refused appends", v.Len())
	}
	if _, _, err := e.Append(t.Context(), alice, 99, e.delivery(letter)); !errors.Is(err, ErrNoMailbox) {
		t.Error(err)
	}
	if _, err := e.View(t.Context(), alice, 99); !errors.Is(err, ErrNoMailbox) {
		t.Error(err)
	}
}

// A delivery may reach one account twice in one commit, as by two aliases.
func TestAppendTwiceInOneCommit(t *testing.T) {
	e := newEnv(t)
	var uids []UID
	err := e.db.Update(t.Context(), modelAccounts, func(tx kv.Tx) error {
		uids = nil
		for _, id := range []kv.Account{alice, bob, alice} {
			for _, name := range []string{"", UseArchive} {
				d := e.delivery(letter)
				d.Name = name
				got, err := e.AppendTx(tx, id, []Delivery{d, d})
				if err != nil {
					return err
				}
				uids = append(uids, got...)
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(uids, []UID{1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4}) {
		t.Fatal(uids, err)
	}
	for id, want := range map[kv.Account]int{alice: 4, bob: 2} {
		if v := e.view(t, id, e.inbox(t, id)); v.Len() != want {
			t.Errorf("account %d has %d messages, want %d", id, v.Len(), want)
		}
		if got := e.problems(t, id); got != nil {
			t.Error(got)
		}
	}
}

// Copies keep what they must: dates, flags, the content's ID.
func TestCopyKeeps(t *testing.T) {
	e := newEnv(t)
	in, to := e.inbox(t, alice), e.box(t, alice, "Archive")
	e.deliver(t, alice, in, letter, func(d *Delivery) { d.Flags = Answered })
	read := func(m MailboxID, uid UID) (msg Message) {
		t.Helper()
		err := e.Messages(t.Context(), alice, m, UIDs(uid), WantMeta|WantEnvelope|WantStructure|WantHeader, func(got *Message) error {
			msg = *got
			msg.Own, msg.Parts, msg.BodyStructure = slices.Clone(got.Own), slices.Clone(got.Parts), slices.Clone(got.BodyStructure)
			msg.Envelope, msg.Header = slices.Clone(got.Envelope), slices.Clone(got.Header)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	original := read(in, 1)
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Move(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{}); err != nil {
		t.Fatal(err)
	}
	copied, moved := read(to, 1), read(to, 2)
	if moved.EmailID != original.EmailID || moved.ContentID != original.ContentID {
		t.Error("MOVE changed the email or content ID")
	}
	if copied.EmailID == original.EmailID || copied.ContentID != original.ContentID {
		t.Error("COPY kept the email ID or changed the content ID")
	}
	for _, m := range []Message{copied, moved} {
		if !m.InternalDate.Equal(original.InternalDate) || m.Size != original.Size || m.Blob != original.Blob ||
			string(m.Own) != string(original.Own) || string(m.Header) != string(original.Header) ||
			string(m.Envelope) != string(original.Envelope) || string(m.BodyStructure) != string(original.BodyStructure) {
			t.Errorf("%+v, want %+v", m, original)
		}
	}
	if v := e.view(t, alice, to); v.At(0).Flags != Answered || v.At(1).Flags != Answered {
		t.Error("flags are lost")
	}
}

// A copy of more messages than one commit takes is whole or not there.
func TestCopyInParts(t *testing.T) {
	e := newEnv(t)
	in, to := e.inbox(t, alice), e.box(t, alice, "Archive")
	d := e.delivery(letter)
	const n = maxCopy + 100
	for done := 0; done < n; done += 1010 {
		if _, _, err := e.Append(t.Context(), alice, in, slices.Repeat([]Delivery{d}, min(1010, n-done))...); err != nil {
			t.Fatal(err)
		}
	}
	got, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{})
	if err != nil || !slices.Equal(got.Source, UIDSet{{1, n}}) || !slices.Equal(got.Dest, UIDSet{{1, n}}) {
		t.Fatal(got, err)
	}
	if got, err = e.Copy(t.Context(), Place{alice, to}, Place{alice, to}, AllUIDs(), Quota{}); err != nil || !slices.Equal(got.Dest, UIDSet{{n + 1, 2 * n}}) {
		t.Fatal(got, err)
	}
	err = e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
		return tx.Account(alice).Set(appendItemKey(nil, kindMeta, in, n-1), []byte{99})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{}); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	if v := e.view(t, alice, to); v.Len() != 2*n {
		t.Fatalf("a failed copy left %d messages", v.Len()-2*n)
	}
	moved, err := e.Move(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{})
	if !errors.Is(err, ErrCorrupt) || !slices.Equal(moved.Source, UIDSet{{1, maxCopy}}) {
		t.Fatal(moved, err)
	}
	if got := e.view(t, alice, in).Len() + e.view(t, alice, to).Len(); got != 3*n {
		t.Fatalf("%d messages, want %d", got, 3*n)
	}
}

// The change log is cut, and then says that it does not know.
func TestLogIsBounded(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, nil)
	first := e.view(t, alice, in)
	flip := func(n int) {
		t.Helper()
		for i := range n {
			op := AddFlags
			if i%2 == 1 {
				op = RemoveFlags
			}
			if _, err := e.StoreFlags(t.Context(), alice, in, AllUIDs(), FlagChange{Op: op, Flags: Seen}); err != nil {
				t.Fatal(err)
			}
		}
	}
	flip(10)
	if _, complete, err := e.Vanished(t.Context(), alice, in, first.HighestModSeq()); err != nil || !complete {
		t.Fatal("the log is incomplete already:", err)
	}
	const keepLog = 1000
	e.keepLog = keepLog
	flip(2 * keepLog)
	if _, _, complete, err := e.Changes(t.Context(), alice, first.HighestModSeq()); err != nil || complete {
		t.Fatal("the log should not reach back so far:", err)
	}
	now := e.view(t, alice, in).HighestModSeq()
	if _, _, complete, err := e.Changes(t.Context(), alice, now-keepLog+20); err != nil || !complete {
		t.Fatal("the log should reach back that far:", err)
	}
	records := 0
	err := e.db.View(t.Context(), alice, func(r kv.Reader) error {
		return eachChange(r, 0, func(ModSeq, MailboxID, []byte) (bool, error) { records++; return true, nil })
	})
	if err != nil || records > keepLog+keepLog/5 {
		t.Fatalf("%d records, %v", records, err)
	}
	second := New(e.db, e.blobs, Options{})
	slot := second.views.open(viewKey{alice, in})
	slot.set(first) // a view from before the cut
	v, err := second.View(t.Context(), alice, in)
	if err != nil || v.At(0).ModSeq != now {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, _, complete, err := e.Changes(t.Context(), alice, first.HighestModSeq()); err != nil || complete {
		t.Fatal("changes from before the cut:", err)
	}
}

func TestChanges(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, nil)
	e.deliver(t, alice, in, letter, nil)
	since := e.view(t, alice, in).HighestModSeq()
	m, err := e.Create(t.Context(), alice, "new", "")
	if err != nil {
		t.Fatal(err)
	}
	var email uint64
	if err := e.Messages(t.Context(), alice, in, UIDs(2), WantMeta, func(m *Message) error { email = m.EmailID; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Move(t.Context(), Place{alice, in}, Place{alice, m.ID}, UIDs(2), Quota{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.StoreFlags(t.Context(), alice, in, AllUIDs(), FlagChange{Op: AddFlags, Flags: Seen}); err != nil {
		t.Fatal(err)
	}
	all, now, complete, err := e.Changes(t.Context(), alice, since)
	if err != nil || !complete || len(all) != 2 || now != since+3 {
		t.Fatal(all, now, complete, err)
	}
	if c := all[0]; c.Mailbox != in || !slices.Equal(c.Flags, UIDs(1)) || !slices.Equal(c.Expunged, UIDs(2)) || !slices.Equal(c.Emails, []uint64{email}) {
		t.Errorf("INBOX: %+v", c)
	}
	if c := all[1]; c.Mailbox != m.ID || !c.Created || !slices.Equal(c.Added, UIDs(1)) {
		t.Errorf("new: %+v", c)
	}
}

func TestRecent(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, nil)
	take := func() UID {
		t.Helper()
		uid, err := e.TakeRecent(t.Context(), alice, e.view(t, alice, in))
		if err != nil {
			t.Fatal(err)
		}
		return uid
	}
	if uid, err := e.Recent(t.Context(), alice, in); err != nil || uid != 1 {
		t.Fatal(uid, err)
	}
	if uid := take(); uid != 1 {
		t.Fatal(uid)
	}
	if uid := take(); uid != 2 {
		t.Fatal(uid)
	}
	e.deliver(t, alice, in, letter, nil)
	// It went to disk with the delivery: another process knows.
	second := New(e.db, e.blobs, Options{})
	if uid, err := second.Recent(t.Context(), alice, in); err != nil || uid != 2 {
		t.Fatal(uid, err)
	}
}

func TestDeleteAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		in := e.inbox(t, alice)
		e.deliver(t, alice, in, letter, nil)
		old := e.view(t, alice, in)
		if err := e.DeleteAccount(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if _, err := e.View(t.Context(), alice, in); !errors.Is(err, ErrNoMailbox) {
			t.Fatal(err)
		}
		e.deliver(t, bob, e.inbox(t, bob), letter, nil)
		if got := e.problems(t, alice); got != nil {
			t.Fatal(got)
		}
		time.Sleep(time.Minute) // of the bubble: UIDVALIDITY begins with the time
		if v := e.view(t, alice, e.inbox(t, alice)); v.Len() != 0 || v.UIDValidity() == old.UIDValidity() {
			t.Fatal("the account that was made again has the old mailboxes")
		}
	})
}

// Reading of a message whose blob is gone fails; the others are not affected.
func TestMissingBody(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, func(d *Delivery) { d.Blob[15] ^= 1 })
	e.deliver(t, alice, in, letter, nil)
	err := e.Messages(t.Context(), alice, in, AllUIDs(), WantMeta, func(m *Message) error {
		dst, err := e.AppendBody(t.Context(), []byte("x"), m)
		if want := "xReturn-Path: <>\r\n" + letter; m.UID == 2 && (err != nil || string(dst) != want) {
			t.Errorf("%q, %v", dst, err)
		}
		if m.UID == 1 && (!errors.Is(err, blob.ErrNotFound) || string(dst) != "x") {
			t.Errorf("%q, %v", dst, err)
		}
		if _, err := e.Body(t.Context(), m); m.UID == 1 && !errors.Is(err, blob.ErrNotFound) {
			t.Error("opened")
		}
		if m.UID == 2 {
			return io.ErrUnexpectedEOF
		}
		return nil
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestUIDSet(t *testing.T) {
	s := NewUIDSet([]UIDRange{{9, 7}, {0, 0}, {3, 3}, {4, 4}, {8, 12}, {1<<32 - 2, 1<<32 - 1}, {1<<32 - 1, 1<<32 - 1}})
	if !slices.Equal(s, UIDSet{{3, 4}, {7, 12}, {1<<32 - 2, 1<<32 - 1}}) || s.Len() != 10 {
		t.Fatal(s)
	}
	var all []string
	for uid := range s.All() {
		if !s.Contains(uid) {
			t.Error(uid)
		}
		all = append(all, "x")
	}
	if len(all) != 10 || strings.Join(all, "") != "xxxxxxxxxx" {
		t.Error(all)
	}
	for _, uid := range []UID{0, 1, 2, 5, 6, 13, 1<<32 - 3} {
		if s.Contains(uid) {
			t.Error(uid)
		}
	}
	if got := s.after(8); !slices.Equal(got, UIDSet{{9, 12}, {1<<32 - 2, 1<<32 - 1}}) {
		t.Error(got)
	}
	if got := s.after(12); len(got) != 1 {
		t.Error(got)
	}
	if got := s.after(1<<32 - 1); len(got) != 0 {
		t.Error(got)
	}
	if got := s.upTo(8); !slices.Equal(got, UIDSet{{3, 4}, {7, 8}}) {
		t.Error(got)
	}
	if got := s.upTo(6); !slices.Equal(got, UIDSet{{3, 4}}) {
		t.Error(got)
	}
}
