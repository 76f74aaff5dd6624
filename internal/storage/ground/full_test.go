package ground

import (
	"errors"
	"fmt"
	"path"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
)

// TestFullOnce has the disk full at one write, and with room again at the next.
// Either the stores fail for good, or it was a write that nobody needs and all
// goes on; in any case what was acknowledged is there.
func TestFullOnce(t *testing.T) {
	each := *stride
	if testing.Short() {
		each = 7
	}
	survived := map[string]int{} // by the kind of file
	for n := int64(1); !t.Failed(); n += each {
		op, went, err := fullOnce(n)
		if op == nil && err == nil {
			break
		}
		if err != nil {
			t.Errorf("no room for %v: %v", op, err)
		} else if went {
			survived[path.Ext(op.Path)]++
		}
	}
	t.Logf("survived: %v", survived)
	if each == 1 && (survived[".log"] == 0 || survived[".pack"] == 0) {
		t.Errorf("survived: %v; neither log nor pack need room for zeros", survived)
	}
}

// fullOnce fails write n, if there is one, and tells whether the work went on.
func fullOnce(n int64) (op *faultfs.Op, went bool, err error) {
	mem := vfs.NewCrashableMem()
	inner := faultfs.New(mem)
	w, err := openWorld(inner, properly)
	if err != nil {
		return nil, false, err
	}
	inner.Inject(faultfs.Fault{Nth: n, Kinds: faultfs.Write, Err: syscall.ENOSPC, Short: n%2 == 0})
	acked := 0
	for err == nil && w.done < 40 {
		if err = w.step(); err == nil {
			err = w.db.Sync(ctx, accountOf(w.done))
		}
		if err == nil {
			acked = w.done
		}
	}
	if op = inner.Fired(); op == nil {
		_ = w.close() // its writes may be the ones that fail
		return nil, false, err
	}
	went = err == nil
	if !went && !errors.Is(err, kv.ErrFailed) && !errors.Is(err, blob.ErrFailed) {
		return op, false, errors.Join(err, w.close())
	}
	if went {
		err = w.check()
	} else {
		err = nil
	}
	_ = w.close()
	for _, keep := range keeps {
		if again := reopen(faultfs.Clone(mem, keep, sweepSeed, *op), *op, 50, acked, properly); again != nil {
			err = errors.Join(err, fmt.Errorf("opened again with %d %% kept: %w", keep, again))
		}
	}
	return op, went, err
}
