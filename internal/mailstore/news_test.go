package mailstore

import (
	"fmt"
	"strings"
	"testing"
)

// news returns what happened after a MODSEQ as words, and where it leads to.
func (e *env) news(t *testing.T, since ModSeq, own func(ModSeq) bool) (string, ModSeq) {
	t.Helper()
	n, err := e.News(t.Context(), alice, since, own)
	if err != nil || !n.Complete {
		t.Fatal(err, n.Complete)
	}
	var out []string
	for _, b := range n.Boxes {
		what := fmt.Sprintf("%s(%d)", b.Name, b.Status.Messages)
		for i, is := range []bool{b.HasChildren, b.Created, b.Deleted, b.Arrived, b.Flags, b.Expunged} {
			if is {
				what += "c+-afx"[i : i+1]
			}
		}
		if b.Was != "" {
			what += "<" + b.Was
		}
		out = append(out, what)
	}
	for _, m := range n.Subscriptions {
		out = append(out, fmt.Sprintf("%s:%v", m.Name, m.Subscribed))
	}
	return strings.Join(out, " "), n.Now
}

func TestNews(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	nobody := func(ModSeq) bool { return false }
	_, since := e.news(t, ^ModSeq(0), nobody)
	ctx := t.Context()
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"nothing", func() error { return nil }, ""},
		{"create", func() error { _, err := e.Create(ctx, alice, "a", ""); return err }, "a(0)+"},
		{"below", func() error { _, err := e.Create(ctx, alice, "a/b", ""); return err }, "a/b(0)+"},
		{"rename with what is below", func() error { return e.Rename(ctx, alice, "a", "z") }, "z(0)c<a z/b(0)"},
		{"two renames", func() error { return join(e.Rename(ctx, alice, "z", "y"), e.Rename(ctx, alice, "y", "x")) }, "x(0)c<z x/b(0)"},
		{"delete", func() error { return e.Delete(ctx, alice, "x/b") }, "x/b(0)-<x/b"},
		{"rename and delete", func() error { return join(e.Rename(ctx, alice, "x", "w"), e.Delete(ctx, alice, "w")) }, "x(0)-<x"},
		{"subscribe", func() error { return e.Subscribe(ctx, alice, "nowhere") }, "nowhere:true"},
		{"there and back", func() error { return join(e.Unsubscribe(ctx, alice, "nowhere"), e.Unsubscribe(ctx, alice, "Sent")) }, "Sent:false nowhere:false"},
		{"message", func() error { e.deliver(t, alice, in, letter, nil); return nil }, "INBOX(1)a"},
		{"flags", func() error {
			_, err := e.StoreFlags(ctx, alice, in, AllUIDs(), FlagChange{Op: AddFlags, Flags: Seen})
			return err
		}, "INBOX(1)f"},
		{"expunge", func() error {
			_, err := e.StoreFlags(ctx, alice, in, AllUIDs(), FlagChange{Op: AddFlags, Flags: Deleted})
			if err == nil {
				_, err = e.Expunge(ctx, alice, in, AllUIDs())
			}
			return err
		}, "INBOX(0)fx"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(step.name, err)
		}
		got, now := e.news(t, since, nobody)
		if got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
		if step.want != "" && now <= since {
			t.Errorf("%s: news lead from %d to %d", step.name, since, now)
		}
		since = now
	}
}

func join(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestNewsOfOthers: what a session did itself is no news to it.
func TestNewsOfOthers(t *testing.T) {
	e := newEnv(t)
	e.inbox(t, alice)
	own := map[ModSeq]bool{}
	ctx := WithOrigin(t.Context(), func(c OwnChange) { own[c.ModSeq] = c.Account == alice })
	_, since := e.news(t, ^ModSeq(0), nil)
	if _, err := e.Create(ctx, alice, "mine", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Create(t.Context(), alice, "theirs", ""); err != nil {
		t.Fatal(err)
	}
	if err := e.Subscribe(ctx, alice, "Sent"); err != nil { // it is subscribed: nothing changes
		t.Fatal(err)
	}
	if _, err := e.Create(t.Context(), alice, "theirs too", ""); err != nil {
		t.Fatal(err)
	}
	got, _ := e.news(t, since, func(seq ModSeq) bool { return own[seq] })
	if got != "theirs(0)+ theirs too(0)+" || len(own) != 1 {
		t.Errorf("%q, %d own", got, len(own))
	}
}
