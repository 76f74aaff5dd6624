package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"tram/internal/storage/kv"
)

const (
	// maxPage is how many entries one List returns at most.
	maxPage = 1000
	// stride is how many chosen entries of a shard are in memory at once. No
	// picture of the store is held while they are handed on.
	stride = 256
)

// Listed is an entry as an administrator sees it. Of a damaged one only the
// ID and Err are known.
type Listed struct {
	Entry
	State State
	Next  time.Time // the next attempt; zero = at once
	Err   error     // why a damaged record cannot be read

	// Blocked is until when the domain of its recipients is taken for
	// unreachable, and Reply why; zero when it is not.
	Blocked time.Time
	Reply   string
}

// Select calls fn for each entry that f chooses, by ID, which is oldest first.
// An error of fn ends it and is returned; io.EOF ends it without an error. It
// holds no lock: the queue goes on meanwhile, and fn may change it.
func (q *Queue) Select(ctx context.Context, f Filter, fn func(Listed) error) error {
	m, err := f.compile()
	if err != nil {
		return err
	}
	cursors := make([]cursor, 0, len(q.accounts))
	for _, shard := range q.accounts {
		cursors = append(cursors, cursor{shard: shard, after: f.After})
	}
	for n := 0; f.Limit == 0 || n < f.Limit; n++ {
		l, err := q.first(ctx, m, cursors)
		if l == nil || err != nil {
			return err
		}
		switch err := fn(*l); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// first takes the entry with the lowest ID off the cursors; nil at the end.
func (q *Queue) first(ctx context.Context, m *matcher, cursors []cursor) (*Listed, error) {
	var least *cursor
	for i := range cursors {
		c := &cursors[i]
		if err := q.fill(ctx, m, c); err != nil {
			return nil, fmt.Errorf("list queue: %w", err)
		}
		if len(c.found) > 0 && (least == nil || c.found[0].ID < least.found[0].ID) {
			least = c
		}
	}
	if least == nil {
		return nil, nil
	}
	l := &least.found[0]
	least.found = least.found[1:]
	return l, nil
}

// List returns a page of the entries that f chooses, by ID. A page shorter than
// the limit is the last.
func (q *Queue) List(ctx context.Context, f Filter) (page []Listed, err error) {
	if f.Limit <= 0 || f.Limit > maxPage {
		f.Limit = maxPage
	}
	err = q.Select(ctx, f, func(l Listed) error {
		page = append(page, l)
		return nil
	})
	return page, err
}

// cursor walks over the chosen entries of a shard.
type cursor struct {
	shard kv.Account
	after ID
	found []Listed
	done  bool
}

// fill reads on when nothing found is left.
func (q *Queue) fill(ctx context.Context, m *matcher, c *cursor) error {
	if len(c.found) > 0 || c.done {
		return nil
	}
	c.found = make([]Listed, 0, 16)
	return q.db.View(ctx, c.shard, func(r kv.Reader) error {
		if m.ids != nil {
			return q.fillNamed(r, m, c)
		}
		from := keyOf(c.after + 1)
		it := r.Scan(from[:], entriesTo)
		defer it.Close()
		for n := 1; len(c.found) < stride; n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if !it.Next() {
				c.done = true
				return it.Err()
			}
			id, ok := idOf(it.Key(), c.shard)
			if !ok {
				continue
			}
			c.after = id
			if l, ok := q.match(m, id, it.Value()); ok {
				c.found = append(c.found, l)
			}
		}
		return nil
	})
}

// fillNamed reads the entries that a filter names.
func (q *Queue) fillNamed(r kv.Reader, m *matcher, c *cursor) error {
	c.done = true
	for id := range m.ids {
		if Shard(id) != c.shard || id <= c.after {
			continue
		}
		key := keyOf(id)
		value, err := r.Get(key[:])
		if errors.Is(err, kv.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if l, ok := q.match(m, id, value); ok {
			c.found = append(c.found, l)
		}
	}
	slices.SortFunc(c.found, func(a, b Listed) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return nil
}

// match decides whether a record is chosen, the cheap questions first.
func (q *Queue) match(m *matcher, id ID, value []byte) (Listed, bool) {
	at := q.standing(id)
	if at.state != 0 && !m.choosesState(at.state) {
		return Listed{}, false
	}
	l := q.listed(id, value, at)
	if !m.choosesState(l.State) {
		return Listed{}, false
	}
	if l.State == Damaged {
		return l, !m.byRecord
	}
	return l, m.chooses(&l.Entry)
}

// standing is what the schedule knows of an entry; the zero value when nothing.
type standing struct {
	state   State
	next    int64
	blocked int64
	reply   string
}

func (q *Queue) standing(id ID) (at standing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	sl := q.schedule.find(id)
	if sl == nil {
		return at
	}
	at.state, at.next = sl.state, sl.next
	if st := &q.schedule.sites.all[sl.site]; st.blocked > millis(time.Now()) {
		at.blocked, at.reply = st.blocked, st.reply
	}
	return at
}

func (q *Queue) state(id ID) State { return q.standing(id).state }

// listed puts record and schedule together.
func (q *Queue) listed(id ID, value []byte, at standing) Listed {
	e, err := decodeRecord(value)
	if err != nil {
		l := Listed{State: Damaged, Err: fmt.Errorf("%w: %w", ErrDamaged, err)}
		l.ID = id
		return l
	}
	e.ID = id
	q.finish(e)
	if at.state == 0 { // committed a moment ago and not yet published
		at.state, at.next = Fresh, e.wake(time.Now())
	}
	return Listed{Entry: *e, State: at.state, Next: timeOf(at.next), Blocked: timeOf(at.blocked), Reply: at.reply}
}

// Show returns one entry. For a damaged one the error is ErrDamaged.
func (q *Queue) Show(ctx context.Context, id ID) (Listed, error) {
	at := q.standing(id)
	var l Listed
	err := q.db.View(ctx, Shard(id), func(r kv.Reader) error {
		key := keyOf(id)
		value, err := r.Get(key[:])
		if errors.Is(err, kv.ErrNotFound) {
			return ErrNotFound
		}
		if err == nil {
			l = q.listed(id, value, at)
			err = l.Err
		}
		return err
	})
	if err != nil {
		return l, fmt.Errorf("%s: %w", id, err)
	}
	return l, nil
}
