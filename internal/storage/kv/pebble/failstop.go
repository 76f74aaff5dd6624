package pebble

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// errFrozen ends the writing of a table that was begun before the failure.
var errFrozen = errors.New("the disk is frozen after a failed write")

// failstop is the file system under Pebble. Until something fails it only
// passes on. The first failed write, sync, creation or rename is reported to
// onFail; from then on nothing changes the disk any more, and Pebble is kept
// from noticing, for it would panic with its locks held:
//
//   - writes and syncs of the log, the manifest and directories succeed and do
//     nothing;
//   - a table in the making fails, which Pebble takes well: it starts over;
//   - new files go to memory, where Pebble can read them back. Only what was
//     still in memtables is written there, a few MiB.
//
// While the store is being opened it is the same; our Open looks at the end
// whether all went well.
type failstop struct {
	base    vfs.FS
	onFail  func(error)
	barrier func() error // before the manifest is written, see riders.go
	logStep int64        // see logroom.go
	frozen  atomic.Bool
	shadow  *vfs.MemFS // what is created after the failure
}

func newFailstop(o Options, onFail func(error)) *failstop {
	return &failstop{
		base: o.FS, onFail: onFail, barrier: o.Barrier, logStep: min(maxLogStep, int64(o.MemTableBytes)/4), shadow: vfs.NewMem(),
	}
}

// failed freezes the disk.
func (f *failstop) failed(err error) {
	f.frozen.Store(true)
	f.onFail(err)
}

// create runs one of the calls that make a file, or makes it in memory.
func (f *failstop) create(name string, make func() (vfs.File, error)) (vfs.File, error) {
	if !f.frozen.Load() {
		base, err := make()
		if err == nil {
			return f.guard(base, name), nil
		}
		f.failed(err)
	}
	if err := f.shadow.MkdirAll(f.shadow.PathDir(name), 0o755); err != nil {
		return nil, err
	}
	return f.shadow.Create(name, vfs.WriteCategoryUnspecified)
}

func (f *failstop) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(name, func() (vfs.File, error) {
		if err := f.beforeMarker(name); err != nil {
			return nil, err
		}
		return f.base.Create(name, c)
	})
}

// beforeMarker syncs the directory before a marker is made in it. A marker is
// an empty file whose name names the current manifest. Pebble makes the
// manifest and the marker and then syncs the directory once: a crash may keep
// the name of the marker without that of the manifest, and then the store does
// not open. Journalling file systems keep the order; we do not rely on it.
func (f *failstop) beforeMarker(name string) error {
	if !strings.HasPrefix(f.base.PathBase(name), "marker.") {
		return nil
	}
	dir, err := f.base.OpenDir(f.base.PathDir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f *failstop) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return f.create(name, func() (vfs.File, error) { return f.base.OpenReadWrite(name, c, o...) })
}

func (f *failstop) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(name, func() (vfs.File, error) { return f.base.ReuseForWrite(old, name, c) })
}

func (f *failstop) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	if f.frozen.Load() {
		if file, err := f.shadow.Open(name); err == nil {
			return file, nil
		}
	}
	return f.base.Open(name, o...)
}

func (f *failstop) OpenDir(name string) (vfs.File, error) {
	base, err := f.base.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &guarded{File: base, fs: f}, nil
}

// change runs an operation on names.
func (f *failstop) change(op func() error) error {
	if f.frozen.Load() {
		return nil
	}
	if err := op(); err != nil {
		f.failed(err)
	}
	return nil
}

func (f *failstop) Link(old, name string) error {
	return f.change(func() error { return f.base.Link(old, name) })
}

func (f *failstop) Rename(old, name string) error {
	return f.change(func() error { return f.base.Rename(old, name) })
}

func (f *failstop) MkdirAll(dir string, perm os.FileMode) error {
	return f.change(func() error { return f.base.MkdirAll(dir, perm) })
}

// Remove fails without consequences: the file is garbage, and opening the
// store again sweeps it.
func (f *failstop) Remove(name string) error {
	if f.frozen.Load() {
		return nil
	}
	return f.base.Remove(name)
}

func (f *failstop) RemoveAll(name string) error {
	if f.frozen.Load() {
		return nil
	}
	return f.base.RemoveAll(name)
}

func (f *failstop) Stat(name string) (vfs.FileInfo, error) {
	if f.frozen.Load() {
		if info, err := f.shadow.Stat(name); err == nil {
			return info, nil
		}
	}
	return f.base.Stat(name)
}

func (f *failstop) Lock(name string) (io.Closer, error)             { return f.base.Lock(name) }
func (f *failstop) List(dir string) ([]string, error)               { return f.base.List(dir) }
func (f *failstop) PathBase(path string) string                     { return f.base.PathBase(path) }
func (f *failstop) PathJoin(elem ...string) string                  { return f.base.PathJoin(elem...) }
func (f *failstop) PathDir(path string) string                      { return f.base.PathDir(path) }
func (f *failstop) GetDiskUsage(path string) (vfs.DiskUsage, error) { return f.base.GetDiskUsage(path) }
func (f *failstop) Unwrap() vfs.FS                                  { return f.base }
