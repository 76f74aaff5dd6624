package queue

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"tram/internal/storage/kv"
)

// Ticks are the upper 56 bits of an ID: milliseconds since the epoch of IDs
// and a counter of 12 bits.
type tick uint64

const (
	tickBits  = 12
	shardBits = 8
	maxTick   = tick(1)<<56 - 1

	// markAhead is how far the mark on disk runs ahead of the IDs. It is also
	// how far the first ID after a restart may lie in the future.
	markAhead = tick(10*time.Second/time.Millisecond) << tickBits
)

// epoch is 2020-01-01 UTC in Unix milliseconds.
const epoch = 1577836800000

func tickOf(t time.Time) tick {
	ms := t.UnixMilli() - epoch
	return tick(min(max(ms, 0), int64(maxTick>>tickBits))) << tickBits
}

func (id ID) tick() tick { return tick(id >> shardBits) }

// Time is about when the ID was made, to the millisecond unless the clock
// jumped or more than 4 IDs a microsecond were asked for.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(id.tick()>>tickBits) + epoch)
}

// clock gives out ticks that never repeat, not even over restarts.
//
// Within a run it never goes back. Over restarts each shard keeps a mark on
// disk: every ID of the shard is below it. The mark is raised, well ahead, by
// the commit that adds the first entry beyond it, so it costs no sync of its
// own: if that commit is lost then the entry is lost with it, and nobody was
// told of it.
type clock struct {
	last atomic.Uint64

	mu      sync.Mutex
	planned [MaxShards]tick // highest mark that some transaction wrote
	written [MaxShards]tick // highest mark that is committed
}

// next returns a tick that is later than all before.
func (c *clock) next() tick {
	for {
		last := c.last.Load()
		t := max(tickOf(time.Now()), tick(last)+1)
		if c.last.CompareAndSwap(last, uint64(t)) {
			return t
		}
	}
}

// atLeast makes the ticks to come later than t.
func (c *clock) atLeast(t tick) {
	c.last.Store(max(c.last.Load(), uint64(t)))
}

var markKey = []byte("m")

const markVersion = 1

// raise writes a new mark for the shard of id if id is not below the
// committed one. It runs inside the transaction that adds id, under the lock
// of the shard, so marks are written in rising order. The result goes to
// raised after the commit.
func (c *clock) raise(sp kv.Space, id ID) (tick, error) {
	shard := id & 0xff
	c.mu.Lock()
	if id.tick() < c.written[shard] {
		c.mu.Unlock()
		return 0, nil
	}
	mark := max(c.planned[shard], id.tick()+markAhead)
	c.planned[shard] = mark
	c.mu.Unlock()

	value := make([]byte, 9)
	value[0] = markVersion
	binary.BigEndian.PutUint64(value[1:], uint64(mark))
	return mark, sp.Set(markKey, value)
}

// raised notes that a mark of raise is committed.
func (c *clock) raised(id ID, mark tick) {
	if mark == 0 {
		return
	}
	c.mu.Lock()
	c.written[id&0xff] = max(c.written[id&0xff], mark)
	c.mu.Unlock()
}

// load reads the mark of a shard.
func (c *clock) load(shard int, value []byte) error {
	if len(value) != 9 || value[0] != markVersion {
		return errMark
	}
	mark := min(tick(binary.BigEndian.Uint64(value[1:])), maxTick)
	c.planned[shard], c.written[shard] = mark, mark
	c.atLeast(mark)
	return nil
}
