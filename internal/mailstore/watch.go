package mailstore

import (
	"context"
	"errors"
	"slices"
	"sync"

	"tram/internal/storage/kv"
)

// watchers are told of changes. Only accounts that somebody watches cost
// anything.
type watchers struct {
	wake chan struct{} // has one element when pending is not empty

	mu       sync.Mutex
	accounts map[kv.Account][]*watcher
	pending  map[kv.Account]struct{} // changed, and their watchers not told yet
}

type watcher struct {
	mailbox MailboxID // 0: any
	fn      func()
	seen    ModSeq // told of; only Run uses it
}

func newWatchers() *watchers {
	return &watchers{
		wake:     make(chan struct{}, 1),
		accounts: map[kv.Account][]*watcher{},
		pending:  map[kv.Account]struct{}{},
	}
}

// Watch has fn called after each synced change of a mailbox (0: of any mailbox
// of the account), until cancel, while Run runs. fn runs on a goroutine that
// all watchers share: it must not block, and may be called once for many
// changes or for none. cancel does not wait for a call that is under way.
func (s *Store) Watch(id kv.Account, m MailboxID, fn func()) (cancel func()) {
	w := &watcher{mailbox: m, fn: fn}
	ws := s.watchers
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.accounts[id] = append(ws.accounts[id], w)
	return func() { ws.remove(id, w) }
}

func (ws *watchers) remove(id kv.Account, w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	// Run may be walking over the list: it is not changed in place.
	rest := slices.DeleteFunc(slices.Clone(ws.accounts[id]), func(o *watcher) bool { return o == w })
	if len(rest) == 0 {
		delete(ws.accounts, id)
		delete(ws.pending, id)
		return
	}
	ws.accounts[id] = rest
}

// Committed tells the store that a transaction with an AppendTx was committed.
// It does not wait: when somebody watches the account, the commit is synced
// and watchers are told soon after.
func (s *Store) Committed(accounts ...kv.Account) {
	s.pools.changed(accounts)
	s.indexer.note(accounts...)
	ws := s.watchers
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, id := range accounts {
		if len(ws.accounts[id]) > 0 {
			ws.pending[id] = struct{}{}
		}
	}
	if len(ws.pending) == 0 {
		return
	}
	select {
	case ws.wake <- struct{}{}:
	default:
	}
}

// Run tells watchers of changes until ctx ends, and returns its cause. One
// goroutine does it for all: the first Sync of a round covers the commits of
// all accounts that changed meanwhile, the others cost nothing.
//
// A second goroutine makes text indexes. It is gone when Run returns.
func (s *Store) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	var indexer sync.WaitGroup
	if !s.indexer.off {
		indexer.Go(func() { s.runIndexer(ctx) })
	}
	defer indexer.Wait()
	defer stop(nil)
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.watchers.wake:
		}
		for id, list := range s.watchers.take() {
			err := s.tell(ctx, id, list)
			if err != nil && ctx.Err() == nil {
				// The next change tries again; a failed store ends the process.
				s.log.Error("watchers not told of a change", "account", id, "err", err)
			}
		}
	}
}

// take returns the watchers of the accounts that changed.
func (ws *watchers) take() map[kv.Account][]*watcher {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	changed := make(map[kv.Account][]*watcher, len(ws.pending))
	for id := range ws.pending {
		changed[id] = ws.accounts[id]
	}
	clear(ws.pending)
	return changed
}

// tell calls those watchers of an account whose mailbox changed.
func (s *Store) tell(ctx context.Context, id kv.Account, list []*watcher) error {
	now := make([]ModSeq, len(list))
	err := s.read(ctx, id, func(r kv.Reader) (err error) {
		known := map[MailboxID]ModSeq{}
		for i, w := range list {
			seq, ok := known[w.mailbox]
			if !ok {
				if seq, err = lastChange(r, w.mailbox); err != nil {
					return err
				}
				known[w.mailbox] = seq
			}
			now[i] = seq
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, w := range list {
		if now[i] != w.seen {
			w.seen = now[i]
			w.fn()
		}
	}
	return nil
}

// lastChange returns the last change of a mailbox, or of the account for 0. A
// mailbox that is gone has changed once more.
func lastChange(r kv.Reader, m MailboxID) (ModSeq, error) {
	if m == 0 {
		a, _, err := readAccount(r)
		return a.modSeq, err
	}
	c, err := readCounters(r, appendBoxKey(nil, kindCounters, m))
	if errors.Is(err, ErrNoMailbox) {
		return ^ModSeq(0), nil
	}
	return c.highest, err
}
