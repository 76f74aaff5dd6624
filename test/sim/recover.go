package sim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// reach says whether a recovered world meets another host.
type reach bool

const (
	alone     reach = false // nobody answers: mail for elsewhere goes on waiting
	connected reach = true  // a new host answers, and takes everything at once
)

// connectedEvery is how seldom a crash point is recovered with another host,
// which takes longer.
const connectedEvery = 16

// nobody is where a world that is alone sends mail: nothing listens there, and
// the host of the round hears no echo.
var nobody = netip.MustParseAddrPort("127.0.0.1:1")

// recover opens a crashed disk, compares it, works off its queue, and compares
// it again.
func (s *sweep) recover(ctx context.Context, clone *vfs.MemFS, told *model, r reach) []string {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.patience, checkTime))
	defer cancel()
	if told.filesErr != nil {
		return []string{fmt.Sprintf("the files could not be read: %v", told.filesErr)}
	}
	files, err := restore(told.files)
	defer os.RemoveAll(files)
	if err != nil {
		return []string{fmt.Sprintf("the files are not restored: %v", err)}
	}
	o := worldOptions{relay: nobody, files: files, retry: time.Hour, open: s.options.open}
	var host *sink
	if r == connected {
		if host, err = startPatient(); err != nil {
			return []string{err.Error()}
		}
		defer host.Close()
		o.relay = host.Addr()
	}
	w, err := openWorld(ctx, clone, o)
	if err != nil {
		return []string{fmt.Sprintf("the store does not open: %v", err)}
	}
	violations := s.workOff(ctx, w, told, host)
	if err := w.close(); err != nil {
		violations = append(violations, fmt.Sprintf("close: %v", err))
	}
	return violations
}

// workOff compares a recovered world as it is, and again when its queue has
// been worked off: all of it when there is another host, else what is ours.
func (s *sweep) workOff(ctx context.Context, w *world, told *model, host *sink) []string {
	violations := check(ctx, w, told, false)
	if err := w.collect(ctx); err != nil {
		violations = append(violations, fmt.Sprintf("reclaim space: %v", err))
	}
	waits := func(rcpt string) bool { return host != nil || strings.HasSuffix(rcpt, "@"+domain) }
	if err := w.drain(ctx, waits); err != nil {
		return append(violations, fmt.Sprintf("work off the queue: %v", err))
	}
	if host != nil {
		told = told.relayedMore(host.taken())
	}
	return append(violations, check(ctx, w, told, true)...)
}

// relayedMore is the model after another host has taken more.
func (m *model) relayedMore(more map[string]relayed) *model {
	all := maps.Clone(m.remote)
	for token, r := range more {
		all[token] = relayed{all[token].copies + r.copies, all[token].doubtful + r.doubtful}
	}
	return &model{histories: m.histories, shown: m.shown, remote: all, files: m.files}
}

// outside notes what has left the stores and does not crash with them: what the
// other host has taken, and what lies in files.
func (m *model) outside(w *world, host *sink) {
	m.remote = host.taken()
	m.files, m.filesErr = arrivedIn(w.files)
}
