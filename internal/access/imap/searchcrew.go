package imap

import (
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"tram/internal/mailstore"
)

// To look for a text in many messages is work for every processor that has
// none. A search cuts what records have to decide into parts; the session takes
// one after the other, and so do helpers, of which all sessions together have
// one less than there are processors.

const (
	searchPart  = 256            // messages of a part
	searchAlone = 2 * searchPart // up to here the session does without helpers
)

// searchHelpers are the goroutines that may help now.
type searchHelpers struct{ free atomic.Int32 }

func (h *searchHelpers) init() { h.free.Store(int32(runtime.NumCPU() - 1)) }

// take reports whether there is one more helper; then release gives it back.
func (h *searchHelpers) take() bool {
	if h.free.Add(-1) >= 0 {
		return true
	}
	h.free.Add(1)
	return false
}

func (h *searchHelpers) release() { h.free.Add(1) }

// recordSearch is a search through records.
type recordSearch struct {
	s      *session
	key    key
	in     *target
	judged atomic.Int64 // messages

	mu    sync.Mutex
	open  mailstore.UIDSet // not taken yet
	parts [][]uint32       // what was found, by parts in ascending order
	err   error            // the first one ends the search
}

// findInRecords decides about the messages that the view could not decide. It
// returns indexes in ascending order.
func (s *session) findInRecords(k key, c *candidate, open mailstore.UIDSet) ([]uint32, error) {
	total := countIn(c.in.view, open)
	w := &recordSearch{s: s, key: k, in: c.in, open: open}
	progress := s.newProgress(total)
	func() {
		defer w.callHelpers(c, total)()
		w.run(c, func() { progress.at(int(w.judged.Load())) })
	}()
	var found []uint32
	for _, part := range w.parts {
		found = append(found, part...)
	}
	return found, w.err
}

// callHelpers has helpers take part, when the work is worth it and as many as
// are free. What it returns waits for them and adds up what they know.
func (w *recordSearch) callHelpers(c *candidate, total int) (wait func()) {
	var helpers sync.WaitGroup
	var candidates []*candidate
	helping := &w.s.srv.searchHelpers
	for n := searchAlone; w.key.cost() == costBody && n < total && helping.take(); n += searchPart {
		own := c.twin()
		candidates = append(candidates, own)
		helpers.Go(func() {
			defer helping.release()
			defer w.recover()
			w.run(own, func() {})
		})
	}
	return func() {
		helpers.Wait()
		for _, own := range candidates {
			c.addScores(own.scores)
		}
	}
}

// recover turns a panic of a helper into an error of the search: only a session's
// own goroutine may end its session.
func (w *recordSearch) recover() {
	if cause := recover(); cause != nil {
		w.s.srv.log.Error("imap: search panicked", "user", w.s.user, "cause", cause, "stack", string(debug.Stack()))
		w.fail(fmt.Errorf("search: %v", cause))
	}
}

// run judges one part after the other until there is none. told is called
// behind each.
func (w *recordSearch) run(c *candidate, told func()) {
	defer c.close()
	at := newCursor(w.in.view)
	for {
		number, uids := w.take()
		if len(uids) == 0 {
			return
		}
		found, err := w.judge(c, at, uids)
		if err != nil {
			w.fail(err)
			return
		}
		w.put(number, found)
		told()
	}
}

// judge returns which messages of a part match.
func (w *recordSearch) judge(c *candidate, at *cursor, uids mailstore.UIDSet) (found []uint32, err error) {
	err = w.s.mail.Messages(w.s.ctx, w.in.account, w.in.id, uids, w.key.want(), func(m *mailstore.Message) error {
		w.judged.Add(1)
		i, entry, ok := at.seek(m.UID)
		if !ok {
			return nil
		}
		c.index, c.entry = i, entry
		c.begin(m)
		if w.key.eval(c) == matched {
			found = append(found, uint32(i))
		}
		return c.err
	})
	return found, err
}

// take returns the next part and its number; nothing at the end and after an
// error.
func (w *recordSearch) take() (number int, part mailstore.UIDSet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, nil
	}
	part, w.open = cutSet(w.in.view, w.open, searchPart)
	if len(part) > 0 {
		w.parts = append(w.parts, nil)
	}
	return len(w.parts) - 1, part
}

func (w *recordSearch) put(number int, found []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parts[number] = found
}

func (w *recordSearch) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

// cutSet divides a set behind its first n messages in the view. The set is used
// up: a part of it becomes rest.
func cutSet(v *mailstore.View, set mailstore.UIDSet, n int) (part, rest mailstore.UIDSet) {
	for i, r := range set {
		first := v.Search(r.First)
		if end := searchAfter(v, r.Last); end-first <= n {
			n -= end - first
			continue
		}
		if n == 0 {
			return set[:i], set[i:]
		}
		last := v.At(first + n - 1).UID
		part = append(set[:i:i], mailstore.UIDRange{First: r.First, Last: last})
		set[i].First = last + 1
		return part, set[i:]
	}
	return set, nil
}

// twin is a candidate for another goroutine.
func (c *candidate) twin() *candidate {
	t := &candidate{s: c.s, in: c.in, now: c.now, set: c.set, dates: c.dates, row: -1}
	if c.answers != nil {
		t.answers = maps.Clone(c.answers)
		for q, a := range t.answers {
			own := *a
			t.answers[q] = &own
		}
	}
	return t
}

// addScores takes over the scores of other messages.
func (c *candidate) addScores(scores map[uint32]int) {
	if c.scores == nil {
		c.scores = scores
		return
	}
	maps.Copy(c.scores, scores)
}
