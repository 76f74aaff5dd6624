package disk

import "context"

// Seal implements blob.Upkeep: the next body begins another pack, so that
// Collect can look at all that was written before.
func (s *Store) Seal(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	a := &s.log
	a.mu.Lock()
	err := s.err()
	if err == nil && a.pack != nil && a.pack.size.Load() > headBytes {
		if err = s.roll(); err != nil {
			err = s.fail(err)
		} else {
			a.tickets.Add(1)
		}
	}
	ticket := a.tickets.Load()
	a.mu.Unlock()
	if err != nil {
		return err
	}
	return s.group.Wait(ctx, ticket)
}

// Size implements blob.Upkeep.
func (s *Store) Size() (bytes int64) {
	for _, number := range s.numbers() {
		if p := s.pack(number); p != nil {
			bytes += p.size.Load()
		}
	}
	return bytes
}
