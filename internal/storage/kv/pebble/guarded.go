package pebble

import (
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guarded is a file or directory that was opened before a failure.
type guarded struct {
	vfs.File
	fs       *failstop
	table    bool // Pebble reads it back; the others it only writes
	manifest bool // says which logs are needed
	room     *logRoom
	pieces   *pieces
}

// guard wraps a file that is written to by what its name says of it.
func (f *failstop) guard(base vfs.File, name string) *guarded {
	g := &guarded{File: base, fs: f, manifest: strings.HasPrefix(f.base.PathBase(name), "MANIFEST-")}
	switch {
	case strings.HasSuffix(name, ".sst"):
		g.table, g.pieces = true, &pieces{file: base}
	case strings.HasSuffix(name, ".log"):
		g.room = newLogRoom(f.base, base, name, f.logStep)
	}
	return g
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
	if g.room != nil {
		if err := g.room.reserve(len(p)); err != nil {
			return err
		}
	}
	if _, err := g.File.Write(p); err != nil || g.pieces == nil {
		return err
	}
	return g.pieces.wrote(len(p))
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
