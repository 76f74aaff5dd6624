package mailstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// problems runs Verify.
func (e *env) problems(t testing.TB, id kv.Account) []string {
	t.Helper()
	var all []string
	if err := e.Verify(t.Context(), id, func(p Problem) { all = append(all, p.String()) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// damaged is an account with 300 messages in INBOX, some of them expunged, and
// two other mailboxes.
func damaged(t *testing.T) (*env, MailboxID) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	var ds []Delivery
	for range 300 {
		d := e.delivery(letter)
		d.Keywords = []string{"work"}
		ds = append(ds, d)
	}
	if _, _, err := e.Append(t.Context(), alice, in, ds...); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Remove(t.Context(), alice, in, UIDSet{{100, 299}}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Create(t.Context(), alice, "a/b", ""); err != nil {
		t.Fatal(err)
	}
	if got := e.problems(t, alice); got != nil {
		t.Fatal(got)
	}
	return e, in
}

func TestVerifyAndRebuild(t *testing.T) {
	item := func(kind byte, m MailboxID, n uint32) []byte { return appendItemKey(nil, kind, m, n) }
	box := func(kind byte, m MailboxID) []byte { return appendBoxKey(nil, kind, m) }
	bad := []byte{99, 1, 2}
	const in = MailboxID(1)
	for _, c := range []struct {
		name   string
		damage func(kv.Space) error
		want   string // in the first problem
		left   uint32 // messages of INBOX after Rebuild; 0 means all 100
		still  bool   // cannot be repaired
	}{
		{name: "account record damaged", damage: func(s kv.Space) error { return s.Set(accountKey, bad) }, want: "account record"},
		{name: "account record gone", damage: func(s kv.Space) error { return s.Delete(accountKey) }, want: "account record"},
		{name: "counters damaged", damage: func(s kv.Space) error { return s.Set(box(kindCounters, in), bad) }, want: "counters"},
		{name: "counters gone", damage: func(s kv.Space) error { return s.Delete(box(kindCounters, in)) }, want: "counters"},
		{name: "counters wrong", damage: func(s kv.Space) error {
			c, err := readCounters(s, box(kindCounters, in))
			c.unseen, c.size = c.unseen+1, c.size-1
			return errors.Join(err, s.Set(box(kindCounters, in), c.append(nil)))
		}, want: "100 messages, 100 unseen"},
		{name: "UIDNEXT back", damage: func(s kv.Space) error {
			c, err := readCounters(s, box(kindCounters, in))
			c.uidNext = 300
			return errors.Join(err, s.Set(box(kindCounters, in), c.append(nil)))
		}, want: "UIDNEXT is 300"},
		{name: "expunged damaged", damage: func(s kv.Space) error { return s.Set(item(kindGone, in, 0), bad) }, want: "expunged messages"},
		{name: "expunged of no mailbox", damage: func(s kv.Space) error {
			return s.Set(item(kindGone, 99, 0), appendGone(nil, 0, []goneRun{{1, 1, 0}}))
		}, want: "does not exist"},
		{name: "MODSEQ back", damage: func(s kv.Space) error {
			a, _, err := readAccount(s)
			a.modSeq = 1
			return errors.Join(err, s.Set(accountKey, a.append(nil)))
		}, want: "the account is at 1"},
		{name: "quota wrong", damage: func(s kv.Space) error {
			a, _, err := readAccount(s)
			a.bytes++
			return errors.Join(err, s.Set(accountKey, a.append(nil)))
		}, want: "the account counts"},
		{name: "list damaged", damage: func(s kv.Space) error { return s.Set(box(kindACL, in), bad) }, want: "access control list"},
		{name: "list of no mailbox", damage: func(s kv.Space) error { return s.Set(box(kindACL, 77), ACL{}.append(nil)) }, want: "does not exist"},
		{name: "list not in the index", damage: func(s kv.Space) error {
			return s.Set(box(kindACL, in), ACL{{"@example.org", RightLookup}}.append(nil))
		}, want: "is shared with @example.org, who is not told"},
		{name: "annotation damaged", damage: func(s kv.Space) error { return s.Set(appendEntryKey(nil, in, "/shared/x", ""), nil) }, want: "annotation"},
		{name: "annotation of no mailbox", damage: func(s kv.Space) error {
			return s.Set(appendEntryKey(nil, 77, "/shared/x", ""), []byte{version1})
		}, want: "does not exist"},
		{name: "mailbox record gone", damage: func(s kv.Space) error { return s.Delete(box(kindMailbox, 7)) }, want: "mailboxes, the account counts"},
		{name: "INBOX record gone", damage: func(s kv.Space) error { return s.Delete(box(kindMailbox, in)) }, want: "mailboxes, the account counts"},
		{name: "mailbox record damaged", damage: func(s kv.Space) error { return s.Set(box(kindMailbox, 7), bad) }, want: "mailbox record"},
		{name: "name gone", damage: func(s kv.Space) error { return s.Delete(appendNameKey(nil, kindName, "a/b")) }, want: "does not lead to it"},
		{name: "name leads astray", damage: func(s kv.Space) error { return s.Set(appendNameKey(nil, kindName, "a/b"), appendMailboxID(nil, 3)) }, want: "leads to it"},
		{name: "flags gone", damage: func(s kv.Space) error { return s.Delete(item(kindFlags, in, 0)) }, want: "has a record but no flags"},
		{name: "flags damaged", damage: func(s kv.Space) error { return s.Set(item(kindFlags, in, 0), bad) }, want: "flags of the messages"},
		{name: "flags without messages", damage: func(s kv.Space) error {
			b := block{num: 1, entries: []Entry{{UID: 150, Size: 9, ModSeq: 2}}}
			return s.Set(item(kindFlags, in, 1), b.append(nil))
		}, want: "no record of kind 'm'"},
		{name: "flags without a name", damage: func(s kv.Space) error {
			return errors.Join(s.Delete(box(kindKeywords, in)))
		}, want: "keywords"},
		{name: "message gone", damage: func(s kv.Space) error { return s.Delete(item(kindMeta, in, 7)) }, want: "no record of kind 'm'", left: 99},
		{name: "message damaged", damage: func(s kv.Space) error { return s.Set(item(kindMeta, in, 7), bad) }, want: "record of kind 'm'", left: 99, still: true},
		{name: "structure gone", damage: func(s kv.Space) error { return s.Delete(item(kindStructure, in, 7)) }, want: "no record of kind 's'"},
		{name: "structure damaged", damage: func(s kv.Space) error { return s.Set(item(kindStructure, in, 7), bad) }, want: "record of kind 's'"},
		{name: "structure wrong", damage: func(s kv.Space) error { return s.Set(item(kindStructure, in, 7), appendStructure(nil, nil, nil)) }, want: "parts"},
		{name: "envelope wrong", damage: func(s kv.Space) error { return s.Set(item(kindEnvelope, in, 7), appendEnvelope(nil, []byte("()"))) }, want: "envelope is not"},
		{name: "header lines wrong", damage: func(s kv.Space) error { return s.Set(item(kindHeader, in, 300), appendHeader(nil, []byte("X: y\r\n"))) }, want: "header lines"},
		{name: "log damaged", damage: func(s kv.Space) error { return s.Set(appendLogKey(nil, 2, in), bad) }, want: "change log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, box := damaged(t)
			if box != in {
				t.Fatalf("INBOX is mailbox %d", box)
			}
			before := e.view(t, alice, in)
			err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error { return c.damage(tx.Account(alice)) })
			if err != nil {
				t.Fatal(err)
			}
			if got := e.problems(t, alice); len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Fatalf("problems %q, want one about %q", got, c.want)
			}
			repaired := 0
			if err := e.Rebuild(t.Context(), alice, func(Problem) { repaired++ }); err != nil {
				t.Fatal(err)
			}
			if repaired == 0 {
				t.Error("nothing was reported as repaired")
			}
			if got := e.problems(t, alice); (got != nil) != c.still {
				t.Fatalf("after Rebuild: %q", got)
			}
			checkRebuilt(t, e, before, c.left)
		})
	}
}

// checkRebuilt checks that INBOX has all messages and takes new ones.
func checkRebuilt(t *testing.T, e *env, before *View, left uint32) {
	t.Helper()
	if left == 0 {
		left = 100
	}
	in := e.inbox(t, alice)
	v := e.view(t, alice, in)
	if v.Len() != int(left) || v.Status().Messages != left || v.HighestModSeq() < before.HighestModSeq() {
		t.Fatalf("%d messages, %+v; before %+v", v.Len(), v.Status(), before.Status())
	}
	if v.UIDValidity() == before.UIDValidity() && v.UIDNext() < before.UIDNext() {
		t.Fatalf("UIDNEXT went from %d to %d", before.UIDNext(), v.UIDNext())
	}
	uid := e.deliver(t, alice, in, letter, nil)
	if uid < v.UIDNext() {
		t.Fatalf("UID %d, UIDNEXT was %d", uid, v.UIDNext())
	}
}

func TestVerifyBodies(t *testing.T) {
	e, in := damaged(t)
	live := map[blob.ID]bool{}
	var ids []blob.ID
	read := func(fn func(*Message) error) {
		t.Helper()
		if err := e.Messages(t.Context(), alice, in, UIDSet{{3, 4}}, WantMeta, fn); err != nil {
			t.Fatal(err)
		}
	}
	lost, other := blob.ID{1}, e.put("Subject: other\r\n\r\n")
	read(func(m *Message) error {
		m.Blob = lost
		if m.UID == 4 {
			m.Blob = other
		}
		return e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
			return tx.Account(alice).Set(appendItemKey(nil, kindMeta, in, uint32(m.UID)), appendMeta(nil, m))
		})
	})
	read(func(m *Message) error { ids = append(ids, m.Blob); return nil })
	if !slices.Equal(ids, []blob.ID{lost, other}) {
		t.Fatal(ids)
	}
	got := e.problems(t, alice)
	if len(got) != 2 || !strings.Contains(got[0], "message 3: body is damaged: blob: not found") || !strings.Contains(got[1], "message 4: size") {
		t.Fatalf("problems %q", got)
	}
	err := e.db.Snapshot(context.Background(), func(s kv.Snapshot) error {
		return LiveBlobs(s, func(id blob.ID) { live[id] = true })
	})
	if err != nil || len(live) != 100 || !live[lost] || !live[other] {
		t.Fatalf("%d live blobs, %v", len(live), err)
	}
}
