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
	frozen  atomic.Bool
	shadow  *vfs.MemFS // what is created after the failure
}

func newFailstop(base vfs.FS, onFail func(error), barrier func() error) *failstop {
	return &failstop{base: base, onFail: onFail, barrier: barrier, shadow: vfs.NewMem()}
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
			return &guarded{File: base, fs: f, table: isTable(name), manifest: f.isManifest(name)}, nil
		}
		f.failed(err)
	}
	if err := f.shadow.MkdirAll(f.shadow.PathDir(name), 0o755); err != nil {
		return nil, err
	}
	return f.shadow.Create(name, vfs.WriteCategoryUnspecified)
}

// isTable tells the files that Pebble reads back from those it only writes.
func isTable(name string) bool { return strings.HasSuffix(name, ".sst") }

// isManifest tells the files that say which logs are needed.
func (f *failstop) isManifest(name string) bool {
	return strings.HasPrefix(f.base.PathBase(name), "MANIFEST-")
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

// guarded is a file or directory that was opened before a failure.
type guarded struct {
	vfs.File
	fs       *failstop
	table    bool
	manifest bool
}

// run carries out one operation that changes the file.
func (g *guarded) run(op func() error) error {
	if !g.fs.frozen.Load() {
		err := op()
		if err == nil {
			return nil
		}
		g.fs.failed(err)
	}
	if g.table {
		return errFrozen
	}
	return nil
}

func (g *guarded) Write(p []byte) (int, error) {
	if err := g.run(func() error { return g.write(p) }); err != nil {
		return 0, err
	}
	return len(p), nil
}

// write is Write without a failure. Once the manifest says that a log is not
// needed, nobody reads its riders any more.
func (g *guarded) write(p []byte) error {
	if g.manifest {
		if err := g.fs.barrier(); err != nil {
			return err
		}
	}
	_, err := g.File.Write(p)
	return err
}

func (g *guarded) WriteAt(p []byte, off int64) (int, error) {
	if err := g.run(func() error { _, err := g.File.WriteAt(p, off); return err }); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (g *guarded) Sync() error     { return g.run(g.File.Sync) }
func (g *guarded) SyncData() error { return g.run(g.File.SyncData) }

func (g *guarded) SyncTo(length int64) (full bool, err error) {
	err = g.run(func() error { full, err = g.File.SyncTo(length); return err })
	return full, err
}

// Preallocate is a hint; Pebble ignores its errors.
func (g *guarded) Preallocate(offset, length int64) error {
	if g.fs.frozen.Load() {
		return nil
	}
	return g.File.Preallocate(offset, length)
}

// Close closes the file in any case. Pebble syncs before it closes, so an
// error here loses nothing that was promised, but it is a failing disk.
func (g *guarded) Close() error {
	if err := g.File.Close(); err != nil && !g.fs.frozen.Load() {
		g.fs.failed(err)
	}
	return nil
}
