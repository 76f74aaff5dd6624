package faultfs

import (
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var _ vfs.FS = (*FS)(nil)

// Create implements vfs.FS.
func (f *FS) Create(name string, c vfs.DiskWriteCategory) (file vfs.File, err error) {
	err = f.do(Create, name, 0, func() error {
		file, err = f.wrap(name)(f.base.Create(name, c))
		return err
	}, nil)
	return file, err
}

// OpenReadWrite implements vfs.FS.
func (f *FS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (file vfs.File, err error) {
	err = f.do(Create, name, 0, func() error {
		file, err = f.wrap(name)(f.base.OpenReadWrite(name, c, o...))
		return err
	}, nil)
	return file, err
}

// ReuseForWrite implements vfs.FS. It takes two steps where the base has one:
// vfs.MemFS renames within it, takes the lock of CrashClone twice, and stands
// still for ever when somebody clones in between.
func (f *FS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (file vfs.File, err error) {
	err = f.do(Create, name, 0, func() error {
		if err = f.base.Rename(old, name); err == nil {
			file, err = f.wrap(name)(f.base.OpenReadWrite(name, c))
		}
		return err
	}, nil)
	return file, err
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(dir string, perm os.FileMode) error {
	return f.do(Create, dir, 0, func() error { return f.base.MkdirAll(dir, perm) }, nil)
}

// Link implements vfs.FS.
func (f *FS) Link(old, name string) error {
	return f.do(Create, name, 0, func() error { return f.base.Link(old, name) }, nil)
}

// Rename implements vfs.FS.
func (f *FS) Rename(old, name string) error {
	return f.do(Rename, name, 0, func() error { return f.base.Rename(old, name) }, nil)
}

// Remove implements vfs.FS.
func (f *FS) Remove(name string) error {
	return f.do(Remove, name, 0, func() error { return f.base.Remove(name) }, nil)
}

// RemoveAll implements vfs.FS.
func (f *FS) RemoveAll(name string) error {
	return f.do(Remove, name, 0, func() error { return f.base.RemoveAll(name) }, nil)
}

// Open implements vfs.FS. Reading is neither counted nor failed.
func (f *FS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) { return f.base.Open(name, o...) }

// OpenDir implements vfs.FS. Syncs of the directory count.
func (f *FS) OpenDir(name string) (vfs.File, error) { return f.wrap(name)(f.base.OpenDir(name)) }

// Lock implements vfs.FS.
func (f *FS) Lock(name string) (io.Closer, error) { return f.base.Lock(name) }

// List implements vfs.FS.
func (f *FS) List(dir string) ([]string, error) { return f.base.List(dir) }

// Stat implements vfs.FS.
func (f *FS) Stat(name string) (vfs.FileInfo, error) { return f.base.Stat(name) }

// PathBase implements vfs.FS.
func (f *FS) PathBase(path string) string { return f.base.PathBase(path) }

// PathJoin implements vfs.FS.
func (f *FS) PathJoin(elem ...string) string { return f.base.PathJoin(elem...) }

// PathDir implements vfs.FS.
func (f *FS) PathDir(path string) string { return f.base.PathDir(path) }

// GetDiskUsage implements vfs.FS.
func (f *FS) GetDiskUsage(path string) (vfs.DiskUsage, error) { return f.base.GetDiskUsage(path) }

// Unwrap implements vfs.FS.
func (f *FS) Unwrap() vfs.FS { return f.base }

// wrap makes a file of the base one of ours.
func (f *FS) wrap(name string) func(vfs.File, error) (vfs.File, error) {
	return func(base vfs.File, err error) (vfs.File, error) {
		if err != nil {
			return nil, err
		}
		return &file{File: base, fs: f, path: name}, nil
	}
}

// file is an open file whose writes and syncs count. What it does not
// redefine is the base's.
type file struct {
	vfs.File
	fs   *FS
	path string
}

func (f *file) Write(p []byte) (n int, err error) {
	err = f.fs.do(Write, f.path, len(p), func() error {
		n, err = f.File.Write(p)
		return err
	}, func() { n, _ = f.File.Write(p[:len(p)/2]) })
	return n, err
}

func (f *file) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.fs.do(Write, f.path, len(p), func() error {
		n, err = f.File.WriteAt(p, off)
		return err
	}, func() { n, _ = f.File.WriteAt(p[:len(p)/2], off) })
	return n, err
}

// SyncTo promises nothing, so it is no Sync: the disk begins to write.
func (f *file) SyncTo(length int64) (whole bool, err error) {
	err = f.fs.do(Write, f.path, 0, func() error {
		whole, err = f.File.SyncTo(length)
		return err
	}, nil)
	return whole, err
}

func (f *file) Sync() error     { return f.fs.do(Sync, f.path, 0, f.File.Sync, nil) }
func (f *file) SyncData() error { return f.fs.do(Sync, f.path, 0, f.File.SyncData, nil) }
