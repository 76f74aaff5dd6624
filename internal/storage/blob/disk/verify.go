package disk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/errors/oserror"

	"tram/internal/storage/blob"
)

// Verify implements blob.Store. Dead bodies that were not reclaimed yet are read
// as well. Where the head of a record is damaged, the name of its body is not
// known: the ID that is reported has only pack and offset.
func (s *Store) Verify(ctx context.Context, report func(blob.ID, error)) error {
	return s.VerifyAt(ctx, func(ctx context.Context, _ int64) error { return ctx.Err() }, report)
}

// VerifyAt implements blob.Upkeep.
func (s *Store) VerifyAt(ctx context.Context, pace func(context.Context, int64) error, report func(blob.ID, error)) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	for _, number := range s.numbers() {
		if err := s.verifyPack(ctx, number, pace, report); err != nil {
			return fmt.Errorf("verify pack %d: %w", number, err)
		}
	}
	return nil
}

func (s *Store) verifyPack(ctx context.Context, number uint32, pace func(context.Context, int64) error, report func(blob.ID, error)) error {
	p := s.pack(number)
	if p == nil {
		return nil // collected in the meantime
	}
	h, err := s.files.acquire(number)
	if oserror.IsNotExist(err) && s.pack(number) == nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer h.release()
	sc, err := newScanner(h, number, p.size.Load())
	if errors.Is(err, errPackHead) {
		if p.size.Load() > headBytes {
			report(makeID(place{pack: number}, 0, 0), fmt.Errorf("%w: %w", blob.ErrCorrupt, err))
		}
		return nil
	}
	if err != nil {
		return err
	}
	return verifyRecords(ctx, sc, pace, report)
}

// verifyRecords reads a pack to its end. Damage that nothing follows is the
// unfinished end of a pack that a crash cut, and no body; so is a last record
// whose end was not written. Nor are zeros between records: a body that was
// staged there was never named, or it would have been written again.
func verifyRecords(ctx context.Context, sc *scanner, pace func(context.Context, int64) error, report func(blob.ID, error)) error {
	var damage *item
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		it, err := sc.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if damage != nil && !zeroFrom(sc.file, damage.offset, it.offset) {
			id := makeID(place{sc.number, uint32(damage.offset)}, 0, 0)
			report(id, fmt.Errorf("%w: pack %d at %d: head of a record", blob.ErrCorrupt, sc.number, damage.offset))
		}
		damage = nil
		switch {
		case it.err != nil:
			damage = &it
		case it.body():
			if err := pace(ctx, int64(it.head.length)); err != nil {
				return err
			}
			if err := sc.verify(&it); err != nil && !sc.unfinished(&it) {
				report(it.id, fmt.Errorf("pack %d at %d: %w", sc.number, it.offset, err))
			}
		}
	}
}

// unfinished reports whether a record was not written to its end: its body ends
// in zeros that were prepared, which are all that follows.
func (s *scanner) unfinished(it *item) bool {
	end := it.offset + int64(len(it.raw)) + int64(it.head.length)
	return it.head.length > 0 && zeroFrom(s.file, end-1, s.size)
}
