package mailstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tram/internal/storage/kv"
)

const kvKey, kvValue = kv.MaxKey, kv.MaxValue

func TestNormalName(t *testing.T) {
	deep := strings.Repeat("x/", MaxDepth-1) + "x"
	for _, c := range []struct{ in, want string }{
		{"a", "a"},
		{"a/b", "a/b"},
		{"a/b/", "a/b"},
		{"iNbOx", "INBOX"},
		{"inbox/Sub", "INBOX/Sub"},
		{"inboxes", "inboxes"},
		{"a/inbox", "a/inbox"},
		{"Tho\u031b", "Thơ"}, // NFC
		{"a b&c~d", "a b&c~d"},
		{`a\b`, `a\b`},
		{deep, deep},
		{strings.Repeat("x", MaxNameBytes), strings.Repeat("x", MaxNameBytes)},
		{"", ""}, {"/", ""}, {"/a", ""}, {"a//b", ""}, {"a//", ""},
		{"a%", ""}, {"a*", ""}, {"a\nb", ""}, {"a\x00", ""}, {"a\x7f", ""}, {"a\u0085", ""}, {"a\u2028", ""},
		{"a\xff", ""}, {"a\ufffd", ""}, {`\Junk`, ""},
		{deep + "/x", ""},
		{strings.Repeat("x", MaxNameBytes+1), ""},
	} {
		got, err := normalName(c.in)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, ErrMailboxName) {
			t.Errorf("%q: %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func TestCompareNames(t *testing.T) {
	want := []string{"INBOX", "INBOX/a", "INBOX/a/b", "INBOX/b", "!", "A", "A/x", "A/x/y", "A-b", "A.b", "B", "a"}
	for i, a := range want {
		for j, b := range want {
			if got := compareNames(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
}

func TestMailboxes(t *testing.T) {
	e := newEnv(t)
	for _, name := range []string{"a/b/c", "a/d", "z"} {
		if _, err := e.Create(t.Context(), alice, name, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Subscribe(t.Context(), alice, "a/d"); err != nil {
		t.Fatal(err)
	}
	if err := e.Subscribe(t.Context(), alice, "not/there"); err != nil {
		t.Fatal(err)
	}
	all, err := e.Mailboxes(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		line := m.Name
		if m.ID == 0 {
			line += " nonexistent"
		}
		if m.HasChildren {
			line += " children"
		}
		if m.Subscribed {
			line += " subscribed"
		}
		got = append(got, line+" "+m.SpecialUse)
	}
	want := []string{"INBOX subscribed ", `Archive subscribed \Archive`, `Drafts subscribed \Drafts`, `Junk subscribed \Junk`,
		`Sent subscribed \Sent`, `Trash subscribed \Trash`, "a nonexistent children ", "a/b nonexistent children ", "a/b/c ", "a/d subscribed ", "z "}
	if !slices.Equal(got, want) {
		t.Errorf("mailboxes\n%q, want\n%q", got, want)
	}
	subs, err := e.Subscriptions(t.Context(), alice)
	if err != nil || !slices.Contains(subs, "not/there") || len(subs) != 8 {
		t.Errorf("subscriptions %q, %v", subs, err)
	}
	if err := e.Unsubscribe(t.Context(), alice, "not/there"); err != nil {
		t.Fatal(err)
	}
	if err := e.Unsubscribe(t.Context(), alice, "not/there"); err != nil {
		t.Fatal(err)
	}
	if subs, _ = e.Subscriptions(t.Context(), alice); len(subs) != 7 {
		t.Errorf("subscriptions %q", subs)
	}
	if got := e.problems(t, alice); got != nil {
		t.Error(got)
	}
}

// A name that exists only because of others can be renamed with them, and
// cannot be deleted.
func TestImpliedParent(t *testing.T) {
	e := newEnv(t)
	if _, err := e.Create(t.Context(), alice, "a/b", ""); err != nil {
		t.Fatal(err)
	}
	if err := e.Delete(t.Context(), alice, "a"); !errors.Is(err, ErrNoMailbox) {
		t.Fatal(err)
	}
	if err := e.Rename(t.Context(), alice, "a", "c"); err != nil {
		t.Fatal(err)
	}
	e.box(t, alice, "c/b")
	if err := e.Rename(t.Context(), alice, "c", "c/d"); !errors.Is(err, ErrMailboxName) {
		t.Fatal(err)
	}
	long := strings.Repeat("x", MaxNameBytes-1)
	if err := e.Rename(t.Context(), alice, "c", long); !errors.Is(err, ErrMailboxName) {
		t.Fatal(err)
	}
}

func TestSpecialUse(t *testing.T) {
	e := newEnv(t)
	junk := e.box(t, alice, UseJunk)
	if junk != e.box(t, alice, "Junk") {
		t.Fatal("Junk is not the junk mailbox")
	}
	if _, err := e.Create(t.Context(), alice, "Spam", UseJunk); !errors.Is(err, ErrUseTaken) {
		t.Fatal(err)
	}
	if err := e.Rename(t.Context(), alice, "Junk", "Spam"); err != nil {
		t.Fatal(err)
	}
	if junk != e.box(t, alice, UseJunk) {
		t.Fatal("the special use did not follow the rename")
	}
	if err := e.Delete(t.Context(), alice, "Spam"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Lookup(t.Context(), alice, UseJunk); !errors.Is(err, ErrNoMailbox) {
		t.Fatal(err)
	}
	deliver := func() {
		t.Helper()
		d := e.delivery(letter)
		d.Name = UseJunk
		err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
			_, err := e.AppendTx(tx, alice, []Delivery{d})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	deliver() // makes it again
	if e.view(t, alice, e.box(t, alice, UseJunk)).Len() != 1 {
		t.Fatal("not delivered")
	}
	if err := e.Delete(t.Context(), alice, UseJunk); err != nil {
		t.Fatal(err)
	}
	m, err := e.Create(t.Context(), alice, "Junk", "")
	if err != nil {
		t.Fatal(err)
	}
	deliver() // a mailbox of that name takes the use
	if got := e.box(t, alice, UseJunk); got != m.ID || e.view(t, alice, got).Len() != 1 {
		t.Fatalf("delivered to %d, not %d", got, m.ID)
	}
	if got := e.problems(t, alice); got != nil {
		t.Error(got)
	}
}

func TestMailboxLimits(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	set := func(change func(*account)) {
		t.Helper()
		err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
			a, _, err := readAccount(tx.Account(alice))
			change(&a)
			return errors.Join(err, tx.Account(alice).Set(accountKey, a.append(nil)))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(func(a *account) { a.mailboxes = MaxMailboxes })
	if _, err := e.Create(t.Context(), alice, "x", ""); !errors.Is(err, ErrTooManyMailboxes) {
		t.Error(err)
	}
	if err := e.Rename(t.Context(), alice, "INBOX", "x"); !errors.Is(err, ErrTooManyMailboxes) {
		t.Error(err)
	}
	set(func(a *account) { a.mailboxes, a.subscriptions = 6, MaxSubscriptions })
	if err := e.Subscribe(t.Context(), alice, "x"); !errors.Is(err, ErrTooManyMailboxes) {
		t.Error(err)
	}
	if err := e.Subscribe(t.Context(), alice, "INBOX"); err != nil {
		t.Error("subscribed already:", err)
	}
	err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
		key := appendBoxKey(nil, kindCounters, in)
		c, err := readCounters(tx.Account(alice), key)
		c.uidNext, c.highest = MaxUID, c.highest+1
		return errors.Join(err, tx.Account(alice).Set(key, c.append(nil)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if uid := e.deliver(t, alice, in, letter, nil); uid != MaxUID {
		t.Fatalf("UID %d", uid)
	}
	if _, _, err := e.Append(t.Context(), alice, in, e.delivery(letter)); !errors.Is(err, ErrMailboxFull) {
		t.Error(err)
	}
	n := 0
	err = e.Messages(t.Context(), alice, in, AllUIDs(), WantMeta, func(m *Message) error { n++; return nil })
	if err != nil || n != 1 {
		t.Errorf("%d messages, %v", n, err)
	}
	if gone, err := e.Remove(t.Context(), alice, in, AllUIDs()); err != nil || gone.Len() != 1 {
		t.Error(gone, err)
	}
}

func TestKeywords(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, nil)
	var names []string
	for i := range MaxKeywords {
		names = append(names, fmt.Sprintf("k%d", i))
	}
	store := func(op FlagOp, names ...string) error {
		_, err := e.StoreFlags(t.Context(), alice, in, AllUIDs(), FlagChange{Op: op, Keywords: names})
		return err
	}
	if err := store(AddFlags, names...); err != nil {
		t.Fatal(err)
	}
	if err := store(AddFlags, "one-more"); !errors.Is(err, ErrTooManyKeywords) {
		t.Fatal(err)
	}
	if err := store(RemoveFlags, "one-more", "K0"); err != nil { // case does not matter
		t.Fatal(err)
	}
	v := e.view(t, alice, in)
	if f := v.At(0).Flags; f != allowedFlags(MaxKeywords)&^SystemFlags&^Keyword(0) {
		t.Fatalf("flags %#x", uint64(f))
	}
	if !slices.Equal(v.Keywords(), names) {
		t.Fatalf("keywords %q", v.Keywords())
	}
	// A delivery and a copy leave out what has no room: the mail counts more.
	e.deliver(t, alice, in, letter, func(d *Delivery) { d.Keywords = []string{"another", "k1", "not an atom", "one-more"} })
	names[0] = "another" // in the place of k0, which no message has any more
	if v := e.view(t, alice, in); v.At(1).Flags != Keyword(0)|Keyword(1) || !slices.Equal(v.Keywords(), names) {
		t.Fatalf("flags %#x, keywords %q", uint64(v.At(1).Flags), v.Keywords())
	}
	to := e.box(t, alice, "Archive")
	e.deliver(t, alice, to, letter, func(d *Delivery) { d.Keywords = []string{"x"} })
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{}); err != nil {
		t.Fatal(err)
	}
	a := e.view(t, alice, to)
	if len(a.Keywords()) != MaxKeywords || a.Keywords()[1] != "k1" || a.At(2).Flags != Keyword(1) {
		t.Fatalf("keywords %q, flags %#x", a.Keywords(), uint64(a.At(2).Flags))
	}
	for _, bad := range []string{"", "a b", `\Seen`, "a(b", "a%", "a]", "é", strings.Repeat("k", MaxKeywordBytes+1)} {
		if err := store(AddFlags, bad); !errors.Is(err, ErrKeyword) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got := e.problems(t, alice); got != nil {
		t.Error(got)
	}
}
