package queue

import (
	"context"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// NewID returns an ID that no entry has or will have.
func (q *Queue) NewID() ID {
	return q.newID(ID(q.spread.Add(1) % uint32(q.o.Shards)))
}

func (q *Queue) newID(shard ID) ID { return ID(q.clock.next())<<shardBits | shard }

// Add takes a message into the queue. When it returns nil the message is
// queued and synced: this is the one function that owns "250 means queued".
// The ID is that of the first entry; a message with more than
// [MaxRcptsPerEntry] recipients becomes several entries in one commit.
//
// On an error the message is not queued, with one exception that SMTP knows
// too: when the sync itself fails nobody can tell, and the message may appear
// after a restart.
func (q *Queue) Add(ctx context.Context, m Message) (ID, error) {
	p, err := q.Prepare(m)
	if err != nil {
		return 0, err
	}
	if q.Len() >= q.o.MaxEntries {
		return 0, ErrFull
	}
	shard := [1]kv.Account{p.Shard()}
	// One sync, below, makes the entry durable and, with its rider, the body.
	err = q.db.Update(ctx, shard[:], func(tx kv.Tx) error { return q.AddTx(tx, p) })
	if err != nil {
		return 0, fmt.Errorf("queue message: %w", err)
	}
	// The commit is visible but a crash could still take it back: the sync is
	// what "250" promises. It must not be given up halfway when the client
	// goes away, or the entry would lie in the store unscheduled.
	if err := q.db.Sync(context.WithoutCancel(ctx), shard[0]); err != nil {
		return 0, fmt.Errorf("sync queued message: %w", err)
	}
	q.Added(p)
	return p.ID(), nil
}

// Pending is a message that is about to be added inside another commit.
type Pending struct {
	entries []*Entry
	one     [1]*Entry // the array of entries in the ordinary case
	rider   []byte    // of the body
	mark    tick      // written by the last run of AddTx
}

// ID is the ID of the first entry.
func (p *Pending) ID() ID { return p.entries[0].ID }

// Shard is the account that the Update must name.
func (p *Pending) Shard() kv.Account { return Shard(p.ID()) }

// Prepare checks a message for AddTx. It writes nothing, and unlike Add it
// takes mail when the queue is full: what is made from queued mail (bounces,
// forwarded mail) replaces an entry.
func (q *Queue) Prepare(m Message) (*Pending, error) {
	if err := m.check(q.o.Shards); err != nil {
		return nil, err
	}
	if m.ID == 0 {
		m.ID = q.NewID()
	}
	if m.Received.IsZero() {
		m.Received = time.Now()
	}
	// Times as the record has them.
	m.Received, m.Release, m.By.Until = timeOf(millis(m.Received)), timeOf(millis(m.Release)), timeOf(millis(m.By.Until))
	all := make([]Rcpt, len(m.Rcpts))
	for i, r := range m.Rcpts {
		all[i] = Rcpt{
			To: r.To, ORcpt: r.ORcpt, Notify: r.Notify, Outlet: r.Outlet,
			Next: m.Release, number: uint8(i % MaxRcptsPerEntry),
		}
	}
	p := &Pending{rider: m.Rider}
	m.Rider = nil // entries live longer than it
	p.entries = p.one[:0]
	for len(all) > 0 {
		n := min(len(all), MaxRcptsPerEntry)
		if len(p.entries) > 0 {
			// The same shard, so that one account is to be locked.
			m.ID = q.newID(m.ID & 0xff)
		}
		m.Rcpts = all[:n:n]
		p.entries = append(p.entries, q.newEntry(&m))
		all = all[n:]
	}
	return p, nil
}

func (q *Queue) newEntry(m *Message) *Entry {
	e := &Entry{Message: *m}
	q.finish(e)
	e.flight.key = keyOf(e.ID)
	return e
}

// maxPooled keeps a rare large record from staying in memory for good.
const maxPooled = 64 << 10

// AddTx adds a prepared message inside another commit: bounces, mail that an
// alias sends elsewhere. tx spans p.Shard(). After the commit call Added; if
// that never happens, the entry is found when the queue is opened next.
func (q *Queue) AddTx(tx kv.Tx, p *Pending) error {
	if len(p.rider) > 0 { // first, it is the largest
		if err := tx.Attach(p.rider); err != nil {
			return err
		}
	}
	sp := tx.Account(p.Shard())
	mark, err := q.clock.raise(sp, p.entries[len(p.entries)-1].ID)
	if err != nil {
		return err
	}
	p.mark = mark
	for _, e := range p.entries {
		if _, err := q.put(sp, e); err != nil {
			return err
		}
	}
	return nil
}

// put writes the record of an entry and returns when it is to be handed out.
func (q *Queue) put(sp kv.Space, e *Entry) (wake int64, err error) {
	buf, _ := q.records.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	wake = e.wake(time.Now())
	*buf = appendRecord((*buf)[:0], e, wake)
	err = sp.Set(e.flight.key[:], *buf)
	if cap(*buf) <= maxPooled {
		q.records.Put(buf)
	}
	return wake, err
}

// Added publishes to the schedule what AddTx added, after the commit.
func (q *Queue) Added(p *Pending) {
	q.clock.raised(p.ID(), p.mark)
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.added++
	for _, e := range p.entries {
		sl := q.schedule.add(e.ID)
		if sl == nil {
			continue // Added was called twice
		}
		sl.class, sl.site = uint8(Class(e.Priority)), q.schedule.sites.enter(e.domain())
		if e.Hold {
			q.schedule.set(sl, Held)
			continue
		}
		wake := e.wake(now)
		q.schedule.wait(sl, wake, false)
		if wake <= millis(now) { // what waits for its release is read then
			q.memory.keep(e)
		}
	}
	q.signal()
}
