package sessions

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	duration = flag.Duration("time", 12*time.Second, "how long the sessions act")
	seed     = flag.Uint64("seed", 0, "of the random choices; 0 takes one by the clock")
)

const (
	sessionCount = 20
	killEvery    = 4 // rounds
	roundTime    = 1500 * time.Millisecond
)

var (
	accounts  = []string{"mot@sessions.test", "hai@sessions.test"}
	mailboxes = []string{"INBOX", "Archive", "Sent"}
)

// cast is the sessions of one run.
type cast struct {
	t      *testing.T
	server *server
	world  *world
	actors []*actor
	rng    *rand.Rand
}

func boxesOf(account string) []box {
	var out []box
	for _, name := range mailboxes {
		out = append(out, box{account, name})
	}
	return out
}

// TestSessions is the whole test.
func TestSessions(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", *seed)
	s := newServer(t, accounts...)
	s.start()
	t.Cleanup(func() { s.end(syscall.SIGKILL) })
	var all []box
	for _, a := range accounts {
		all = append(all, boxesOf(a)...)
	}
	c := &cast{t: t, server: s, world: newWorld(all), rng: rand.New(rand.NewPCG(*seed, 0))}
	for n := range sessionCount {
		account := accounts[n%len(accounts)]
		c.actors = append(c.actors, &actor{n: n, rng: rand.New(rand.NewPCG(*seed, uint64(n+1))), world: c.world,
			address: address, account: account, password: password, boxes: boxesOf(account)})
	}
	c.each(func(a *actor) error { return a.connect() })
	kills, rounds := 0, 0
	for began := time.Now(); time.Since(began) < *duration && !t.Failed(); rounds++ {
		if kill := rounds%killEvery == killEvery-1; kill {
			kills++
			c.killed()
		} else {
			c.round()
		}
	}
	if t.Failed() {
		t.Logf("%s", &s.log)
		return
	}
	s.end(syscall.SIGTERM)
	s.run("", "store", "verify")
	steps := 0
	for _, a := range c.actors {
		steps += a.steps
	}
	t.Logf("%d steps in %d rounds, %d kills", steps, rounds, kills)
	if kills == 0 || steps < 10*sessionCount {
		t.Errorf("too little was tried")
	}
}

// each has all sessions do something at once. An error of any fails the test.
func (c *cast) each(do func(*actor) error) {
	c.t.Helper()
	errs := make([]error, len(c.actors))
	var group sync.WaitGroup
	for i, a := range c.actors {
		group.Go(func() { errs[i] = do(a) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		for i, a := range c.actors {
			if errs[i] != nil && a.c != nil {
				c.t.Logf("session %d:\n%s", i, strings.Join(a.c.recent, "\n"))
			}
		}
		c.t.Fatalf("%v", err)
	}
}

// round has the sessions act for a while, come to rest, and compares.
func (c *cast) round() {
	c.t.Helper()
	stop := make(chan struct{})
	timer := time.AfterFunc(c.pause(), func() { close(stop) })
	defer timer.Stop()
	c.each(func(a *actor) error { return a.act(stop) })
	// Each has heard of what it did itself, and now of what the others did
	// until they came to rest.
	c.each((*actor).settle)
	now := c.audit()
	c.each(func(a *actor) error { return a.compareView(now[a.v.box]) })
}

func (c *cast) pause() time.Duration {
	return roundTime/4 + time.Duration(c.rng.Int64N(int64(roundTime)))
}

// killed has the sessions act until the server is killed under them, starts it
// again, compares, and has the sessions come back.
func (c *cast) killed() {
	c.t.Helper()
	never := make(chan struct{})
	timer := time.AfterFunc(c.pause(), func() { _ = c.server.cmd.Process.Kill() })
	defer timer.Stop()
	c.each(func(a *actor) error {
		err := a.act(never)
		a.c.nc.Close()
		if errors.Is(err, errGone) {
			return nil
		}
		return err
	})
	c.server.end(syscall.SIGKILL)
	c.server.start()
	c.audit()
	c.each(func(a *actor) error {
		a.alone = true
		defer func() { a.alone = false }()
		if a.qresync && a.v.validity != 0 {
			return a.resync()
		}
		return a.connect()
	})
}

// audit lists all mailboxes, finds out about commands without an answer, and
// compares with the model.
func (c *cast) audit() map[box]*listing {
	c.t.Helper()
	now := map[box]*listing{}
	for _, account := range accounts {
		lists, err := audit(address, password, account, boxesOf(account))
		if err != nil {
			c.t.Fatalf("audit: %v", err)
		}
		for b, l := range lists {
			now[b] = l
		}
	}
	for _, flagsNow := range []bool{false, true} { // flags of what is there come last
		for _, a := range c.actors {
			if p := a.pending; p != nil && (p.kind == storing) == flagsNow {
				a.pending = nil
				if err := p.resolve(c.world, now); err != nil {
					c.t.Errorf("session %d: %v", a.n, err)
				}
			}
		}
	}
	if err := c.world.compare(now); err != nil {
		c.t.Fatalf("%v", fmt.Errorf("what is there is not what must be there:\n%w", err))
	}
	return now
}
