package mailstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tram/internal/storage/kv"
)

// Pool limits what all accounts of a domain have together. Zero limits do not
// limit.
//
// What they have is summed up in memory: all of it the first time that it is
// asked for, and then only the accounts that changed since. One counter on disk
// would be exact, but every delivery to the domain would wait for every other
// one. So a pool may be exceeded by what is being committed at the very moment
// in other accounts, and by nothing else.
type Pool struct {
	Name     string // the domain
	Bytes    int64
	Messages int64
}

// usage is what counts against a quota.
type usage struct{ bytes, messages int64 }

// poolMembersKept is how long the list of a pool's accounts is taken for right.
// Accounts that get mail are added at once.
const poolMembersKept = 10 * time.Minute

// pools knows what the accounts of the domains have that have a limit.
type pools struct {
	db      kv.DB
	members func(ctx context.Context, name string) ([]kv.Account, error)

	mu    sync.Mutex
	known map[string]*pool
	of    map[kv.Account]*pool
}

// pool is one domain, under pools.mu.
type pool struct {
	used   map[kv.Account]usage
	stale  map[kv.Account]struct{} // changed since
	sum    usage
	listed time.Time // when the members were
}

// changed says that accounts may have more or less than before.
func (p *pools) changed(ids []kv.Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		if in := p.of[id]; in != nil {
			in.stale[id] = struct{}{}
		}
	}
}

// others returns what all accounts of a pool but one have.
func (p *pools) others(ctx context.Context, name string, id kv.Account) (usage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in, err := p.fresh(ctx, name, id)
	if err != nil {
		return usage{}, fmt.Errorf("quota of %s: %w", name, err)
	}
	own := in.used[id]
	return usage{in.sum.bytes - own.bytes, in.sum.messages - own.messages}, nil
}

// fresh returns a pool that knows the last commits of its members; id, if it is
// not 0, is one of them.
func (p *pools) fresh(ctx context.Context, name string, id kv.Account) (*pool, error) {
	in := p.known[name]
	if in == nil || time.Since(in.listed) > poolMembersKept {
		var err error
		if in, err = p.list(ctx, name); err != nil {
			return nil, err
		}
	}
	if id != 0 && p.of[id] != in {
		p.add(in, id)
	}
	for member := range in.stale {
		now, err := p.usage(ctx, member)
		if err != nil {
			return nil, err
		}
		was := in.used[member]
		in.sum.bytes += now.bytes - was.bytes
		in.sum.messages += now.messages - was.messages
		in.used[member] = now
		delete(in.stale, member)
	}
	return in, nil
}

// list begins a pool anew.
func (p *pools) list(ctx context.Context, name string) (*pool, error) {
	ids, err := p.members(ctx, name)
	if err != nil {
		return nil, err
	}
	if p.known == nil {
		p.known, p.of = map[string]*pool{}, map[kv.Account]*pool{}
	}
	if old := p.known[name]; old != nil {
		for id := range old.used {
			delete(p.of, id)
		}
	}
	in := &pool{used: map[kv.Account]usage{}, stale: map[kv.Account]struct{}{}, listed: time.Now()}
	p.known[name] = in
	for _, id := range ids {
		p.add(in, id)
	}
	return in, nil
}

// add makes an account a member. It may have been one of another pool.
func (p *pools) add(in *pool, id kv.Account) {
	if old := p.of[id]; old != nil {
		old.sum.bytes -= old.used[id].bytes
		old.sum.messages -= old.used[id].messages
		delete(old.used, id)
		delete(old.stale, id)
	}
	p.of[id] = in
	in.used[id] = usage{}
	in.stale[id] = struct{}{}
}

func (p *pools) usage(ctx context.Context, id kv.Account) (u usage, err error) {
	err = p.db.View(ctx, id, func(r kv.Reader) error {
		a, _, err := readAccount(r)
		u = usage{a.bytes, a.messages}
		if errors.Is(err, ErrCorrupt) {
			return nil // one damaged account does not stop the mail of a domain
		}
		return err
	})
	return u, err
}

// together reports whether two accounts are known to share a pool.
func (p *pools) together(a, b kv.Account) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[a] != nil && p.of[a] == p.of[b]
}

// PoolUsage returns what counts against the limits of a domain.
func (s *Store) PoolUsage(ctx context.Context, name string) (bytes, messages int64, err error) {
	if s.pools.members == nil {
		return 0, 0, nil
	}
	u, err := s.pools.others(ctx, name, 0)
	return u.bytes, u.messages, err
}

// room checks that so much more fits into the quota.
func (t *tx) room(q *Quota, bytes, messages int64) error {
	if q.Bytes > 0 && t.acct.bytes+bytes > q.Bytes || q.Messages > 0 && t.acct.messages+messages > q.Messages {
		return ErrOverQuota
	}
	if q.Pool.Bytes == 0 && q.Pool.Messages == 0 || t.pools == nil || t.pools.members == nil {
		return nil
	}
	if t.others == nil {
		// A transaction has no context; this reads memory, and what is on disk here.
		u, err := t.pools.others(context.Background(), q.Pool.Name, t.id)
		if err != nil {
			return err
		}
		t.others = &u
	}
	bytes += t.others.bytes + t.acct.bytes
	messages += t.others.messages + t.acct.messages
	if q.Pool.Bytes > 0 && bytes > q.Pool.Bytes || q.Pool.Messages > 0 && messages > q.Pool.Messages {
		return ErrOverQuota
	}
	return nil
}
