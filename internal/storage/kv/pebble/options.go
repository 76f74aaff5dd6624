package pebble

import (
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// Options configure a store. The zero value is a sensible one for a small
// machine.
type Options struct {
	FS            vfs.FS       // the file system under everything; nil means the real one
	MemTableBytes int          // size of a memtable in bytes; 0 means DefaultMemTableBytes
	CacheBytes    int64        // size of the block cache in bytes; 0 means DefaultCacheBytes
	Logger        *slog.Logger // where warnings go; nil means nowhere
	// Barrier makes what came with riders so far durable in its own place, and
	// returns nil when it is. It is called before the log of their commits can
	// be given up, without a lock of the store; an error fails the store. Nil
	// means that nobody attaches riders. See riders.go.
	Barrier func() error
}

// The defaults of Options and the fixed settings, chosen for 2 cores and an
// idle server below 40 MiB.
const (
	DefaultMemTableBytes = 4 << 20
	DefaultCacheBytes    = 8 << 20

	// maxOpenTables bounds the file descriptors of the store.
	maxOpenTables = 256

	// formatVersion is the version of Pebble's files. It is pinned: raising it
	// is a one-way street for a data directory and needs a decision record.
	// This one has checksums in the footers of tables and tells a torn end of
	// the log from damage in its middle.
	formatVersion = pebble.FormatTableFormatV6

	// bloomBits is the size of the filters, per key. Missing keys are asked for
	// in every level, so each level but the last has one.
	bloomBits = 10
)

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = DefaultMemTableBytes
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Barrier == nil {
		o.Barrier = func() error { return nil }
	}
	return o
}

// pebble translates the options for the library.
func (o Options) pebble(d *DB) *pebble.Options {
	po := &pebble.Options{
		FS:                 d.disk,
		Logger:             logger{d},
		EventListener:      events(d),
		FormatMajorVersion: formatVersion,
		WALDir:             pebble.MakeStoreRelativePath(d.disk, logDir),
		WALRecoveryDirs:    []wal.Dir{{FS: d.disk, Dirname: pebble.MakeStoreRelativePath(d.disk, "")}}, // layout 1
		// Pebble takes the memory of memtables off the cache. Without this they
		// leave none of it.
		CacheSize:                   o.CacheBytes + 2*int64(o.MemTableBytes),
		MaxOpenFiles:                maxOpenTables,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		// Never stop inside Pebble, where neither ctx nor a failure can release
		// a writer: stall.go does it outside.
		L0StopWritesThreshold: 1 << 20,
		LBaseMaxBytes:         16 << 20,
		// One compaction, two when they fall behind: the other core serves mail.
		CompactionConcurrencyRange: func() (int, int) { return 1, 2 },
	}
	po.Experimental.FileCacheShards = 2
	po.Experimental.CompactionScheduler = &scheduler{
		ConcurrencyLimitScheduler: pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest(),
		failed:                    d.failed,
	}
	for i := range po.Levels[:len(po.Levels)-1] {
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	po.Levels[len(po.Levels)-1].FilterPolicy = pebble.NoFilterPolicy
	return po
}

// scheduler starts no compaction once the store has failed: the disk is frozen
// and what they would write ends in memory. It has no timer of its own, so an
// idle store does nothing.
type scheduler struct {
	*pebble.ConcurrencyLimitScheduler
	failed <-chan struct{}
}

// TrySchedule implements pebble.CompactionScheduler.
func (s *scheduler) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	select {
	case <-s.failed:
		return false, nil
	default:
		return s.ConcurrencyLimitScheduler.TrySchedule()
	}
}
