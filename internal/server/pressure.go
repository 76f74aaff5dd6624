package server

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tram/internal/config"
	"tram/internal/mail/smtpwire"
	"tram/internal/observe"
	"tram/internal/server/control"
)

const (
	// looksEvery is the pause between two looks at the room that is left while
	// no mail comes.
	looksEvery = time.Second
	// stale is how old a look may be that a message is taken by: in that time
	// intake must not fill what is kept free. A look costs some microseconds.
	stale = 20 * time.Millisecond
	// wantedInodes is how many files there must be room for. A store makes some
	// dozens a day, and compactions some at a time.
	wantedInodes = 1000
	// pressurePart is the name of new mail on /healthz.
	pressurePart = "new mail"
)

// pressure refuses new mail before the disk, the queue or the memory is full.
// Reading, deleting and delivering go on: a store whose write fails because the
// disk is full takes nothing any more, not even a deletion, until it is
// restarted. So intake, which is what fills it, stops first.
//
// It closes at the limit and opens again only when there is a quarter more room
// (a tenth for queue and memory), so that it does not flutter.
type pressure struct {
	room    gauge
	limits  atomic.Pointer[pressureLimits]
	health  *observe.Health
	log     *slog.Logger
	current atomic.Pointer[roomNow]

	looking sync.Mutex
	looked  atomic.Int64 // when, in Unix nanoseconds
}

// pressureLimits are the settings that a reload may change.
type pressureLimits struct {
	freeDisk   int64 // bytes; 0 = by the size of the file system
	maxEntries int
	memory     int64 // bytes; 0 = none
}

// gauge looks at what there is. Tests put one in its place that tells tales.
type gauge struct {
	disk    func() (disk, error)
	entries func() int
	memory  func() int64
}

// roomNow is what a look found.
type roomNow struct {
	control.Room
	reply *smtpwire.Reply // what new mail gets; nil: it is taken
}

func newPressure(g gauge, c *config.Config, health *observe.Health, log *slog.Logger) *pressure {
	p := &pressure{room: g, health: health, log: log}
	p.current.Store(new(roomNow))
	p.configure(c)
	return p
}

// configure sets the limits, at the start and by a reload.
func (p *pressure) configure(c *config.Config) {
	p.limits.Store(&pressureLimits{
		freeDisk: int64(c.Queue.FreeDisk), maxEntries: c.Queue.MaxEntries, memory: int64(c.Limits.Memory),
	})
	p.look()
}

// run looks at the room from time to time.
func (p *pressure) run(ctx context.Context) error {
	ticker := time.NewTicker(looksEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			p.look()
		}
	}
}

// Check implements mta.Pressure: the reply that refuses a message of that size
// (0: not known) for now, or nil.
func (p *pressure) Check(size int64) *smtpwire.Reply {
	now := p.fresh()
	if now.reply == nil && size > 0 && now.WantedBytes > 0 && now.FreeBytes-size < now.WantedBytes {
		return errNoSpace
	}
	return now.reply
}

// fresh is what a look found that is not stale. While one looks, the others go
// by what was found before.
func (p *pressure) fresh() *roomNow {
	if time.Now().UnixNano()-p.looked.Load() < int64(stale) || !p.looking.TryLock() {
		return p.current.Load()
	}
	defer p.looking.Unlock()
	return p.measure()
}

// Refuses is Check for the other ways in: why a message of that size is not
// taken for now; "" when it is.
func (p *pressure) Refuses(size int64) string {
	if p.Check(size) == nil {
		return ""
	}
	return "Not enough room on the server, try later"
}

// The replies. A stranger learns no more than that it is for now.
var (
	errNoSpace  = smtpwire.NewReply(452, "4.3.1", "Insufficient system storage, try later")
	errTooMuch  = smtpwire.NewReply(452, "4.3.1", "Too much mail is waiting here, try later")
	errNoMemory = smtpwire.NewReply(452, "4.3.1", "Server is short of memory, try later")
)

// look measures and decides.
func (p *pressure) look() *roomNow {
	p.looking.Lock()
	defer p.looking.Unlock()
	return p.measure()
}

// measure is look; looking is held.
func (p *pressure) measure() *roomNow {
	p.looked.Store(time.Now().UnixNano())
	limits, was := p.limits.Load(), p.current.Load()
	now := &roomNow{}
	d, err := p.room.disk()
	if err != nil {
		p.log.Error("free space cannot be told", "error", err)
		return was
	}
	now.FreeBytes, now.FreeInodes = d.free, d.inodes
	now.WantedBytes = wantedSpace(limits.freeDisk, d.size)
	if d.countsInodes {
		now.WantedInodes = wantedInodes
	}
	now.MaxEntries, now.MemoryLimit = limits.maxEntries, limits.memory
	now.MemoryBytes = p.room.memory()
	now.decide(p.room.entries(), was.reply != nil)
	p.current.Store(now)
	p.tell(was, now)
	return now
}

// decide fills in the reply. closed says that mail was refused until now: then
// it takes more room to open than it took to close.
func (r *roomNow) decide(entries int, closed bool) {
	space, inodes, most, memory := r.WantedBytes, r.WantedInodes, r.MaxEntries, r.MemoryLimit
	if closed {
		space, inodes = space+space/4, inodes+inodes/4
		most, memory = most-most/10, memory-memory/10
	}
	switch {
	case r.FreeBytes < space:
		r.reply, r.Reason = errNoSpace, fmt.Sprintf("%s are free in the data directory, %s must stay free", mebibytes(r.FreeBytes), mebibytes(r.WantedBytes))
	case r.FreeInodes < inodes:
		r.reply, r.Reason = errNoSpace, fmt.Sprintf("%d inodes are free in the data directory, %d must stay free", r.FreeInodes, r.WantedInodes)
	case most > 0 && entries >= most:
		r.reply, r.Reason = errTooMuch, fmt.Sprintf("the queue has %d entries, queue.max_entries is %d", entries, r.MaxEntries)
	case memory > 0 && r.MemoryBytes > memory:
		r.reply, r.Reason = errNoMemory, fmt.Sprintf("%s of memory are in use, limits.memory is %s", mebibytes(r.MemoryBytes), mebibytes(r.MemoryLimit))
	}
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n/int64(config.MiB)) }

// tell says when mail begins to be refused, and when it is taken again.
func (p *pressure) tell(was, now *roomNow) {
	switch {
	case was.reply == nil && now.reply != nil:
		p.health.Fail(pressurePart, now.Reason)
		p.log.Error("NEW MAIL IS REFUSED with 452: there is no room", "reason", now.Reason,
			"advice", "reading, deleting and delivering go on; make room, and mail is taken again by itself (docs/operations/queue.md)")
	case was.reply != nil && now.reply == nil:
		p.health.Recover(pressurePart)
		p.log.Info("new mail is taken again")
	case now.reply != nil && was.Reason != now.Reason:
		p.health.Recover(pressurePart)
		p.health.Fail(pressurePart, now.Reason)
	}
}

// Room is what the last look found.
func (p *pressure) Room() control.Room { return p.current.Load().Room }
