package mta

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// Mail for a destination that is known to be out of reach is put off without
// an attempt. There may be a million messages of it, so that must cost next to
// nothing: many are settled in one commit, none of their bodies is read, and
// the log gets a line a destination and minute.

const (
	putOffBatch = 256                   // entries in one flush
	putOffDelay = 20 * time.Millisecond // the longest that an entry waits for others
	putOffLog   = time.Minute           // between two lines about one destination
)

// putOff gathers deferrals without an attempt and commits them together.
type putOff struct {
	m      *MTA
	timers sync.WaitGroup

	mu      sync.Mutex
	waiting []parting // guarded by mu
}

// parting is an entry on its way back into the queue.
type parting struct {
	f        *flight
	outcomes []queue.Outcome
}

func newPutOff(m *MTA) *putOff { return &putOff{m: m} }

// putOff defers a group without an attempt. The reply is that of the last
// attempt on its destination.
func (d *dispatcher) putOff(ctx context.Context, dest *destination, g *group, reply *smtpwire.Reply, until time.Time) {
	d.m.o.Queue.Block(g.f.e, until, reply.Error())
	d.noteSkipped(ctx, dest, len(g.rcpts), reply, until)
	outcomes := make([]queue.Outcome, len(g.f.e.Rcpts))
	alone := false
	for _, i := range g.rcpts {
		outcomes[i] = g.later(i, reply.Error(), until)
		// Somebody is to be told: that is a notification, and a commit of its own.
		alone = alone || outcomes[i].Result == queue.Failed || g.f.e.WarnDue(i)
	}
	if !alone {
		d.put.add(parting{g.f, outcomes})
		return
	}
	verdicts := make([]verdict, len(g.rcpts))
	for n, i := range g.rcpts {
		verdicts[n] = verdict{i, outcomes[i]}
	}
	g.f.settle(ctx, verdicts, station{})
	g.f.close()
}

// noteSkipped writes the one line in a while about mail that was put off.
func (d *dispatcher) noteSkipped(ctx context.Context, dest *destination, rcpts int, reply *smtpwire.Reply, until time.Time) {
	d.mu.Lock()
	dest.skipped += rcpts
	n, now := dest.skipped, time.Now()
	write := now.Sub(dest.logged) >= putOffLog
	if write {
		dest.skipped, dest.logged = 0, now
	}
	d.mu.Unlock()
	if write {
		d.m.o.Log.LogAttrs(ctx, slog.LevelInfo, "put off, the destination is out of reach", slog.String("destination", dest.hop.String()),
			slog.Int("recipients", n), slog.String("reply", reply.Error()), slog.Time("until", until))
	}
}

// add takes an entry along. Whoever brings the last one of a batch commits it,
// which also slows him down.
func (p *putOff) add(e parting) {
	p.mu.Lock()
	p.waiting = append(p.waiting, e)
	n := len(p.waiting)
	if n == 1 {
		p.timers.Add(1)
		time.AfterFunc(putOffDelay, func() {
			defer p.timers.Done()
			p.flush()
		})
	}
	p.mu.Unlock()
	if n >= putOffBatch {
		p.flush()
	}
}

// stop commits what is left. Nothing may be added any more.
func (p *putOff) stop() {
	p.flush()
	p.timers.Wait()
}

// flush commits all that waits, one commit for each shard of the queue. None
// is synced: what a crash takes back is put off again.
func (p *putOff) flush() {
	p.mu.Lock()
	waiting := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	shards := make(map[kv.Account][]parting)
	for _, e := range waiting {
		shard := queue.Shard(e.f.e.ID)
		shards[shard] = append(shards[shard], e)
	}
	for shard, all := range shards {
		p.commit(shard, all)
	}
}

func (p *putOff) commit(shard kv.Account, all []parting) {
	err := p.m.o.DB.Update(context.Background(), []kv.Account{shard}, func(tx kv.Tx) error {
		for _, e := range all {
			if err := p.m.o.Queue.SettleTx(tx, e.f.e, e.outcomes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.m.o.Log.Error("deferrals cannot be written", "entries", len(all), "err", err)
	}
	for _, e := range all {
		if err != nil {
			e.f.failed.Store(true)
		} else {
			e.f.settled.Store(true)
			p.count(e.outcomes)
		}
		e.f.close()
	}
}

func (p *putOff) count(outcomes []queue.Outcome) {
	for i := range outcomes {
		if outcomes[i].Result == queue.Deferred {
			p.m.o.Counters.Deferred.Add(1)
		}
	}
}
