package mailstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"tram/internal/storage/kv"
)

// Sessions on the same mailboxes do random things at once. Each checks that
// what it sees makes sense from one look to the next; at the end everything
// must add up. Run it with -race.
func TestConcurrentSessions(t *testing.T) {
	e := newEnv(t)
	ctx, stop := context.WithCancel(context.Background())
	var running, sessions sync.WaitGroup
	running.Go(func() { e.Run(ctx) })
	boxes := map[kv.Account][2]MailboxID{}
	for _, id := range modelAccounts {
		boxes[id] = [2]MailboxID{e.inbox(t, id), e.box(t, id, "Archive")}
	}
	var left atomic.Int64 // messages that must be there at the end
	for n := range 8 {
		sessions.Go(func() {
			id := modelAccounts[n%2]
			s := session{e: e, id: id, boxes: boxes[id], rnd: rand.New(rand.NewPCG(1, uint64(n))), left: &left}
			defer e.Watch(id, s.boxes[0], func() {})()
			for range 150 {
				if err := s.step(ctx); err != nil {
					t.Errorf("session %d: %v", n, err)
					return
				}
			}
		})
	}
	sessions.Wait()
	stop()
	running.Wait()
	total := int64(0)
	for _, id := range modelAccounts {
		if got := e.problems(t, id); got != nil {
			t.Error(got)
		}
		_, messages, err := e.Usage(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		total += messages
	}
	if total != left.Load() {
		t.Errorf("%d messages, want %d", total, left.Load())
	}
}

type session struct {
	e     *env
	id    kv.Account
	boxes [2]MailboxID
	rnd   *rand.Rand
	left  *atomic.Int64
	seen  [2]*View
}

func (s *session) step(ctx context.Context) error {
	b := s.rnd.IntN(2)
	m := s.boxes[b]
	if err := s.look(ctx, b); err != nil {
		return err
	}
	first := UID(1 + s.rnd.IntN(int(s.seen[b].UIDNext())))
	set := UIDSet{{first, first + UID(s.rnd.IntN(40))}}
	switch s.rnd.IntN(6) {
	case 0, 1:
		_, uids, err := s.e.Append(ctx, s.id, m, s.e.delivery(letter), s.e.delivery(letter))
		s.left.Add(int64(len(uids)))
		return err
	case 2:
		err := s.e.db.Update(ctx, modelAccounts, func(tx kv.Tx) error {
			d := s.e.delivery(letter)
			d.Mailbox = m
			_, err := s.e.AppendTx(tx, s.id, []Delivery{d})
			return err
		})
		s.e.Committed(s.id)
		s.left.Add(1)
		return err
	case 3:
		_, err := s.e.StoreFlags(ctx, s.id, m, set, FlagChange{Op: FlagOp(1 + s.rnd.IntN(3)), Flags: Flags(s.rnd.IntN(32)),
			Keywords: s.keywords()})
		if errors.Is(err, ErrTooManyKeywords) {
			return nil
		}
		return err
	case 4:
		gone, err := s.e.Expunge(ctx, s.id, m, set)
		s.left.Add(-int64(gone.Len()))
		return err
	default:
		_, err := s.e.Move(ctx, Place{s.id, m}, Place{s.id, s.boxes[1-b]}, set, Quota{})
		return err
	}
}

// keywords are some of more than a mailbox has places for.
func (s *session) keywords() (names []string) {
	for range 4 {
		names = append(names, fmt.Sprint("k", s.rnd.IntN(100)))
	}
	return names
}

// look takes a new view and compares it with the last one.
func (s *session) look(ctx context.Context, b int) error {
	v, err := s.e.View(ctx, s.id, s.boxes[b])
	if err != nil {
		return err
	}
	old := s.seen[b]
	s.seen[b] = v
	if v.Len() != int(v.Status().Messages) {
		return fmt.Errorf("%d messages, counted %d", v.Len(), v.Status().Messages)
	}
	if old == nil {
		return nil
	}
	if v.HighestModSeq() < old.HighestModSeq() || v.UIDNext() < old.UIDNext() {
		return errors.New("MODSEQ or UIDNEXT went back")
	}
	n := old.Len()
	for c := range Diff(old, v) {
		switch {
		case c.Kind == Expunged:
			n--
		case c.Entry.ModSeq <= old.HighestModSeq():
			return fmt.Errorf("%+v is older than the last look", c)
		case c.Kind == Added && c.Entry.UID < old.UIDNext():
			return fmt.Errorf("%+v has an old UID", c)
		case c.Kind == Added:
			n++
		}
	}
	if n != v.Len() {
		return fmt.Errorf("the differences give %d messages, there are %d", n, v.Len())
	}
	return nil
}

// Views are let go of when there are too many, and shared while held.
func TestViewsAreBounded(t *testing.T) {
	e := newEnv(t)
	e.Store = New(e.db, e.blobs, Options{ViewMessages: 100})
	held := e.view(t, alice, e.inbox(t, alice))
	for i := range 300 {
		m, err := e.Create(t.Context(), alice, fmt.Sprint("m", i), "")
		if err != nil {
			t.Fatal(err)
		}
		e.view(t, alice, m.ID)
		if i%50 == 0 {
			runtime.GC()
		}
	}
	runtime.GC()
	e.view(t, alice, e.box(t, alice, "Sent"))
	views := e.Store.views
	if views.kept > 100 || views.order.Len() > 15 {
		t.Errorf("%d messages kept in %d views", views.kept, views.order.Len())
	}
	if len(views.slots) > 250 {
		t.Errorf("%d slots", len(views.slots))
	}
	if e.view(t, alice, held.Mailbox()) != held {
		t.Error("a view that a session holds was read again")
	}
}
