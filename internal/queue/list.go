package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// maxPage is how many entries one List returns at most.
const maxPage = 1000

// Filter chooses entries. Empty fields choose all.
type Filter struct {
	Sender    string    // part of the sender address, any case; "<>" is the null sender
	Recipient string    // part of a waiting recipient's address, any case
	Domain    string    // domain of a waiting recipient
	States    []State   //
	Before    time.Time // received before
	After     ID        // only later IDs: the last one of the page before
	Limit     int       // entries a page; default and most 1000
}

// Listed is an entry as an administrator sees it. Of a damaged one only the
// ID and Err are known.
type Listed struct {
	Entry
	State State
	Next  time.Time // the next attempt; zero = at once
	Err   error     // why a damaged record cannot be read
}

// List returns the entries that f chooses, by ID, which is oldest first. A
// page shorter than the limit is the last.
func (q *Queue) List(ctx context.Context, f Filter) ([]Listed, error) {
	if f.Limit <= 0 || f.Limit > maxPage {
		f.Limit = maxPage
	}
	domain, err := foldDomain(f.Domain)
	if err != nil {
		return nil, err
	}
	f.Domain = domain
	f.Sender, f.Recipient = strings.ToLower(f.Sender), strings.ToLower(f.Recipient)
	var page []Listed
	for _, shard := range q.accounts {
		found, err := q.listShard(ctx, shard, &f, page)
		if err != nil {
			return nil, fmt.Errorf("list queue: %w", err)
		}
		page = append(page, found...)
		slices.SortFunc(page, func(a, b Listed) int {
			if a.ID < b.ID {
				return -1
			}
			return 1
		})
		page = page[:min(len(page), f.Limit)]
	}
	return page, nil
}

// foldDomain brings a domain into the form in which domains are compared.
func foldDomain(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	d, err := address.ParseDomain(s)
	if err != nil {
		return "", fmt.Errorf("domain %q: %w", s, err)
	}
	return address.Address{Domain: d}.ASCII(), nil
}

// listShard returns the entries of one shard that belong on the page, of which
// the earlier shards filled a part.
func (q *Queue) listShard(ctx context.Context, shard kv.Account, f *Filter, page []Listed) (found []Listed, err error) {
	err = q.db.View(ctx, shard, func(r kv.Reader) error {
		from := keyOf(f.After + 1)
		it := r.Scan(from[:], entriesTo)
		defer it.Close()
		for n := 1; it.Next(); n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			id, ok := idOf(it.Key(), shard)
			if !ok {
				continue
			}
			if len(found) == f.Limit || len(page) == f.Limit && id > page[len(page)-1].ID {
				break
			}
			if l, ok := q.match(f, id, it.Value()); ok {
				found = append(found, l)
			}
		}
		return it.Err()
	})
	return found, err
}

// match decides whether f chooses a record, the cheap questions first.
func (q *Queue) match(f *Filter, id ID, value []byte) (Listed, bool) {
	state, next := q.standing(id)
	if len(f.States) > 0 && state != 0 && !slices.Contains(f.States, state) {
		return Listed{}, false
	}
	l := q.listed(id, value, state, next)
	if len(f.States) > 0 && !slices.Contains(f.States, l.State) {
		return Listed{}, false
	}
	if l.State == Damaged {
		return l, f.Sender == "" && f.Recipient == "" && f.Domain == "" && f.Before.IsZero()
	}
	return l, f.chooses(&l.Entry)
}

func (f *Filter) chooses(e *Entry) bool {
	if !f.Before.IsZero() && !e.Received.Before(f.Before) {
		return false
	}
	if f.Sender == "<>" {
		if !e.Sender.IsNull() {
			return false
		}
	} else if !strings.Contains(strings.ToLower(e.Sender.String()), f.Sender) {
		return false
	}
	return f.Recipient == "" && f.Domain == "" || slices.ContainsFunc(e.Rcpts, f.choosesRcpt)
}

func (f *Filter) choosesRcpt(r Rcpt) bool {
	return (f.Recipient == "" || strings.Contains(strings.ToLower(r.To.String()), f.Recipient)) &&
		(f.Domain == "" || r.To.ASCII() == f.Domain)
}

// listed puts record and schedule together.
func (q *Queue) listed(id ID, value []byte, state State, next int64) Listed {
	e, err := decodeRecord(value)
	if err != nil {
		l := Listed{State: Damaged, Err: fmt.Errorf("%w: %w", ErrDamaged, err)}
		l.ID = id
		return l
	}
	e.ID = id
	q.finish(e)
	if state == 0 { // committed a moment ago and not yet published
		state, next = Fresh, e.wake(time.Now())
	}
	return Listed{Entry: *e, State: state, Next: timeOf(next)}
}

// standing returns what the schedule knows of an entry; 0 when nothing.
func (q *Queue) standing(id ID) (State, int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if sl := q.schedule.find(id); sl != nil {
		return sl.state, sl.next
	}
	return 0, 0
}

func (q *Queue) state(id ID) State {
	s, _ := q.standing(id)
	return s
}

// Show returns one entry. For a damaged one the error is ErrDamaged.
func (q *Queue) Show(ctx context.Context, id ID) (Listed, error) {
	state, next := q.standing(id)
	var l Listed
	err := q.db.View(ctx, Shard(id), func(r kv.Reader) error {
		key := keyOf(id)
		value, err := r.Get(key[:])
		if errors.Is(err, kv.ErrNotFound) {
			return ErrNotFound
		}
		if err == nil {
			l = q.listed(id, value, state, next)
			err = l.Err
		}
		return err
	})
	if err != nil {
		return l, fmt.Errorf("%s: %w", id, err)
	}
	return l, nil
}
