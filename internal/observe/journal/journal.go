// Package journal keeps the road of every message: each station writes one
// event (queued, delivered, deferred, bounced, rejected ...), and for
// [Options.Keep] anybody who administers the server can ask what became of it.
//
//	j, err := journal.Open(dir, journal.Options{})
//	log := slog.New(j.Handler(log.Handler()))   // every mail event is noted
//	go j.Run(ctx)                               // writes, turns pages, deletes old ones
//	err = journal.Search(ctx, dir, journal.Query{ID: "06awqz3kd2m80"}, show)
//
// The log line of an event is the event: there is one place where a station
// says what it did, and the journal hears it through a slog.Handler. A line
// belongs to the journal when it is at least at level Info and carries a
// queue id under the key "id", or when it is a refusal ("rejected").
//
// # Files
//
// One file a day (UTC), YYYY-MM-DD.jsonl, one event a line; yesterday's and
// older ones are compressed to .jsonl.gz. Events are written within
// [flushEvery]; they are not synced. The journal explains, it does not keep:
// mail depends on nothing in it, and a crash may cost its last events.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// DefaultKeep is how long events are kept.
	DefaultKeep = 30 * 24 * time.Hour
	// flushEvery is the longest time that an event waits in memory.
	flushEvery = 250 * time.Millisecond
	// maxBuffer bounds the events in memory, in octets. When the disk does not
	// keep up, further ones are dropped and counted.
	maxBuffer = 4 << 20
	// tendEvery is the pause between two looks for old files.
	tendEvery = time.Hour

	dayForm = "2006-01-02"
	plain   = ".jsonl"
	packed  = ".jsonl.gz"
)

// Options of a Journal. The zero value is sensible.
type Options struct {
	Keep time.Duration    // default [DefaultKeep]
	Log  *slog.Logger     // of its own troubles; default discards. Not one with Handler in it.
	Now  func() time.Time // default time.Now
}

// Journal writes events. All methods may be called from any goroutine.
type Journal struct {
	dir string
	o   Options

	mu      sync.Mutex
	buffer  []byte // events that are not written yet
	dropped int    // since the last line about it

	writing sync.Mutex // one flush at a time; guards what is below
	spare   []byte
	file    *os.File
	day     string
}

// Open makes the directory. Nothing is written before Run.
func Open(dir string, o Options) (*Journal, error) {
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	return &Journal{dir: dir, o: o}, nil
}

// Run writes what is noted until ctx ends, and then the rest.
func (j *Journal) Run(ctx context.Context) error {
	defer j.Close()
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	tend := time.NewTimer(0)
	defer tend.Stop()
	for {
		select {
		case <-flush.C:
			j.report(j.Flush())
		case <-tend.C:
			j.report(j.tend(ctx))
			tend.Reset(tendEvery)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// report says what went wrong. The next flush tries again with what comes
// then: to hold events back would only fill the memory.
func (j *Journal) report(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		j.o.Log.Warn("journal", "error", err, "advice", "mail is not affected, but tram trace will miss events; see that the data directory can be written")
	}
}

// Close writes what is noted and closes the file. Events noted later are
// written by the next Flush.
func (j *Journal) Close() {
	j.report(j.Flush())
	j.writing.Lock()
	defer j.writing.Unlock()
	if j.file != nil {
		j.report(j.file.Close())
		j.file, j.day = nil, ""
	}
}

// note takes the line of an event.
func (j *Journal) note(line func([]byte) []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.buffer) >= maxBuffer {
		j.dropped++
		return
	}
	j.buffer = line(j.buffer)
}

// Flush writes what is noted so far.
func (j *Journal) Flush() error {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	lines, dropped := j.buffer, j.dropped
	j.buffer, j.dropped, j.spare = j.spare[:0], 0, nil
	j.mu.Unlock()
	defer func() { j.spare = lines }()
	if len(lines) == 0 {
		return nil
	}
	if dropped > 0 {
		j.o.Log.Warn("journal", "dropped", dropped, "advice", "the disk is too slow for the journal; mail is not affected")
	}
	if err := j.open(); err != nil {
		return err
	}
	_, err := j.file.Write(lines)
	return err
}

// open opens the file of the day; writing is held.
func (j *Journal) open() error {
	day := j.o.Now().UTC().Format(dayForm)
	if j.file != nil && j.day == day {
		return nil
	}
	if j.file != nil {
		if err := j.file.Close(); err != nil {
			return err
		}
		j.file = nil
	}
	f, err := os.OpenFile(filepath.Join(j.dir, day+plain), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	j.file, j.day = f, day
	return endLine(f)
}

// endLine ends a line that a crash has cut, so that it spoils no other.
func endLine(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return err
	}
	if last[0] != '\n' {
		_, err = f.Write([]byte("\n"))
	}
	return err
}
