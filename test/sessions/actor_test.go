package sessions

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// maxOwned is how many messages a session has before it rather removes some.
const maxOwned = 60

// actor is one session, and what it has done.
type actor struct {
	n        int
	rng      *rand.Rand
	world    *world
	address  string // of the server
	account  string
	password string
	boxes    []box

	c       *client
	v       *view
	qresync bool
	made    int // messages appended so far
	steps   int
	alone   bool // nobody acts: what is compared stands still

	// pending is the command that has no answer yet: whether the server did
	// it is not known, should it be killed now.
	pending *pending
}

// step is something a session may do.
type step struct {
	weight int
	run    func(*actor) error
}

var steps = []step{
	{14, (*actor).append},
	{16, (*actor).storeOwn},
	{16, (*actor).storeKeyword},
	{10, (*actor).fetch},
	{10, (*actor).search},
	{6, (*actor).copy},
	{8, (*actor).move},
	{8, (*actor).expunge},
	{4, (*actor).sort},
	{6, (*actor).noop},
	{6, (*actor).idle},
	{5, (*actor).reselect},
	{2, (*actor).reconnect},
}

// act does random things until stop is closed, then comes to rest. It returns
// errGone when the connection ended under it.
func (a *actor) act(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return a.settle()
		default:
		}
		if err := a.pick()(a); err != nil {
			return err
		}
		a.steps++
	}
}

func (a *actor) pick() func(*actor) error {
	total := 0
	for _, s := range steps {
		total += s.weight
	}
	n := a.rng.IntN(total)
	for _, s := range steps {
		if n -= s.weight; n < 0 {
			return s.run
		}
	}
	panic("unreachable")
}

// settle hears what is new, so that the view is the newest.
func (a *actor) settle() error {
	if err := a.noop(); err != nil {
		return err
	}
	return a.learn()
}

// command sends a command that must succeed, unless a message that it names
// was expunged by its owner meanwhile (RFC 2180 4).
func (a *actor) command(format string, args ...any) (result, error) {
	r, err := a.try(fmt.Sprintf(format, args...))
	if err == nil && !r.ok() && !strings.HasPrefix(r.text, "[EXPUNGEISSUED]") {
		err = fmt.Errorf("session %d in %s: %.200s: %s %s", a.n, a.v.box, fmt.Sprintf(format, args...), r.status, r.text)
	}
	return r, err
}

func (a *actor) try(command string) (result, error) {
	a.v.begin(command)
	r, err := a.c.do(command)
	if err != nil {
		return r, fmt.Errorf("session %d in %s: %.200s: %w", a.n, a.v.box, command, err)
	}
	return r, nil
}

// learn asks for the UIDs and flags of messages that are new.
func (a *actor) learn() error {
	first, last := a.v.unknown()
	if first == 0 {
		return nil
	}
	_, err := a.command("FETCH %d:%d (UID FLAGS)", first, last)
	return err
}

// connect opens the session and selects a mailbox.
func (a *actor) connect() error {
	c, err := dial(a.address)
	if err != nil {
		return err
	}
	a.c = c
	a.v = newView(a.boxes[a.rng.IntN(len(a.boxes))])
	r, err := a.command("LOGIN %q %q", a.account, a.password)
	if err != nil {
		return err
	}
	a.qresync = strings.Contains(r.text, " QRESYNC") && a.rng.IntN(2) == 0
	if a.qresync {
		if _, err := a.command("ENABLE QRESYNC"); err != nil {
			return err
		}
	}
	return a.open()
}

// open selects the mailbox of the view and learns what is in it.
func (a *actor) open() error {
	a.c.told = a.v.tell
	if _, err := a.command("SELECT %q", a.v.box.name); err != nil {
		return err
	}
	return a.learn()
}

func (a *actor) reselect() error {
	a.v = newView(a.boxes[a.rng.IntN(len(a.boxes))])
	return a.open()
}

// reconnect leaves and comes back, by QRESYNC if it can: then it is told what
// changed and nothing else, and must know as much as before.
func (a *actor) reconnect() error {
	if err := a.settle(); err != nil {
		return err
	}
	if _, err := a.try("LOGOUT"); err != nil && !errors.Is(err, errGone) {
		return err
	}
	a.c.nc.Close()
	if !a.qresync {
		return a.connect()
	}
	return a.resync()
}

// resync connects and selects the same mailbox with what is known of it
// (RFC 7162 3.2.5).
func (a *actor) resync() error {
	old := a.v
	c, err := dial(a.address)
	if err != nil {
		return err
	}
	a.c, a.v = c, newView(old.box)
	for _, command := range []string{fmt.Sprintf("LOGIN %q %q", a.account, a.password), "ENABLE QRESYNC"} {
		if _, err := a.command("%s", command); err != nil {
			return err
		}
	}
	known := old.known()
	if old.highest == 0 || len(known) == 0 {
		return a.open()
	}
	a.c.told = func(r response) error { return a.v.tell(r) }
	// Numbers come only with FETCH: the client knows them once all UIDs are
	// known, so it asks for the list in the end.
	a.v.uids, a.v.flags = nil, old.flags
	if _, err := a.command("SELECT %q (QRESYNC (%d %d %s))", old.box.name, old.validity, old.highest, formatSet(known)); err != nil {
		return err
	}
	if a.v.validity != old.validity {
		return fmt.Errorf("session %d: UIDVALIDITY of %s was %d and is %d", a.n, old.box, old.validity, a.v.validity)
	}
	return a.compareResync(known)
}

// compareResync holds what the resynchronisation told against the whole list.
func (a *actor) compareResync(known []uint32) error {
	told := a.v.flags
	for _, uid := range a.v.vanished {
		delete(told, uid)
		known = slices.DeleteFunc(known, func(k uint32) bool { return k == uid })
	}
	a.v.flags = map[uint32]flags{}
	if _, err := a.command("UID FETCH 1:* (FLAGS)"); err != nil {
		return err
	}
	for _, uid := range known {
		now, there := a.v.flags[uid]
		if !there && a.alone {
			return fmt.Errorf("session %d: UID %d of %s is gone, and was not among VANISHED", a.n, uid, a.v.box)
		}
		// Others may have changed keywords meanwhile, but not what is ours. Flags
		// that were never told, a client knows that it must ask for.
		_, was := told[uid]
		if r, ours := a.world.get(a.v.box, uid); was && ours && there && r.owner == a.n && told[uid].has(`\Seen`) != now.has(`\Seen`) {
			return fmt.Errorf("session %d: UID %d of %s resynchronised as %q, it is %q", a.n, uid, a.v.box, told[uid], now)
		}
	}
	return nil
}

func (a *actor) noop() error {
	if _, err := a.command("NOOP"); err != nil {
		return err
	}
	return a.learn()
}

func (a *actor) idle() error {
	a.v.begin("IDLE")
	r, err := a.c.idle(time.Duration(a.rng.IntN(30)) * time.Millisecond)
	if err == nil && !r.ok() {
		err = fmt.Errorf("IDLE: %s %s", r.status, r.text)
	}
	if err != nil {
		return fmt.Errorf("session %d in %s: %w", a.n, a.v.box, err)
	}
	return a.learn()
}

// choose takes up to n of the numbers at random.
func (a *actor) choose(from []uint32, n int) []uint32 {
	from = slices.Clone(from)
	a.rng.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	if len(from) == 0 {
		return nil
	}
	return from[:1+a.rng.IntN(min(n, len(from)))]
}

// mine is this session's messages in the mailbox that it sees.
func (a *actor) mine() []uint32 {
	owned := a.world.owned(a.v.box, a.n)
	return slices.DeleteFunc(owned, func(uid uint32) bool { return !slices.Contains(a.v.uids, uid) })
}

// numbers is the message numbers of UIDs, which the view must have.
func (a *actor) numbers(uids []uint32) []uint32 {
	out := make([]uint32, len(uids))
	for i, uid := range uids {
		out[i] = uint32(slices.Index(a.v.uids, uid) + 1)
	}
	return out
}
