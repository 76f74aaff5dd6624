package directory

import (
	"sync"
	"sync/atomic"
)

// MaxAnswers is how many records or answers of one kind are remembered.
const MaxAnswers = 10_000

// changes counts the changes of the directory since start. What is remembered
// belongs to one count, and is forgotten with the next.
type changes struct{ n atomic.Uint64 }

// now is the count that something belongs to. It is asked for before the thing
// is looked up.
func (c *changes) now() uint64 { return c.n.Load() }

// made is called after each change, before anybody hears of it.
func (c *changes) made() { c.n.Add(1) }

// memo remembers what was looked up until the directory changes. The zero value
// is ready.
type memo[K comparable, V any] struct {
	mu    sync.RWMutex
	as    uint64 // the count of changes that known belongs to; guarded by mu, as below
	known map[K]V
}

// get returns what is remembered of the first of the keys that is known.
func (m *memo[K, V]) get(now uint64, keys ...K) (v V, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.as != now {
		return v, false
	}
	for _, k := range keys {
		if v, ok = m.known[k]; ok {
			break
		}
	}
	return v, ok
}

// put remembers what was looked up after the count of changes was at, unless
// something has changed meanwhile.
func (m *memo[K, V]) put(c *changes, at uint64, k K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at != c.now() {
		return
	}
	if m.as != at || len(m.known) >= MaxAnswers || m.known == nil {
		m.as, m.known = at, make(map[K]V)
	}
	m.known[k] = v
}

// remember returns what is known of k, or looks it up. Errors are not
// remembered.
func (m *memo[K, V]) remember(c *changes, k K, lookUp func() (V, error)) (V, error) {
	at := c.now()
	if v, ok := m.get(at, k); ok {
		return v, nil
	}
	v, err := lookUp()
	if err == nil {
		m.put(c, at, k, v)
	}
	return v, err
}
