package directory

import (
	"sync"
	"sync/atomic"

	"tram/internal/mail/address"
)

// MaxAnswers is how many answers of [Directory.Resolve] are remembered.
const MaxAnswers = 10_000

// answers remembers what Resolve said about the addresses that every message
// asks for several times: accounts by their own address, and domains that are
// not ours. A change of the directory forgets all of them. The zero value is
// ready.
type answers struct {
	changes atomic.Uint64 // of the directory since start

	mu    sync.RWMutex
	as    uint64                         // changes when known began; guarded by mu, as below
	known map[address.Address]Resolution // a domain that is not ours is an address without a local part
}

// now is the state that an answer belongs to. It is asked for before the
// answer is looked up.
func (s *answers) now() uint64 { return s.changes.Load() }

// forget is called after each change, before anybody hears that it is made.
func (s *answers) forget() { s.changes.Add(1) }

func (s *answers) get(a address.Address) (Resolution, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.as != s.changes.Load() {
		return Resolution{}, false
	}
	if res, ok := s.known[address.Address{Domain: a.Domain}]; ok {
		return res, true
	}
	res, ok := s.known[a]
	return res, ok
}

// put remembers an answer, if it is of a kind that is worth it and nothing has
// changed since it was looked up.
func (s *answers) put(a address.Address, res Resolution, at uint64) {
	switch {
	case a.Domain == "":
		return
	case res.Class == NotLocal:
		a.Local = ""
	case res.Class != IsAccount || res.Via != "" || a.Local == "":
		return // subaddresses and catch-alls are as many as strangers can invent
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at != s.changes.Load() {
		return
	}
	if s.as != at || len(s.known) >= MaxAnswers || s.known == nil {
		s.as, s.known = at, make(map[address.Address]Resolution)
	}
	s.known[a] = res
}
