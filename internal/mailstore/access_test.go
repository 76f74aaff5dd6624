package mailstore

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tram/internal/storage/kv"
)

// sharing is an account that shares: alice's, with Team (a message) and Team/sub
// below it, and bob, who asks.
type sharing struct {
	*env
	team, sub MailboxID
	bob       *Access
	bobs      MailboxID // bob's own INBOX, with a message
}

const bobAddress = "bob@example.org"

func newSharing(t *testing.T) *sharing {
	t.Helper()
	s := &sharing{env: newEnv(t)}
	for _, name := range []string{"Team", "Team/sub"} {
		if _, err := s.Create(t.Context(), alice, name, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.team, s.sub = s.box(t, alice, "Team"), s.box(t, alice, "Team/sub")
	s.deliver(t, alice, s.team, letter, nil)
	s.bobs = s.inbox(t, bob)
	s.deliver(t, bob, s.bobs, letter, nil)
	s.bob = s.As(Actor{Address: bobAddress, Account: bob})
	return s
}

// grant gives exactly these rights for a mailbox of alice's.
func (s *sharing) grant(t *testing.T, m MailboxID, who string, r Rights) {
	t.Helper()
	if err := s.SetACL(t.Context(), alice, m, who, func(Rights) Rights { return r }); err != nil {
		t.Fatal(err)
	}
}

// asked are the methods of Access that ask for rights of a mailbox, with the
// rights of Team that RFC 4314 4 wants and a call that needs them.
var asked = []struct {
	method string
	needs  Rights
	call   func(ctx context.Context, a *Access, s *sharing) error
}{
	{"ACL", RightAdmin, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.ACL(ctx, alice, s.team)
		return err
	}},
	{"SetACL", RightAdmin, func(ctx context.Context, a *Access, s *sharing) error {
		return a.SetACL(ctx, alice, s.team, "carol@example.org", func(Rights) Rights { return RightRead })
	}},
	{"Append", RightInsert, func(ctx context.Context, a *Access, s *sharing) error {
		_, _, err := a.Append(ctx, alice, s.team, s.delivery(letter))
		return err
	}},
	{"Copy", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Copy(ctx, Place{alice, s.team}, Place{bob, s.bobs}, AllUIDs(), Quota{})
		return err
	}},
	{"Copy", RightInsert, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Copy(ctx, Place{bob, s.bobs}, Place{alice, s.team}, AllUIDs(), Quota{})
		return err
	}},
	{"Move", RightRead | RightDelete | RightExpunge, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Move(ctx, Place{alice, s.team}, Place{bob, s.bobs}, AllUIDs(), Quota{})
		return err
	}},
	{"Move", RightInsert, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Move(ctx, Place{bob, s.bobs}, Place{alice, s.team}, AllUIDs(), Quota{})
		return err
	}},
	{"Replace", RightDelete | RightExpunge, func(ctx context.Context, a *Access, s *sharing) error {
		_, _, err := a.Replace(ctx, Place{alice, s.team}, 1, Place{bob, s.bobs}, s.delivery(letter))
		return err
	}},
	{"Replace", RightInsert, func(ctx context.Context, a *Access, s *sharing) error {
		_, _, err := a.Replace(ctx, Place{bob, s.bobs}, 1, Place{alice, s.team}, s.delivery(letter))
		return err
	}},
	{"StoreFlags", RightSeen, storing(FlagChange{Op: AddFlags, Flags: Seen})},
	{"StoreFlags", RightDelete, storing(FlagChange{Op: AddFlags, Flags: Deleted})},
	{"StoreFlags", RightWrite, storing(FlagChange{Op: AddFlags, Flags: Flagged})},
	{"StoreFlags", RightWrite, storing(FlagChange{Op: AddFlags, Keywords: []string{"work"}})},
	{"StoreFlags", RightWrite, storing(FlagChange{Op: RemoveFlags, Keywords: []string{"work"}})},
	{"Expunge", RightExpunge, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Expunge(ctx, alice, s.team, AllUIDs())
		return err
	}},
	{"Remove", RightDelete | RightExpunge, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Remove(ctx, alice, s.team, AllUIDs())
		return err
	}},
	{"View", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.View(ctx, alice, s.team)
		return err
	}},
	{"Messages", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		return a.Messages(ctx, alice, s.team, AllUIDs(), WantMeta, func(*Message) error { return nil })
	}},
	{"Vanished", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, _, err := a.Vanished(ctx, alice, s.team, 1)
		return err
	}},
	{"Recent", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Recent(ctx, alice, s.team)
		return err
	}},
	{"TakeRecent", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		v, err := s.Store.View(ctx, alice, s.team)
		if err == nil {
			_, err = a.TakeRecent(ctx, alice, v)
		}
		return err
	}},
	{"Status", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Status(ctx, alice, s.team)
		return err
	}},
	{"StatusByName", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, _, err := a.StatusByName(ctx, alice, "Team")
		return err
	}},
	{"TextCandidates", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.TextCandidates(ctx, alice, s.team, nil, 0)
		return err
	}},
	{"KeepPreviews", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		return a.KeepPreviews(ctx, alice, s.team, nil)
	}},
	{"UIDLs", RightRead, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.UIDLs(ctx, alice, s.team)
		return err
	}},
	{"Create", RightCreate, func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.Create(ctx, alice, "Team/new/below", "")
		return err
	}},
	{"May", RightRemove, func(ctx context.Context, a *Access, s *sharing) error { return a.May(ctx, alice, s.team, RightRemove) }},
	{"Delete", RightRemove, func(ctx context.Context, a *Access, s *sharing) error { return a.Delete(ctx, alice, "Team") }},
	{"Rename", RightRemove | RightCreate, func(ctx context.Context, a *Access, s *sharing) error {
		// k is that of the new parent, Team itself; x that of what is renamed.
		have, err := a.Rights(ctx, alice, s.team)
		if err != nil {
			return err
		}
		if err := s.SetACL(ctx, alice, s.sub, bobAddress, func(Rights) Rights { return have }); err != nil {
			return err
		}
		return a.Rename(ctx, alice, "Team/sub", "Team/other")
	}},
	{"Annotations", RightLookup, func(ctx context.Context, a *Access, s *sharing) error {
		return annotating1(ctx, a, s, func() error { _, err := a.Annotations(ctx, alice, s.team); return err })
	}},
	{"SetAnnotations", RightLookup, func(ctx context.Context, a *Access, s *sharing) error {
		return annotating1(ctx, a, s, func() error {
			return a.SetAnnotations(ctx, alice, s.team, []Annotation{{"/private/comment", []byte("x")}})
		})
	}},
}

// annotating1 adds one of the rights of which one is wanted besides l.
func annotating1(ctx context.Context, a *Access, s *sharing, call func() error) error {
	if a.who.Account == bob {
		if err := s.SetACL(ctx, alice, s.team, bobAddress, func(had Rights) Rights { return had | RightPost }); err != nil {
			return err
		}
	}
	return call()
}

func storing(c FlagChange) func(context.Context, *Access, *sharing) error {
	return func(ctx context.Context, a *Access, s *sharing) error {
		_, err := a.StoreFlags(ctx, alice, s.team, AllUIDs(), c)
		return err
	}
}

// TestRights calls each method with exactly the rights that it needs, and with
// all but one of them.
func TestRights(t *testing.T) {
	for _, c := range asked {
		t.Run(c.method, func(t *testing.T) {
			ctx := t.Context()
			try := func(who Actor, r Rights) error {
				s := newSharing(t)
				if r != 0 {
					s.grant(t, s.team, bobAddress, r)
				}
				return c.call(ctx, s.As(who), s)
			}
			bob := Actor{Address: bobAddress, Account: bob}
			if err := try(bob, c.needs|RightLookup); err != nil {
				t.Errorf("with %v: %v", c.needs|RightLookup, err)
			}
			for one := Rights(1); one <= RightAdmin; one <<= 1 {
				if c.needs&one == 0 {
					continue
				}
				if err := try(bob, AllRights&^one); !errors.Is(err, ErrNoRight) && !errors.Is(err, ErrNoMailbox) {
					t.Errorf("without %v: %v", one, err)
				}
			}
			if err := try(bob, 0); !errors.Is(err, ErrNoMailbox) && !errors.Is(err, ErrNoRight) {
				t.Errorf("without rights: %v", err)
			}
			for name, who := range map[string]Actor{"owner": {Address: "alice@example.org", Account: alice}, "server": {}} {
				if c.method == "Copy" || c.method == "Move" || c.method == "Replace" {
					continue // bob's INBOX is bob's
				}
				if err := try(who, 0); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// private are the methods that only the owner of an account may call for it, or
// that show each what they may see; the tests below try them.
var private = []string{
	"Rights", "Shared", "Lookup", "Mailboxes", "Watch", "News",
	"SetUse", "Revoke", "Subscriptions", "Subscribe", "Unsubscribe", "Changes", "Usage", "DeleteAccount",
}

// open are the methods of Store that need no decision.
var open = map[string]string{
	"As":   "is how rights are taken on",
	"Body": "takes a message that Messages has shown", "AppendBody": "the same", "MakePreview": "the same",
	"Inbox":    "is a number, which tells nothing to who may not open the mailbox",
	"AppendTx": "is for deliveries, which ask nobody", "Committed": "the same",
	"PoolUsage":  "is a sum over a domain",
	"SharedWith": "is Shared of the server",
	"Run":        "is the server's", "Verify": "the server's", "VerifyAt": "the server's", "Rebuild": "the server's", "RebuildAt": "the server's",
	"Quarantine": "the server's", "DropIndex": "the server's", "UpdateIndex": "the server's", "IndexBacklog": "the server's",
	"IndexStatus": "the server's", "ExpireInbox": "the server's",
}

// TestAccessDecides fails when Store has a method of which nobody has decided
// who may call it: write one of the same name for Access, or a line above.
func TestAccessDecides(t *testing.T) {
	typ := reflect.TypeFor[*Access]()
	tried := map[string]bool{}
	for _, c := range asked {
		tried[c.method] = true
	}
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		file, _ := runtime.FuncForPC(m.Func.Pointer()).FileLine(m.Func.Pointer())
		own := !strings.Contains(file, "autogenerated")
		_, isOpen := open[m.Name]
		switch {
		case own && !tried[m.Name] && !slices.Contains(private, m.Name):
			t.Errorf("%s asks for rights and no test tries it", m.Name)
		case !own && !isOpen:
			t.Errorf("nobody has decided who may call %s", m.Name)
		}
	}
}

func TestPrivate(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	s.grant(t, s.team, bobAddress, AllRights)
	calls := map[string]error{
		"Subscribe": s.bob.Subscribe(ctx, alice, "Team"), "Unsubscribe": s.bob.Unsubscribe(ctx, alice, "Team"),
		"DeleteAccount": s.bob.DeleteAccount(ctx, bob), "Revoke": s.bob.Revoke(ctx, bobAddress), "SetUse": s.bob.SetUse(ctx, alice, s.team, UseJunk),
	}
	_, calls["Subscriptions"] = s.bob.Subscriptions(ctx, alice)
	_, _, _, calls["Changes"] = s.bob.Changes(ctx, alice, 0)
	_, calls["Create at the top"] = s.bob.Create(ctx, alice, "Top", "")
	_, calls["Create with a use"] = s.bob.Create(ctx, alice, "Team/x", UseJunk)
	for name, err := range calls {
		if !errors.Is(err, ErrNoRight) {
			t.Errorf("%s: %v", name, err)
		}
	}
	carol := s.As(Actor{Address: "carol@example.org", Account: bob + 1})
	if _, _, err := carol.Usage(ctx, alice); !errors.Is(err, ErrNoRight) {
		t.Errorf("usage for a stranger: %v", err)
	}
	if n, _, err := s.bob.Usage(ctx, alice); err != nil || n == 0 {
		t.Errorf("usage: %d, %v", n, err)
	}
	if all, err := carol.Mailboxes(ctx, alice); err != nil || len(all) != 0 {
		t.Errorf("a stranger sees %v, %v", all, err)
	}
	if _, err := carol.Lookup(ctx, alice, "Team"); !errors.Is(err, ErrNoMailbox) {
		t.Errorf("a stranger finds it: %v", err)
	}
	if n, err := carol.News(ctx, alice, 0, func(ModSeq) bool { return false }); err != nil || len(n.Boxes) != 0 || n.Subscriptions != nil {
		t.Errorf("news for a stranger: %+v, %v", n, err)
	}
	n, err := s.bob.News(ctx, alice, 0, func(ModSeq) bool { return false })
	if err != nil || len(n.Boxes) != 1 || n.Boxes[0].ID != s.team {
		t.Errorf("news: %+v, %v", n, err)
	}
}

func TestSharedIndex(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	shared := func(who string, id kv.Account) []kv.Account {
		t.Helper()
		all, err := s.As(Actor{Address: who, Account: id}).Shared(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	carol := bob + 1
	if got := shared(bobAddress, bob); got != nil {
		t.Fatal("nothing is shared yet", got)
	}
	s.grant(t, s.team, "@example.org", RightLookup)
	s.grant(t, s.sub, bobAddress, RightRead)
	if got := shared(bobAddress, bob); !slices.Equal(got, []kv.Account{alice}) {
		t.Fatal(got)
	}
	if got := shared("carol@other.example", carol); len(got) != 0 {
		t.Fatal("another domain", got)
	}
	if got := shared("alice@example.org", alice); len(got) != 0 {
		t.Fatal("the own account", got)
	}
	s.grant(t, s.team, "@example.org", 0)
	s.grant(t, s.sub, bobAddress, 0)
	if got := shared(bobAddress, bob); len(got) != 0 {
		t.Fatal("taken away", got)
	}
	s.grant(t, s.team, bobAddress, AllRights)
	s.grant(t, s.sub, bobAddress, RightRead)
	s.grant(t, s.sub, "carol@example.org", RightRead)
	if err := s.Revoke(ctx, "Bob@example.org"); err != nil {
		t.Fatal(err)
	}
	if have, err := s.bob.Rights(ctx, alice, s.team); err != nil || have != 0 || len(shared(bobAddress, bob)) != 0 {
		t.Fatal("revoked", have, err)
	}
	if got := shared("carol@example.org", carol); len(got) != 1 {
		t.Fatal("what others have stays", got)
	}
	s.grant(t, s.sub, "carol@example.org", 0)
	s.grant(t, s.team, WhoAnyone, RightLookup|RightRead)
	if _, err := s.Create(ctx, alice, "Team/a/b", ""); err != nil {
		t.Fatal(err)
	}
	if have, err := s.bob.Rights(ctx, alice, s.box(t, alice, "Team/a/b")); err != nil || have != RightLookup|RightRead {
		t.Fatal("not inherited", have, err)
	}
	for _, name := range []string{"Team", "Team/a/b"} {
		if got := shared("carol@other.example", carol); len(got) != 1 {
			t.Fatal(got)
		}
		if err := s.Delete(ctx, alice, name); err != nil {
			t.Fatal(err)
		}
	}
	if got := shared("carol@other.example", carol); len(got) != 0 {
		t.Fatal("deleted", got)
	}
	s.grant(t, s.sub, WhoAnyone, RightLookup)
	if err := s.DeleteAccount(ctx, alice); err != nil {
		t.Fatal(err)
	}
	if got := shared(bobAddress, bob); len(got) != 0 {
		t.Fatal("account deleted", got)
	}
}

// Rights are the union of what is given, less what is taken; the owner keeps a.
func TestACLRights(t *testing.T) {
	bob := &Actor{Address: bobAddress, Account: bob}
	l := func(pairs ...string) ACL {
		var list ACL
		for i := 0; i < len(pairs); i += 2 {
			r, err := ParseRights(pairs[i+1])
			if err != nil {
				t.Fatal(err)
			}
			list = list.with(pairs[i], r)
		}
		return list
	}
	for _, c := range []struct {
		list  ACL
		owner bool
		want  string
	}{
		{nil, true, "lrswipkxtea"},
		{nil, false, ""},
		{l(bobAddress, "lr"), false, "lr"},
		{l(bobAddress, "lr", "anyone", "ls", "@example.org", "i"), false, "lrsi"},
		{l(bobAddress, "lrs", "-"+bobAddress, "s"), false, "lr"},
		{l("anyone", "lrs", "-@example.org", "s"), false, "lr"},
		{l("@other.example", "lr"), false, ""},
		{l("owner", "lr"), true, "lra"},
		{l("-owner", "xa"), true, "lrswipktea"},
		{l("-anyone", "x"), true, "lrswipktea"},
		{l("owner", "lr"), false, ""},
		{l(bobAddress, "cd"), false, "kxte"},
	} {
		if got := c.list.rights(bob, c.owner).String(); got != c.want {
			t.Errorf("%v, owner %v: %s, want %s", c.list, c.owner, got, c.want)
		}
	}
}

func TestParseWho(t *testing.T) {
	for in, want := range map[string]string{
		"Bob@Example.org": bobAddress, "-BOB@example.org": "-" + bobAddress, "ANYONE": "anyone", "-Authenticated": "-authenticated",
		"@Example.org": "@example.org", "bob": "", "": "", "-": "", "@": "", "bob@": "", "a b@c": "", "a@b@c": "", "x\x00@y": "",
		strings.Repeat("a", 400) + "@b": "",
	} {
		if got, err := ParseWho(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := ParseRights("lz"); !errors.Is(err, ErrRights) {
		t.Error(err)
	}
}

// Flags that somebody may not set are left alone, not refused.
func TestStoreSomeFlags(t *testing.T) {
	s := newSharing(t)
	ctx := t.Context()
	all := FlagChange{Op: ReplaceFlags, Flags: Seen | Flagged | Deleted, Keywords: []string{"work"}}
	if _, err := s.Store.StoreFlags(ctx, alice, s.team, AllUIDs(), all); err != nil {
		t.Fatal(err)
	}
	s.grant(t, s.team, bobAddress, RightLookup|RightRead|RightSeen)
	if _, err := s.bob.StoreFlags(ctx, alice, s.team, AllUIDs(), FlagChange{Op: ReplaceFlags, Flags: Answered}); !errors.Is(err, ErrNoRight) {
		t.Fatal("no flag of it may be set", err)
	}
	if _, err := s.bob.StoreFlags(ctx, alice, s.team, AllUIDs(), FlagChange{Op: ReplaceFlags}); err != nil {
		t.Fatal(err)
	}
	work := Keyword(0)
	if got := s.view(t, alice, s.team).At(0).Flags; got != Flagged|Deleted|work {
		t.Fatalf("flags %b", got)
	}
	if _, err := s.bob.StoreFlags(ctx, alice, s.team, AllUIDs(), all); err != nil {
		t.Fatal(err)
	}
	if got := s.view(t, alice, s.team).At(0).Flags; got != Seen|Flagged|Deleted|work {
		t.Fatalf("flags %b", got)
	}
}
