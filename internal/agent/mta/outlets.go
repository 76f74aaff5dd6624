package mta

import (
	"context"
	"sync"
	"time"

	"tram/internal/directory"
)

// Files and programs may take their time: a lock is held by somebody else, a
// program has its five minutes. They are delivered to beside the workers, which
// go on with mailboxes.

// outletPause is when an entry for a file or program comes again that finds
// too many before it.
const outletPause = 5 * time.Second

// outlets are the entries whose files and programs are under way, and those
// that wait for a program to end.
type outlets struct {
	most    int // of all; half of it of one file or program
	running sync.WaitGroup

	mu    sync.Mutex
	total int            // guarded by mu
	by    map[string]int // guarded by mu: by file or program
}

func newOutlets(most int) *outlets { return &outlets{most: most, by: make(map[string]int)} }

// enter reports whether there is room for one more. What hangs must not keep
// the others out.
func (o *outlets) enter(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.total >= o.most || o.by[name] >= (o.most+1)/2 {
		return false
	}
	o.total++
	o.by[name]++
	return true
}

func (o *outlets) leave(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.total--
	if o.by[name]--; o.by[name] == 0 {
		delete(o.by, name)
	}
}

// deliverOutlets hands recipients that are files or programs to the delivery
// agent, without waiting for it. An entry has one, as a rule.
func (m *MTA) deliverOutlets(ctx context.Context, f *flight, rcpts []int) {
	name := f.e.Rcpts[rcpts[0]].Outlet
	if !m.outlets.enter(name) {
		f.postpone(time.Now().Add(outletPause))
		return
	}
	f.open.Add(1)
	m.outlets.running.Go(func() {
		defer m.outlets.leave(name)
		defer f.close()
		f.deliver(ctx, rcpts, make([]directory.Resolution, len(rcpts)))
	})
}
