// Package faultfs is the bench on which the stores are broken on purpose. It
// wraps a file system, counts what changes the disk, and at a chosen operation
// crashes it, fails it or lies about it. It is for tests.
//
// Crash after every operation and look at what is left:
//
//	mem := vfs.NewCrashableMem()
//	disk := faultfs.New(mem)
//	disk.After(faultfs.Write|faultfs.Sync, func(op faultfs.Op) {
//		acked := journal.Copy() // first: the clone may hold more, never less
//		for _, keep := range []int{0, 50, 100} {
//			check(faultfs.Clone(mem, keep, seed, op), acked)
//		}
//	})
//	... work on disk ...
//
// Fail the third sync, and everything after it:
//
//	disk.Inject(faultfs.Fault{Nth: 3, Kinds: faultfs.Sync, Err: syscall.EIO, Later: true})
//
// Lie: syncs of the packs return at once and do nothing, to prove that a crash
// sweep would notice.
//
//	disk.Lie(func(path string) bool { return strings.HasSuffix(path, ".pack") })
//
// Everything is deterministic as far as the order of the operations is: a
// clone depends only on the seed and the number of its operation.
package faultfs

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Kind is a set of kinds of operations.
type Kind uint8

// The kinds of operations that change the disk. Reading is never counted.
const (
	Write  Kind = 1 << iota // Write, WriteAt and SyncTo
	Sync                    // Sync and SyncData, of files and of directories
	Create                  // Create, OpenReadWrite, ReuseForWrite, MkdirAll, Link
	Rename                  // Rename
	Remove                  // Remove and RemoveAll

	Any = Write | Sync | Create | Rename | Remove
)

func (k Kind) String() string {
	switch k {
	case Write:
		return "write"
	case Sync:
		return "sync"
	case Create:
		return "create"
	case Rename:
		return "rename"
	case Remove:
		return "remove"
	}
	return fmt.Sprintf("kinds(%#x)", uint8(k))
}

// Op is one operation that changes the disk.
type Op struct {
	Seq   int64 // 1, 2, 3 … in the order in which operations began
	Kind  Kind
	Path  string // as the caller named it; of a rename the new name
	Bytes int    // of a write
}

func (o Op) String() string {
	return fmt.Sprintf("#%d %s %s (%d bytes)", o.Seq, o.Kind, o.Path, o.Bytes)
}

// Fault says which operation fails, and how.
type Fault struct {
	Nth   int64             // counted from 1 at the time of Inject, over what Kinds and Match select
	Kinds Kind              // 0 means Write|Sync
	Match func(string) bool // on the path; nil means every path
	Err   error             // what the caller sees, such as syscall.EIO
	Later bool              // all selected operations after the Nth fail as well
	Short bool              // a failing write leaves the first half of its bytes
}

// FS is a file system with faults. The methods of vfs.FS are in ops.go.
type FS struct {
	base  vfs.FS
	seq   atomic.Int64
	lie   atomic.Pointer[func(string) bool]
	hooks atomic.Pointer[hooks]

	mu    sync.Mutex
	fault *Fault
	seen  int64 // operations that fault selected so far
	fired *Op
	count map[Kind]int64
}

type hooks struct {
	mu             sync.Mutex // one hook at a time
	before, after  func(Op)
	kindsB, kindsA Kind
}

// New wraps base.
func New(base vfs.FS) *FS { return &FS{base: base, count: map[Kind]int64{}} }

// Before calls fn before each operation of these kinds, one at a time.
func (f *FS) Before(kinds Kind, fn func(Op)) {
	f.setHooks(func(h *hooks) { h.kindsB, h.before = kinds, fn })
}

// After calls fn after each operation of these kinds that went well, one at a
// time. It runs in the goroutine of the operation.
func (f *FS) After(kinds Kind, fn func(Op)) {
	f.setHooks(func(h *hooks) { h.kindsA, h.after = kinds, fn })
}

func (f *FS) setHooks(change func(*hooks)) {
	next := &hooks{}
	if old := f.hooks.Load(); old != nil {
		next.kindsB, next.before, next.kindsA, next.after = old.kindsB, old.before, old.kindsA, old.after
	}
	change(next)
	f.hooks.Store(next)
}

// Inject arms a fault in place of an earlier one.
func (f *FS) Inject(fault Fault) {
	if fault.Kinds == 0 {
		fault.Kinds = Write | Sync
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.seen, f.fired = &fault, 0, nil
}

// Heal disarms the fault.
func (f *FS) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = nil
}

// Fired returns the first operation that failed since Inject, nil if none did.
func (f *FS) Fired() *Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

// Lie makes the syncs of files and directories whose path match selects do
// nothing and succeed. nil ends it.
func (f *FS) Lie(match func(path string) bool) {
	if match == nil {
		f.lie.Store(nil)
		return
	}
	f.lie.Store(&match)
}

// Count returns how many operations of these kinds began so far.
func (f *FS) Count(kinds Kind) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	var n int64
	for k, c := range f.count {
		if kinds&k != 0 {
			n += c
		}
	}
	return n
}

// Clone returns what a crash after op leaves of mem: all that was synced and
// about keep percent of the blocks and directory entries that were not. The
// same arguments on the same mem give the same clone.
func Clone(mem *vfs.MemFS, keep int, seed uint64, op Op) *vfs.MemFS {
	return mem.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: keep,
		RNG:                 rand.New(rand.NewPCG(seed, uint64(op.Seq)<<8|uint64(keep))),
	})
}

// do runs one operation: hook, fault or the real thing, hook.
func (f *FS) do(kind Kind, path string, bytes int, run func() error, short func()) error {
	op := Op{Seq: f.seq.Add(1), Kind: kind, Path: path, Bytes: bytes}
	h := f.hooks.Load()
	if h != nil && h.before != nil && h.kindsB&kind != 0 {
		h.call(h.before, op)
	}
	if err, cut := f.judge(op); err != nil {
		if cut && short != nil {
			short()
		}
		return err
	}
	if kind == Sync {
		if lie := f.lie.Load(); lie != nil && (*lie)(path) {
			return nil
		}
	}
	if err := run(); err != nil {
		return err
	}
	if h != nil && h.after != nil && h.kindsA&kind != 0 {
		h.call(h.after, op)
	}
	return nil
}

func (h *hooks) call(fn func(Op), op Op) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fn(op)
}

// judge counts op and decides whether it fails.
func (f *FS) judge(op Op) (err error, cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[op.Kind]++
	r := f.fault
	if r == nil || r.Kinds&op.Kind == 0 || r.Match != nil && !r.Match(op.Path) {
		return nil, false
	}
	f.seen++
	if f.seen != r.Nth && !(r.Later && f.seen > r.Nth) {
		return nil, false
	}
	if f.fired == nil {
		f.fired = &op
	}
	return fmt.Errorf("faultfs: %s: %w", op, r.Err), r.Short
}
