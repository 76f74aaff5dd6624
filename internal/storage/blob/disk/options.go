package disk

import (
	"fmt"
	"log/slog"
	"math"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options configure a store. The zero value is a sensible one.
type Options struct {
	FS           vfs.FS       // the file system under everything; nil means the real one
	PackBytes    int64        // a pack that has reached this size is closed; 0 means DefaultPackBytes
	PrepareBytes int64        // how far a pack is filled with zeros before there are records, see prepare.go; 0 means DefaultPrepareBytes
	MemoryBody   int          // bytes of a body that are collected in memory; a larger one goes to a temporary file; 0 means DefaultMemoryBody
	MemoryBudget int64        // bytes of all bodies that are collected in memory at once; 0 means DefaultMemoryBudget
	MaxBody      int64        // largest body in bytes; 0 means DefaultMaxBody
	OpenPacks    int          // pack files kept open for reading; 0 means DefaultOpenPacks
	Logger       *slog.Logger // where warnings go; nil means nowhere
	OnFailure    func(error)  // called once when the store fails, before anyone is told; nil means nobody
	RideBytes    int          // a body up to this size may leave its sync to the record that names it, when there is a Redo; 0 means DefaultRideBytes
	// Redo calls apply with the riders of bodies that records may name although
	// no sync of a pack has covered them, in the order in which they were
	// attached; see redo.go. It is called once, by Open. Nil means that nobody
	// keeps riders: Stage is Commit then.
	Redo func(apply func(rider []byte) error) error
}

// The defaults of Options.
const (
	DefaultPackBytes    = 256 << 20
	DefaultPrepareBytes = 1 << 20
	DefaultMemoryBody   = 512 << 10
	DefaultMemoryBudget = 32 << 20
	DefaultMaxBody      = 1 << 30
	DefaultOpenPacks    = 64
	DefaultRideBytes    = 32<<10 - pieceRoom // its record is one piece of memory, see body.go
)

// The hard limits, which follow from the 32-bit fields of a record.
const (
	maxPackBytes = 2 << 30
	maxMaxBody   = 2 << 30
)

func (o Options) withDefaults() (Options, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.PackBytes == 0 {
		o.PackBytes = DefaultPackBytes
	}
	if o.PrepareBytes == 0 {
		o.PrepareBytes = DefaultPrepareBytes
	}
	if o.MemoryBody == 0 {
		o.MemoryBody = DefaultMemoryBody
	}
	if o.MemoryBudget == 0 {
		o.MemoryBudget = DefaultMemoryBudget
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.OpenPacks == 0 {
		o.OpenPacks = DefaultOpenPacks
	}
	if o.RideBytes == 0 {
		o.RideBytes = DefaultRideBytes
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, o.check()
}

func (o Options) check() error {
	for _, c := range []struct {
		name       string
		value, max int64
	}{
		{"PackBytes", o.PackBytes, maxPackBytes},
		{"PrepareBytes", o.PrepareBytes, DefaultPrepareBytes},
		{"MemoryBody", int64(o.MemoryBody), DefaultMemoryBody},
		{"MemoryBudget", o.MemoryBudget, math.MaxInt64},
		{"MaxBody", o.MaxBody, maxMaxBody},
		{"OpenPacks", int64(o.OpenPacks), math.MaxInt32},
		{"RideBytes", int64(o.RideBytes), DefaultMemoryBody},
	} {
		if c.value < 1 || c.value > c.max {
			return fmt.Errorf("disk: %s is %d, it must be between 1 and %d", c.name, c.value, c.max)
		}
	}
	return nil
}
