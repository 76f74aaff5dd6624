package mailstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"tram/internal/storage/kv"
)

// check compares everything that the store shows with the model.
func (m *machine) check(t *rapid.T) {
	m.steps++
	for _, id := range modelAccounts {
		m.checkAccount(id, m.model[id])
	}
}

func (m *machine) checkAccount(id kv.Account, a *modelAccount) {
	ctx := context.Background()
	all, err := m.e.Mailboxes(ctx, id)
	m.ok(err)
	var names, others []string
	for _, box := range all {
		if box.ID == 0 {
			others = append(others, box.Name)
		} else {
			names = append(names, box.Name)
			if b := a.boxes[box.Name]; b == nil || b.id != box.ID || b.validity != box.UIDValidity {
				m.t.Fatalf("mailbox %+v, model %+v", box, b)
			}
		}
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(a.boxes)); !slices.Equal(names, want) {
		m.t.Fatalf("mailboxes %q, want %q", names, want)
	}
	slices.Sort(others)
	if want := a.listed(); !slices.Equal(others, want) {
		m.t.Fatalf("names without a mailbox %q, want %q", others, want)
	}
	if seq := m.seqOf(id); seq != a.seq {
		m.t.Fatalf("MODSEQ %d, want %d", seq, a.seq)
	}
	bytes, messages, err := m.e.Usage(ctx, id)
	m.ok(err)
	if wantBytes, wantMessages := a.usage(); bytes != wantBytes || messages != wantMessages {
		m.t.Fatalf("usage %d bytes %d messages, want %d and %d", bytes, messages, wantBytes, wantMessages)
	}
	emails := map[uint64]bool{}
	for name, b := range a.boxes {
		m.checkBox(id, name, b, emails)
	}
}

func (m *machine) checkBox(id kv.Account, name string, b *modelBox, emails map[uint64]bool) {
	ctx := context.Background()
	_, status, err := m.e.StatusByName(ctx, id, name)
	m.ok(err)
	if want := b.status(); status != want {
		m.t.Fatalf("%s: status %+v, want %+v", name, status, want)
	}
	v, err := m.e.View(ctx, id, b.id)
	m.ok(err)
	m.checkView(name, v, b)
	key := viewKey{id, b.id}
	if old := m.views[key]; old != nil {
		checkDiff(m.t, old, v)
		checkKeeping(m.t, old, v)
		m.checkVanished(id, b, old)
	}
	m.views[key] = v
	// The second store looks now and then, so that its views skip versions.
	if (m.steps+int(b.id))%4 == 0 {
		v2, err := m.second.View(ctx, id, b.id)
		m.ok(err)
		m.checkView(name+" (second)", v2, b)
	}
	m.checkMessages(id, b, emails)
}

func (b *modelBox) status() Status {
	s := Status{UIDNext: b.uidNext, UIDValidity: b.validity, HighestModSeq: b.highest}
	for _, msg := range b.msgs {
		s.Messages++
		s.Size += msg.size
		if msg.flags&Seen == 0 {
			s.Unseen++
		}
		if msg.flags&Deleted != 0 {
			s.Deleted++
		}
	}
	return s
}

func (m *machine) checkView(name string, v *View, b *modelBox) {
	if v.Status() != b.status() || v.Len() != len(b.msgs) {
		m.t.Fatalf("%s: view %+v with %d messages, want %+v", name, v.Status(), v.Len(), b.status())
	}
	for i, e := range entries(v) {
		msg := b.msgs[i]
		var keywords []string
		for k, name := range v.Keywords() {
			if e.Flags&Keyword(k) != 0 {
				keywords = append(keywords, name)
			}
		}
		got := modelMsg{uid: e.UID, flags: e.Flags & SystemFlags, keywords: keywordSet(keywords), seq: e.ModSeq, size: int64(e.Size), content: msg.content}
		if got != msg {
			m.t.Fatalf("%s: message %d is %+v, want %+v", name, i, got, msg)
		}
		if v.At(i) != e {
			m.t.Fatalf("%s: At(%d) %+v, want %+v", name, i, v.At(i), e)
		}
		if at, ok := v.Index(e.UID); !ok || at != i {
			m.t.Fatalf("%s: Index(%d) %d %v, want %d", name, e.UID, at, ok, i)
		}
		if at := v.Search(e.UID + 1); at != i+1 {
			m.t.Fatalf("%s: Search(%d) %d, want %d", name, e.UID+1, at, i+1)
		}
	}
}

// checkDiff compares Diff with a comparison of all entries.
func checkDiff(t *rapid.T, old, v *View) {
	was, is := entries(old), entries(v)
	var want []Change
	i, j := 0, 0
	for i < len(was) || j < len(is) {
		switch {
		case j == len(is) || i < len(was) && was[i].UID < is[j].UID:
			want = append(want, Change{Expunged, i, -1, was[i]})
			i++
		case i == len(was) || is[j].UID < was[i].UID:
			want = append(want, Change{Added, -1, j, is[j]})
			j++
		default:
			if was[i] != is[j] {
				want = append(want, Change{FlagsChanged, i, j, is[j]})
			}
			i++
			j++
		}
	}
	if got := slices.Collect(Diff(old, v)); !slices.Equal(got, want) {
		t.Fatalf("diff %+v, want %+v", got, want)
	}
}

func checkKeeping(t *rapid.T, old, v *View) {
	merged := map[UID]Entry{}
	for _, e := range entries(old) {
		merged[e.UID] = e
	}
	for _, e := range entries(v) {
		merged[e.UID] = e
	}
	var want []Entry
	for _, uid := range slices.Sorted(maps.Keys(merged)) {
		want = append(want, merged[uid])
	}
	kept := v.Keeping(old)
	if got := entries(kept); !slices.Equal(got, want) {
		t.Fatalf("keeping %+v, want %+v", got, want)
	}
	if len(want) == v.Len() && kept != v {
		t.Fatal("nothing was expunged, but Keeping made a new view")
	}
	checkWithFlags(t, kept, want)
}

// checkWithFlags changes every second message of a view, which stays as it is.
func checkWithFlags(t *rapid.T, v *View, before []Entry) {
	want := slices.Clone(before)
	var uids UIDSet
	for i := 0; i < len(want); i += 2 {
		uids = uids.add(want[i].UID)
		want[i].Flags ^= Flagged
	}
	next := v.WithFlags(uids, func(f Flags) Flags { return f ^ Flagged })
	if got := entries(next); !slices.Equal(got, want) {
		t.Fatalf("with other flags %+v, want %+v", got, want)
	}
	if got := entries(v); !slices.Equal(got, before) {
		t.Fatalf("WithFlags changed the view itself: %+v, want %+v", got, before)
	}
}

func (m *machine) checkVanished(id kv.Account, b *modelBox, old *View) {
	got, complete, err := m.e.Vanished(context.Background(), id, b.id, old.HighestModSeq())
	m.ok(err)
	var want UIDSet
	for _, uid := range slices.Sorted(maps.Keys(b.gone)) {
		if b.gone[uid] > old.HighestModSeq() {
			want = want.add(uid)
		}
	}
	if !complete {
		m.t.Fatal("vanished: unknown")
	}
	// Where the log was cut there may be more, but only what is not there.
	since := old.HighestModSeq()
	exact := m.keepLog == defaultKeepLog
	for uid := range want.All() {
		if !got.Contains(uid) {
			m.t.Fatalf("vanished since %d: %v, without %d", since, got, uid)
		}
	}
	if exact && !slices.Equal(got, want) {
		m.t.Fatalf("vanished since %d: %v, want %v", since, got, want)
	}
	for uid := range got.All() {
		if seq := b.gone[uid]; seq == 0 {
			m.t.Fatalf("vanished since %d: %v, but %d is there", since, got, uid)
		} else if seq+m.keepLog/10+1 < since {
			m.t.Fatalf("vanished since %d: %v, but %d went at %d", since, got, uid, seq)
		}
	}
	m.checkChanged(old, b)
}

// checkChanged compares what changed since an older view.
func (m *machine) checkChanged(old *View, b *modelBox) {
	v, err := m.e.View(context.Background(), m.accountOf(b), b.id)
	m.ok(err)
	var got, want []string
	for i, e := range v.ChangedSince(AllUIDs(), old.HighestModSeq()) {
		got = append(got, fmt.Sprint(i, e.UID, e.ModSeq))
	}
	for i, msg := range b.msgs {
		if msg.seq > old.HighestModSeq() {
			want = append(want, fmt.Sprint(i, msg.uid, msg.seq))
		}
	}
	if !slices.Equal(got, want) {
		m.t.Fatalf("changed since %d: %v, want %v", old.HighestModSeq(), got, want)
	}
}

func (m *machine) accountOf(b *modelBox) kv.Account {
	for _, id := range modelAccounts {
		for _, box := range m.model[id].boxes {
			if box == b {
				return id
			}
		}
	}
	m.t.Fatal("a mailbox of nobody")
	return 0
}

func (m *machine) checkMessages(id kv.Account, b *modelBox, emails map[uint64]bool) {
	ctx := context.Background()
	set := AllUIDs()
	if m.steps%2 == 0 {
		set = NewUIDSet([]UIDRange{{3, 20}, {40, 40}, {60, 200}})
	}
	var got, want []string
	err := m.e.Messages(ctx, id, b.id, set, WantMeta|WantStructure|WantHeader|WantEnvelope, func(msg *Message) error {
		got = append(got, fmt.Sprint(msg.UID, " ", msg.Size, " ", msg.Blob))
		if emails[msg.EmailID] {
			return fmt.Errorf("email ID %d twice", msg.EmailID)
		}
		emails[msg.EmailID] = true
		body, err := m.e.AppendBody(ctx, nil, msg)
		if err != nil || int64(len(body)) != msg.Size || !strings.HasPrefix(string(body), "Return-Path: <>\r\n") {
			return fmt.Errorf("body %q, %w", body, err)
		}
		return nil
	})
	m.ok(err)
	for _, msg := range b.msgs {
		if set.Contains(msg.uid) {
			want = append(want, fmt.Sprint(msg.uid, " ", msg.size, " ", msg.content))
		}
	}
	if !slices.Equal(got, want) {
		m.t.Fatalf("messages %v, want %v", got, want)
	}
}
