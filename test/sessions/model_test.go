package sessions

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// box names a mailbox of an account.
type box struct{ account, name string }

func (b box) String() string { return b.account + "/" + b.name }

// flags is a set of flags without \Recent, written in one way only.
type flags string

func makeFlags(list []any) flags {
	var names []string
	for _, f := range list {
		if name := fmt.Sprint(f); name != `\Recent` {
			names = append(names, name)
		}
	}
	return joinFlags(names)
}

func joinFlags(names []string) flags {
	slices.Sort(names)
	return flags(strings.Join(slices.Compact(names), " "))
}

func (f flags) has(name string) bool { return slices.Contains(strings.Fields(string(f)), name) }

// with is the set with a flag, or without it.
func (f flags) with(name string, on bool) flags {
	names := slices.DeleteFunc(strings.Fields(string(f)), func(n string) bool { return n == name })
	if on {
		names = append(names, name)
	}
	return joinFlags(names)
}

var systemFlags = []string{`\Seen`, `\Answered`, `\Flagged`, `\Draft`}

// tri is what the model knows of a flag.
type tri int8

const (
	unknown tri = iota
	off
	on
)

func triOf(b bool) tri {
	if b {
		return on
	}
	return off
}

// record is a message as it must be.
type record struct {
	id       string
	owner    int
	system   flags
	keywords []tri // by session
	leaving  bool  // its owner has asked to remove or move it
}

// world is what the sessions have made of the mailboxes. Each session changes
// only what it owns.
type world struct {
	mu    sync.Mutex
	boxes map[box]map[uint32]*record
	next  map[box]uint32 // no UID below it is given out again

	// early is what was stored on messages that others have seen before their
	// owner heard of their UIDs.
	early map[box]map[uint32][]change
}

func newWorld(boxes []box) *world {
	w := &world{boxes: map[box]map[uint32]*record{}, next: map[box]uint32{}, early: map[box]map[uint32][]change{}}
	for _, b := range boxes {
		w.boxes[b] = map[uint32]*record{}
		w.early[b] = map[uint32][]change{}
	}
	return w
}

// get is a copy of the record of a message that is there, and stays there as
// far as is known.
func (w *world) get(b box, uid uint32) (record, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.boxes[b][uid]
	if !ok || r.leaving {
		return record{}, false
	}
	c := *r
	c.keywords = slices.Clone(r.keywords)
	return c, true
}

// add takes in that a message is there now.
func (w *world) add(b box, uid uint32, r *record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.boxes[b][uid]; old != nil {
		return fmt.Errorf("%s: UID %d given out twice: to %s and %s", b, uid, old.id, r.id)
	}
	w.boxes[b][uid] = r
	for _, c := range w.early[b][uid] {
		c.apply(r)
	}
	return nil
}

// leave takes in that messages are going to be removed: from now on they may be
// there or not.
func (w *world) leave(b box, uids []uint32, leaving bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, uid := range uids {
		if r := w.boxes[b][uid]; r != nil {
			r.leaving = leaving
		}
	}
}

func (w *world) remove(b box, uids []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, uid := range uids {
		delete(w.boxes[b], uid)
	}
}

// store takes in that a flag of messages was set or cleared: of those that are
// still there.
func (w *world) store(b box, uids []uint32, c change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, uid := range uids {
		if r := w.boxes[b][uid]; r != nil {
			c.apply(r)
		} else {
			w.early[b][uid] = append(w.early[b][uid], c)
		}
	}
}

// change is one flag that a session sets or clears.
type change struct {
	name string
	by   int // the session
	on   bool
}

func (c change) apply(r *record) {
	if c.name[0] == '\\' {
		r.system = r.system.with(c.name, c.on)
		return
	}
	r.keywords[c.by] = triOf(c.on)
}

// copyOf is the record of a copy: the keywords of others it may have taken
// along or not.
func copyOf(r record) *record {
	c := r
	c.keywords = make([]tri, len(r.keywords))
	c.keywords[r.owner] = r.keywords[r.owner]
	return &c
}

// owned is the UIDs of a session's messages in a mailbox, in ascending order.
func (w *world) owned(b box, owner int) []uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []uint32
	for uid, r := range w.boxes[b] {
		if r.owner == owner {
			out = append(out, uid)
		}
	}
	slices.Sort(out)
	return out
}

func keyword(session int) string { return fmt.Sprintf("$k%d", session) }

// messageText is the message with this identity, the same each time.
func messageText(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	var b strings.Builder
	fmt.Fprintf(&b, "From: =?utf-8?q?B=C6=B0u_t=C3=A1?= <%s@sessions.test>\r\nTo: all@sessions.test\r\nSubject: word%d about %s\r\n"+
		"Date: Sun, 22 Nov 2026 %02d:%02d:%02d +0700\r\nMessage-ID: <%s@sessions.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
		id, rng.IntN(10), id, rng.IntN(24), rng.IntN(60), rng.IntN(60), id)
	for range 1 + rng.IntN(60)*rng.IntN(10) {
		fmt.Fprintf(&b, "Thư số %d của %s, dòng w%d\r\n", rng.IntN(1000), id, rng.IntN(1_000_000))
	}
	return b.String()
}
