package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"tram/internal/storage/kv"
)

// A copy or move into another account takes flags, keywords and dates along,
// counts there, and has IDs of its own.
func TestAcrossAccounts(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	for i := range 5 {
		s.deliver(t, alice, s.team, letter, func(d *Delivery) { d.Flags, d.Keywords = Flagged, []string{"other", fmt.Sprint("k", i%2)} })
	}
	if _, err := s.StoreFlags(ctx, bob, s.bobs, AllUIDs(), FlagChange{Op: AddFlags, Keywords: []string{"k1"}}); err != nil {
		t.Fatal(err)
	}
	from, to := Place{alice, s.team}, Place{bob, s.bobs}
	copied, err := s.Copy(ctx, from, to, UIDSet{{2, 3}}, Quota{})
	if err != nil || !slices.Equal(copied.Source, UIDSet{{2, 3}}) || !slices.Equal(copied.Dest, UIDSet{{2, 3}}) {
		t.Fatalf("%+v, %v", copied, err)
	}
	moved, err := s.Move(ctx, from, to, UIDSet{{4, 9}}, Quota{})
	if err != nil || !slices.Equal(moved.Source, UIDSet{{4, 6}}) || !slices.Equal(moved.Dest, UIDSet{{4, 6}}) {
		t.Fatalf("%+v, %v", moved, err)
	}
	if moved.UIDValidity != s.view(t, bob, s.bobs).UIDValidity() {
		t.Error("UIDVALIDITY of the wrong mailbox")
	}
	v := s.view(t, bob, s.bobs)
	names := v.Keywords()
	for i, e := range entries(v) {
		var got []string
		for k, name := range names {
			if e.Flags&Keyword(k) != 0 {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		want := []string{fmt.Sprint("k", (i+1)%2), "other"}
		if i == 0 {
			want = []string{"k1"}
		}
		if !slices.Equal(got, want) || i > 0 && e.Flags&SystemFlags != Flagged {
			t.Errorf("message %d has %v %b, want %v", e.UID, got, e.Flags, want)
		}
	}
	ids := map[uint64]bool{}
	err = s.Messages(ctx, bob, s.bobs, AllUIDs(), WantMeta|WantEnvelope, func(m *Message) error {
		if ids[m.EmailID] || m.ContentID != m.EmailID || m.ThreadID == 0 || len(m.Envelope) == 0 || m.InternalDate.Year() != 2026 {
			t.Errorf("message %d: %+v", m.UID, m)
		}
		ids[m.EmailID] = true
		return nil
	})
	if err != nil || len(ids) != 6 {
		t.Fatal(len(ids), err)
	}
	if n := s.view(t, alice, s.team).Len(); n != 3 {
		t.Errorf("%d messages are left", n)
	}
	for _, id := range []kv.Account{alice, bob} {
		if got := s.problems(t, id); got != nil {
			t.Error(id, got)
		}
	}
}

// The quota of who gets it counts, also for a move.
func TestAcrossAccountsQuota(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	from, to := Place{alice, s.team}, Place{bob, s.bobs}
	full := Quota{Messages: 1}
	if _, err := s.Copy(ctx, from, to, AllUIDs(), full); !errors.Is(err, ErrOverQuota) {
		t.Error("copy", err)
	}
	if _, err := s.Move(ctx, from, to, AllUIDs(), full); !errors.Is(err, ErrOverQuota) {
		t.Error("move", err)
	}
	if a, b := s.view(t, alice, s.team).Len(), s.view(t, bob, s.bobs).Len(); a != 1 || b != 1 {
		t.Error("messages went", a, b)
	}
	if _, err := s.Move(ctx, from, from, AllUIDs(), full); err != nil {
		t.Error("a move within the account needs no room", err)
	}
}

// Sessions of two accounts that copy into each other do not wait for each other
// for ever.
func TestAcrossAccountsBothWays(t *testing.T) {
	s := newSharing(t)
	a, b := Place{alice, s.team}, Place{bob, s.bobs}
	done := make(chan error)
	for _, ends := range [][2]Place{{a, b}, {b, a}} {
		go func() {
			for range 20 {
				if _, err := s.Copy(context.Background(), ends[0], ends[1], UIDs(1), Quota{}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if x, y := s.view(t, alice, s.team).Len(), s.view(t, bob, s.bobs).Len(); x != 21 || y != 21 {
		t.Error(x, y)
	}
}

// A limit of a domain counts all accounts of it, those too that are new, deleted,
// or written to by others.
func TestPool(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	members := []kv.Account{alice, bob}
	e.Store.pools.members = func(context.Context, string) ([]kv.Account, error) { return members, nil }
	q := Quota{Pool: Pool{Name: "example.org", Messages: 5}}
	carol := bob + 1
	put := func(id kv.Account) error {
		d := e.delivery(letter)
		d.Quota = q
		_, _, err := e.Append(ctx, id, e.inbox(t, id), d)
		return err
	}
	deliver := func(id kv.Account) error {
		d := e.delivery(letter)
		d.Quota = q
		err := e.db.Update(ctx, []kv.Account{id}, func(tx kv.Tx) error {
			_, err := e.AppendTx(tx, id, []Delivery{d})
			return err
		})
		e.Committed(id)
		return err
	}
	for i, id := range []kv.Account{alice, bob, carol, alice, carol} {
		add := put
		if i%2 == 1 {
			add = deliver
		}
		if err := add(id); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, n, err := e.PoolUsage(ctx, "example.org"); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if err := put(bob); !errors.Is(err, ErrOverQuota) {
		t.Fatal("APPEND", err)
	}
	if err := deliver(alice); !errors.Is(err, ErrOverQuota) {
		t.Fatal("delivery", err)
	}
	in := Place{alice, e.inbox(t, alice)}
	if _, err := e.Copy(ctx, in, in, AllUIDs(), q); !errors.Is(err, ErrOverQuota) {
		t.Fatal("COPY", err)
	}
	if _, err := e.Move(ctx, in, Place{bob, e.inbox(t, bob)}, AllUIDs(), q); err != nil {
		t.Fatal("MOVE within the domain", err)
	}
	if _, err := e.Remove(ctx, bob, e.inbox(t, bob), UIDs(1)); err != nil {
		t.Fatal(err)
	}
	if err := put(carol); err != nil {
		t.Fatal("there is room again", err)
	}
	if err := e.DeleteAccount(ctx, carol); err != nil {
		t.Fatal(err)
	}
	if _, n, err := e.PoolUsage(ctx, "example.org"); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	q.Pool = Pool{Name: "example.org", Bytes: 1}
	if err := put(alice); !errors.Is(err, ErrOverQuota) {
		t.Fatal("bytes", err)
	}
}

func TestAnnotations(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	owner := s.As(Actor{Address: "alice@example.org", Account: alice})
	s.grant(t, s.team, bobAddress, RightLookup|RightRead)
	set := func(a *Access, m MailboxID, entry, value string) {
		t.Helper()
		if err := a.SetAnnotations(ctx, alice, m, []Annotation{{entry, []byte(value)}}); err != nil {
			t.Fatal(err)
		}
	}
	set(owner, s.team, "/private/comment", "alice's")
	set(s.bob, s.team, "/private/comment", "bob's")
	set(s.bob, s.team, "/shared/comment", "ours")
	want := func(a *Access, m MailboxID, want ...string) {
		t.Helper()
		all, err := a.Annotations(ctx, alice, m)
		var got []string
		for _, x := range all {
			got = append(got, x.Entry+"="+string(x.Value))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	want(owner, s.team, "/private/comment=alice's", "/shared/comment=ours")
	want(s.bob, s.team, "/private/comment=bob's", "/shared/comment=ours")
	if err := s.Rename(ctx, alice, "Team", "Crew"); err != nil {
		t.Fatal(err)
	}
	want(s.bob, s.team, "/private/comment=bob's", "/shared/comment=ours")
	if err := s.Delete(ctx, alice, "Crew"); err != nil {
		t.Fatal(err)
	}
	want(owner, s.team)
	if _, err := s.bob.Annotations(ctx, alice, 0); !errors.Is(err, ErrNoRight) {
		t.Error("of the account", err)
	}
	want(owner, 0)
	// All or nothing, and limits.
	many := make([]Annotation, MaxAnnotations+1)
	for i := range many {
		many[i] = Annotation{fmt.Sprintf("/shared/x%d", i), []byte{}}
	}
	if err := owner.SetAnnotations(ctx, alice, s.sub, many); !errors.Is(err, ErrTooManyAnnotations) {
		t.Error(err)
	}
	if err := owner.SetAnnotations(ctx, alice, s.sub, many[1:]); err != nil {
		t.Error(err)
	}
	large := []Annotation{{"/private/x", nil}, {"/shared/x1", bytes.Repeat([]byte{'x'}, MaxAnnotationBytes+1)}}
	if err := owner.SetAnnotations(ctx, alice, s.sub, large); !errors.Is(err, ErrAnnotationTooLarge) {
		t.Error(err)
	}
	s.grant(t, s.sub, WhoAnyone, RightLookup|RightRead)
	value := bytes.Repeat([]byte{'x'}, MaxAnnotationBytes)
	var full error
	users := 0
	for ; users < 10 && full == nil; users++ {
		a := s.As(Actor{Address: fmt.Sprintf("user%d@example.org", users), Account: bob + 10 + kv.Account(users)})
		for i := range MaxAnnotations {
			if full = a.SetAnnotations(ctx, alice, s.sub, []Annotation{{fmt.Sprintf("/private/x%d", i), value}}); full != nil {
				break
			}
		}
	}
	if !errors.Is(full, ErrTooManyAnnotations) || users != 2 {
		t.Error("users who fill the owner's account", users, full)
	}
	for in, good := range map[string]bool{
		"/Shared/Comment": true, "/private/a/b": true, "/shared": false, "/shared/": false, "/shared//x": false,
		"/other/x": false, "shared/x": false, "/shared/a*": false, "/shared/%": false, "/shared/é": false, "/shared/x\n": false, "": false,
	} {
		if _, err := ParseEntry(in); (err == nil) != good {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// What is said of INBOX stays when its messages go (RFC 5464 4.1).
func TestRenameInboxKeeps(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	in := s.inbox(t, alice)
	s.grant(t, in, bobAddress, RightLookup|RightRead)
	if err := s.SetAnnotations(ctx, alice, in, "", []Annotation{{"/shared/comment", []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Rename(ctx, alice, "INBOX", "Old"); err != nil {
		t.Fatal(err)
	}
	if now, err := s.Inbox(ctx, alice); err != nil || now == in || now != s.inbox(t, alice) {
		t.Error("INBOX is", now, err, "and was", in)
	}
	for _, name := range []string{"INBOX", "Old"} {
		m, err := s.bob.Lookup(ctx, alice, name)
		if err != nil {
			t.Fatal(name, err)
		}
		if all, err := s.bob.Annotations(ctx, alice, m.ID); err != nil || len(all) != 1 {
			t.Error(name, all, err)
		}
	}
	if got := s.problems(t, alice); got != nil {
		t.Error(got)
	}
}

func TestSetUse(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	trash, archive := e.box(t, alice, UseTrash), e.box(t, alice, UseArchive)
	for _, c := range []struct {
		m    MailboxID
		use  string
		want error
	}{
		{trash, UseArchive, ErrUseTaken}, {archive, "", nil}, {trash, UseArchive, nil}, {trash, UseArchive, nil},
		{e.inbox(t, alice), UseTrash, ErrUse}, {archive, `\Flagged`, ErrUse}, {99, UseTrash, ErrNoMailbox}, {archive, UseTrash, nil},
	} {
		if err := e.SetUse(ctx, alice, c.m, c.use); !errors.Is(err, c.want) {
			t.Errorf("mailbox %d %q: %v, want %v", c.m, c.use, err, c.want)
		}
	}
	if a, b := e.box(t, alice, UseTrash), e.box(t, alice, UseArchive); a != archive || b != trash {
		t.Error(a, b)
	}
	if got := e.problems(t, alice); got != nil {
		t.Error(got)
	}
}

// TestManyGrants fills an access control list: one entry more is refused, others
// can be changed and removed, and then there is room again.
func TestManyGrants(t *testing.T) {
	s := newSharing(t)
	set := func(n int, rights Rights) error {
		return s.SetACL(t.Context(), alice, s.sub, fmt.Sprintf("user%d@example.org", n), func(Rights) Rights { return rights })
	}
	had, err := s.ACL(t.Context(), alice, s.sub)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(had); i < MaxGrants; i++ {
		if err := set(i, RightLookup); err != nil {
			t.Fatalf("entry %d: %v", i+1, err)
		}
	}
	if err := set(MaxGrants, RightLookup); !errors.Is(err, ErrTooManyGrants) {
		t.Errorf("entry %d: %v", MaxGrants+1, err)
	}
	if err := set(MaxGrants-1, RightLookup|RightRead); err != nil {
		t.Errorf("changing an entry: %v", err)
	}
	if err := set(MaxGrants-1, 0); err != nil {
		t.Errorf("removing an entry: %v", err)
	}
	if err := set(MaxGrants, RightLookup); err != nil {
		t.Errorf("another one in its place: %v", err)
	}
}
