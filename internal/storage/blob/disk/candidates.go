package disk

import (
	"errors"
	"io"
	"time"
)

// candidates returns the packs that may be collected, in ascending order: those
// to which nothing is appended and whose bodies are all older than cutoff. The
// highest pack stays in any case: it keeps its number from being used again.
func (s *Store) candidates(cutoff time.Time) ([]*pack, error) {
	numbers := s.numbers()
	var ps []*pack
	for _, n := range numbers[:max(0, len(numbers)-1)] {
		p := s.pack(n)
		if !s.log.restsSince(p, cutoff) {
			continue
		}
		if err := s.findNewest(p); err != nil {
			return nil, err
		}
		if p.newest.Load() < cutoff.UnixNano() {
			ps = append(ps, p)
		}
	}
	return ps, nil
}

// restsSince reports whether this process has appended nothing to a pack since
// cutoff, and will not. It goes by the monotonic clock where the times on disk
// go by the wall clock: when that jumps, a body whose reference is not written
// yet must not look old.
func (a *appender) restsSince(p *pack, cutoff time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return p != a.pack && p.touched.Before(cutoff)
}

// findNewest learns the time of the newest body of a pack: from its seal, or,
// when a crash cut the pack, from its records.
func (s *Store) findNewest(p *pack) error {
	if p.newest.Load() != 0 {
		return nil
	}
	h, err := s.files.acquire(p.number)
	if err != nil {
		return err
	}
	defer h.release()
	if isSealed(h, p) {
		return nil
	}
	return eachRecord(h, p, func(it *item) { p.newest.Store(max(p.newest.Load(), it.head.time)) })
}

// eachRecord calls fn for each body in a pack, passing over damage.
func eachRecord(h *handle, p *pack, fn func(*item)) error {
	sc, err := newScanner(h, p.number, p.size.Load())
	if errors.Is(err, errPackHead) {
		return nil
	}
	for err == nil {
		var it item
		if it, err = sc.next(); err == nil && it.body() {
			fn(&it)
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// collectable reports whether a pack may be removed. One whose head is damaged
// may not, and, when live bodies are missing, none that holds moved records: the
// missing ones may be there, behind damage.
func (s *Store) collectable(p *pack, missing bool) (bool, error) {
	h, err := s.files.acquire(p.number)
	if err != nil {
		return false, err
	}
	defer h.release()
	b := make([]byte, headBytes)
	if n, _ := h.ReadAt(b, 0); n < headBytes {
		return p.size.Load() < headBytes, nil // a crash left it without a head
	}
	flags, _, err := parsePackHead(b, p.number)
	if errors.Is(err, errPackHead) {
		return false, nil
	}
	return !missing || flags&packMoved == 0, err
}
