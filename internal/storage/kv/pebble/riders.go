package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// A rider (kv.Tx.Attach) lives in the log, beside the records of its commit.
// Whoever attaches one has its bytes in a place of his own too, not durable yet.
// Two things make that as good as a sync of that place:
//
//   - before the store is opened, Riders gives back the riders of every commit
//     that it has and that is not in tables yet;
//   - a log is given up only after Options.Barrier. Pebble gives a log up by the
//     manifest: it writes down from which log on it needs them, syncs that, and
//     only then removes the older ones or writes over them. So the barrier comes
//     before each write to a manifest (failstop.go).

// logDir is where the logs are, in the directory of the store. In layout 1 they
// were beside the tables. A program that knows only that finds in the OPTIONS
// file that logs are elsewhere and stops before it reads any: it would make
// tables of the records and drop the riders, and look at the schema after that.
const logDir = "log"

// Riders calls fn for the riders in the logs of the store in dir, in the order
// of their commits, without opening it. A rider is valid until fn returns. There
// may be riders of commits that are in tables already.
//
// A log ends at the first record that cannot be read: that is what a crash
// leaves of the last one. Whether more is wrong is for Open to find out, which
// reads no further.
func Riders(fs vfs.FS, dir string, fn func(rider []byte) error) error {
	if fs == nil {
		fs = vfs.Default
	}
	logs, err := wal.Scan(wal.Dir{FS: fs, Dirname: fs.PathJoin(dir, logDir)})
	if oserror.IsNotExist(err) {
		return nil // a store in the making, or of layout 1
	}
	if err != nil {
		return fmt.Errorf("read the logs of %s: %w", dir, err)
	}
	for _, log := range logs {
		if err := ridersOf(log, fn); err != nil {
			return fmt.Errorf("read log %v of %s: %w", log.Num, dir, err)
		}
	}
	return nil
}

// ridersOf reads one log.
func ridersOf(log wal.LogicalLog, fn func([]byte) error) (err error) {
	r := log.OpenForRead()
	defer func() { err = errors.Join(err, r.Close()) }()
	var batch bytes.Buffer
	for {
		in, _, err := r.NextRecord()
		if endsLog(err) {
			return nil
		}
		if err != nil {
			return err
		}
		batch.Reset()
		if _, err := batch.ReadFrom(in); err != nil {
			return err
		}
		if err := ridersIn(batch.Bytes(), fn); err != nil {
			return err
		}
	}
}

// endsLog tells a log that is at its end, or torn, from one that the disk does
// not give.
func endsLog(err error) bool {
	for _, end := range []error{io.EOF, record.ErrUnexpectedEOF, record.ErrZeroedChunk, record.ErrInvalidChunk, pebble.ErrCorruption} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// ridersIn finds the riders of one commit.
func ridersIn(batch []byte, fn func([]byte) error) error {
	for r := batchrepr.Read(batch); ; {
		kind, data, _, ok, _ := r.Next()
		if !ok {
			return nil // the end; Open judges a batch that cannot be read
		}
		if kind != pebble.InternalKeyKindLogData {
			continue
		}
		if err := fn(data); err != nil {
			return err
		}
	}
}
