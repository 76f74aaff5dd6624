package mailstore

import (
	"context"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// keywordSession is what a client knows from nothing but the differences of the
// views that its session goes through.
type keywordSession struct {
	box    *keywordBox
	view   *View
	told   map[UID]string
	frozen bool // it has taken some messages of a later view, and was not told of the others
}

// connect begins sessions, two a mailbox.
func (r *keywordRun) connect() {
	r.viewer = nil
	for i := range r.boxes {
		for range 2 {
			s := &keywordSession{box: &r.boxes[i], told: map[UID]string{}}
			s.view = r.e.view(r.test, s.box.at.Account, s.box.at.Mailbox)
			for _, e := range entries(s.view) {
				s.told[e.UID] = namesOf(s.view, e.Flags)
			}
			r.viewer = append(r.viewer, s)
		}
	}
}

// newest is the view that a session gets, from either store.
func (r *keywordRun) newest(t *rapid.T, s *keywordSession) *View {
	store := r.e.Store
	if rapid.Bool().Draw(t, "by the log") {
		store = r.second
	}
	v, err := store.View(context.Background(), s.box.at.Account, s.box.at.Mailbox)
	r.ok(err)
	for _, e := range entries(s.view) {
		if f := e.Flags &^ v.Renamed(s.view); namesOf(s.view, f) != namesOf(v, f) {
			t.Fatalf("flags %#x were %q and are %q", uint64(f), namesOf(s.view, f), namesOf(v, f))
		}
	}
	return v
}

// sync has a session tell its client of the difference: it knows all then.
// Without EXPUNGE what is gone stays, and has no name that it had not before.
func (r *keywordRun) sync(t *rapid.T) {
	s := rapid.SampledFrom(r.viewer).Draw(t, "session")
	view := r.newest(t, s)
	if rapid.Bool().Draw(t, "no EXPUNGE") {
		view = view.Keeping(s.view)
	}
	for c := range Diff(s.view, view) {
		switch names := namesOf(view, c.Entry.Flags); {
		case c.Kind == Expunged:
			delete(s.told, c.Entry.UID)
		case c.New >= 0 && !s.box.exists(c.Entry.UID) && !within(names, s.told[c.Entry.UID]):
			t.Fatalf("message %d is gone, had %q and is shown with %q", c.Entry.UID, s.told[c.Entry.UID], names)
		default:
			s.told[c.Entry.UID] = names
		}
	}
	for _, e := range entries(view) {
		names := namesOf(view, e.Flags)
		want, there := s.box.has[e.UID]
		// Of what was dropped while it was frozen a session need not tell.
		if there && names != want || names != s.told[e.UID] && (there || !s.frozen || !within(names, s.told[e.UID])) {
			t.Fatalf("message %d is shown with %q, told %q; it has %q", e.UID, names, s.told[e.UID], want)
		}
	}
	if s.view = view; len(entries(view)) == len(s.box.has) {
		s.frozen = false
	}
}

func (b *keywordBox) exists(uid UID) bool {
	_, there := b.has[uid]
	return there
}

// take has a session that hears nothing see what it did itself. The others keep
// the names that the mailbox still has.
func (r *keywordRun) take(t *rapid.T) {
	s := rapid.SampledFrom(r.viewer).Draw(t, "session")
	set := s.box.some(t)
	from := r.newest(t, s)
	view := s.view.Taking(from, set)
	if view.Len() != s.view.Len() {
		t.Fatalf("%d messages, there were %d", view.Len(), s.view.Len())
	}
	known := lowerSet(view.Keywords())
	for i, e := range entries(view) {
		names, had := namesOf(view, e.Flags), namesOf(s.view, s.view.At(i).Flags)
		want, there := s.box.has[e.UID]
		if there && set.Contains(e.UID) {
			s.told[e.UID] = want
		} else {
			want = keywordSet(slices.DeleteFunc(strings.Fields(had), func(k string) bool { return !within(k, known) }))
		}
		if names != want {
			t.Fatalf("message %d is shown with %q, want %q", e.UID, names, want)
		}
	}
	s.view, s.frozen = view, true
}
