package dns

import (
	"sync"
	"time"
)

// Limits of the cache.
const (
	maxCacheBytes = 4 << 20         // of both generations together, by wire size
	maxTTL        = time.Hour       // a record is asked for again at least this often
	maxNegative   = 5 * time.Minute // a mended zone is noticed within this time
	entryOverhead = 256             // bytes that an entry costs beside its records
)

// cache remembers answers, also negative ones, until they expire. It keeps two
// generations: when the young one has half of the bytes, it becomes the old
// one and the old one is dropped. An answer that is used moves to the young
// generation, so what is asked for often stays.
type cache struct {
	mu    sync.Mutex
	young map[question]*answer // guarded by mu, as all below
	old   map[question]*answer
	bytes int // of young
	limit int // of young
}

func newCache(limit int) *cache {
	return &cache{young: make(map[question]*answer), limit: limit / 2}
}

func (c *cache) get(q question, now time.Time) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.young[q]; a != nil {
		if now.Before(a.expires) {
			return a
		}
		return nil
	}
	a := c.old[q]
	if a == nil || !now.Before(a.expires) {
		return nil
	}
	c.keep(q, a)
	return a
}

func (c *cache) put(q question, a *answer, now time.Time) {
	if !now.Before(a.expires) || a.size() > c.limit/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(q, a)
}

// keep enters an answer in the young generation; mu is held.
func (c *cache) keep(q question, a *answer) {
	if before := c.young[q]; before != nil {
		c.bytes -= before.size()
	}
	if c.bytes+a.size() > c.limit {
		c.old, c.young, c.bytes = c.young, make(map[question]*answer), 0
	}
	c.young[q] = a
	c.bytes += a.size()
}
