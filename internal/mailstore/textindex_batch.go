package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// indexBatch writes the records of a segment that no state names yet, in
// commits of bounded size.
type indexBatch struct {
	w    *indexWork
	ctx  context.Context //nolint:containedctx // of one call of Store or Merge
	buf  []byte
	ends []int // of key, value, key, value, …
}

// put is textindex.Put.
func (b *indexBatch) put(key, value []byte) error {
	b.buf = append(b.buf, key...)
	b.ends = append(b.ends, len(b.buf))
	b.buf = append(b.buf, value...)
	b.ends = append(b.ends, len(b.buf))
	if len(b.buf) < indexCommit {
		return nil
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.w.rest(b.ctx)
}

func (b *indexBatch) flush() error {
	err := b.w.s.db.Update(kv.Derived(b.ctx), []kv.Account{b.w.id}, func(ktx kv.Tx) error {
		space := ktx.Account(b.w.id)
		if err := b.w.unchanged(space); err != nil {
			return err
		}
		start := 0
		for i := 0; i < len(b.ends); i += 2 {
			if err := space.Set(b.buf[start:b.ends[i]], b.buf[b.ends[i]:b.ends[i+1]]); err != nil {
				return err
			}
			start = b.ends[i+1]
		}
		return nil
	})
	b.buf, b.ends = b.buf[:0], b.ends[:0]
	return err
}
