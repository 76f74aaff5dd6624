package queue

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tram/internal/storage/kv"
)

// ageSteps are the upper bounds of the first columns of Destination.Ages.
var ageSteps = [...]time.Duration{time.Hour, 4 * time.Hour, 24 * time.Hour}

// Destination counts the entries for one domain.
type Destination struct {
	Domain                                  string // "" for entries with recipients in several domains
	Entries                                 int    // all of the following
	Fresh, Waiting, InFlight, Held, Damaged int

	// Ages counts them by age: below 1 hour, 4 hours, 1 day, and older.
	Ages   [len(ageSteps) + 1]int
	Oldest time.Time // when the oldest was taken into the queue

	Blocked time.Time // taken for unreachable until then; zero when it is not
	Reply   string    // the last words about it: of the block, or of the oldest entry

	oldest ID
}

// Destinations counts the queue by domain, the largest first, and returns the
// first most of them (0: all) and how many there are. It reads no more than one
// entry a domain that is returned. Damaged entries are nobody's.
func (q *Queue) Destinations(ctx context.Context, most int) (list []Destination, all int, err error) {
	list = q.countSites(time.Now())
	all = len(list)
	slices.SortFunc(list, func(a, b Destination) int {
		return cmp.Or(b.Entries-a.Entries, cmp.Compare(a.Domain, b.Domain))
	})
	if most > 0 {
		list = list[:min(len(list), most)]
	}
	for i := range list {
		d := &list[i]
		d.Oldest = d.oldest.Time()
		if d.Reply != "" {
			continue
		}
		if d.Reply, err = q.lastReply(ctx, d.oldest); err != nil {
			return nil, 0, err
		}
	}
	return list, all, nil
}

// countSites goes over the schedule, which takes about 10 ms a million entries.
func (q *Queue) countSites(now time.Time) []Destination {
	q.mu.Lock()
	defer q.mu.Unlock()
	sites := q.schedule.sites.all
	counts := make([]Destination, len(sites))
	for i := range q.schedule.slots {
		if sl := &q.schedule.slots[i]; sl.state != 0 {
			counts[sl.site].count(sl, now)
		}
	}
	list := counts[:0]
	for n := range counts {
		d := counts[n]
		if d.Entries == 0 {
			continue
		}
		d.Domain = sites[n].domain
		if sites[n].blocked > millis(now) {
			d.Blocked, d.Reply = timeOf(sites[n].blocked), sites[n].reply
		}
		list = append(list, d)
	}
	return list
}

func (d *Destination) count(sl *slot, now time.Time) {
	d.Entries++
	switch sl.state {
	case Fresh:
		d.Fresh++
	case Waiting:
		d.Waiting++
	case InFlight:
		d.InFlight++
	case Held:
		d.Held++
	case Damaged:
		d.Damaged++
	}
	if d.oldest == 0 || sl.id < d.oldest {
		d.oldest = sl.id
	}
	age := now.Sub(sl.id.Time())
	column := slices.IndexFunc(ageSteps[:], func(step time.Duration) bool { return age < step })
	if column < 0 {
		column = len(ageSteps)
	}
	d.Ages[column]++
}

// lastReply is the last reply to the recipients of an entry, "" when there is none
// or the entry is gone.
func (q *Queue) lastReply(ctx context.Context, id ID) (reply string, err error) {
	err = q.db.View(ctx, Shard(id), func(r kv.Reader) error {
		e, err := q.get(r, id)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrDamaged) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range e.Rcpts {
			reply = cmp.Or(e.Rcpts[i].LastReply, reply)
		}
		return nil
	})
	return reply, err
}
