package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
)

// keeps are the shares of unsynced data, in percent, that a crash may leave.
var keeps = []int{0, 50, 100}

// checkTime bounds the recovery and the check of one crash point.
const checkTime = 60 * time.Second

// Result of a sweep.
type Result struct {
	Points     int64
	Violations []string // at most maxViolations, each with the seed that replays it
	Count      int64    // of all violations
	Doubles    int64    // messages that the other host has twice because its reply was lost: no violation
}

// maxViolations bounds what is kept: the first ones tell the story.
const maxViolations = 20

// String is the line with which `make crash` ends.
func (r *Result) String() string {
	return fmt.Sprintf("crash points: %d, violations: %d", r.Points, r.Count)
}

// sweep is one or more rounds of crash points.
type sweep struct {
	seed     uint64
	messages int               // each client's, in a round
	wreck    func(*faultfs.FS) // makes the disk lie
	options  worldOptions
	patience time.Duration // with one recovery; 0 means checkTime

	points   atomic.Int64
	mu       sync.Mutex
	result   Result
	checking sync.WaitGroup
	slots    chan struct{}
}

func newSweep(seed uint64, messages int) *sweep {
	return &sweep{seed: seed, messages: messages, slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
}

// round works once through a fresh world, and checks every crash point.
func (s *sweep) round(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mem := vfs.NewCrashableMem()
	fs := faultfs.New(mem)
	m := newModel()
	options := s.options
	host, err := startSink()
	if err != nil {
		return err
	}
	defer host.Close()
	options.relay = host.Addr()
	if options.files, err = filesUnder(); err != nil {
		return err
	}
	defer os.RemoveAll(options.files)
	w, err := openWorld(ctx, fs, options)
	if err != nil {
		return err
	}
	if err := w.furnish(ctx); err != nil {
		return errors.Join(err, w.close())
	}
	if s.wreck != nil {
		s.wreck(fs)
	}
	fs.After(faultfs.Write|faultfs.Sync, func(op faultfs.Op) {
		s.crash(ctx, mem, m, w, host, op)
	})
	err = runWork(ctx, w, m, s.seed, s.messages)
	s.checking.Wait()
	fs.After(0, nil)
	s.once(host.taken())
	return errors.Join(err, w.close())
}

// crash clones the disk as it is now and checks the clones beside the work.
func (s *sweep) crash(ctx context.Context, mem *vfs.MemFS, m *model, w *world, host *sink, op faultfs.Op) {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.clone()
	clones := make([]*vfs.MemFS, len(keeps))
	for i, keep := range keeps {
		clones[i] = faultfs.Clone(mem, keep, s.seed, op)
	}
	// After the clones: an agent may be between what it did outside and its
	// commit, and must not get that far in between.
	told.outside(w, host)
	for i, keep := range keeps {
		s.slots <- struct{}{}
		s.checking.Go(func() {
			defer func() { <-s.slots }()
			s.points.Add(1)
			r := alone
			if op.Seq%connectedEvery == 0 {
				r = connected
			}
			s.report(op, keep, s.recover(ctx, clones[i], told, r))
		})
	}
}

// once holds that the other host has each message once, but for those whose
// last reply it did not give.
func (s *sweep) once(taken map[string]relayed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, r := range taken {
		if r.copies > 1 {
			s.result.Doubles++
		}
		if r.copies-r.doubtful > 1 {
			s.result.Count++
			s.result.Violations = append(s.result.Violations, fmt.Sprintf("seed %d: the other host has %s %d times, %d of them doubtful", s.seed, token, r.copies, r.doubtful))
		}
	}
}

func (s *sweep) report(op faultfs.Op, keep int, violations []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Count += int64(len(violations))
	for _, v := range violations {
		if len(s.result.Violations) < maxViolations {
			s.result.Violations = append(s.result.Violations,
				fmt.Sprintf("seed %d, crash after %s, %d %% of unsynced data kept: %s", s.seed, op, keep, v))
		}
	}
}

// Crash runs rounds from seed on until there are so many crash points.
func Crash(ctx context.Context, seed uint64, points int64) (*Result, error) {
	total := &Result{}
	for total.Points < points {
		s := newSweep(seed, 8)
		if err := s.round(ctx); err != nil {
			return total, fmt.Errorf("seed %d: %w", seed, err)
		}
		total.Points += s.points.Load()
		total.Count += s.result.Count
		total.Doubles += s.result.Doubles
		total.Violations = append(total.Violations, s.result.Violations...)
		seed++
	}
	return total, nil
}
