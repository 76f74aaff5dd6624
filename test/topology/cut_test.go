package topology

import (
	"time"

	"tram/internal/dns/dnstest"
)

// cutting is a way to break a hop.
type cutting string

const (
	kill   cutting = "kill"   // SIGKILL; the mail is sent while the host is down
	freeze cutting = "freeze" // SIGSTOP; the mail is sent while it does not answer
	crash  cutting = "crash"  // SIGKILL right after it has taken the mail
	dns    cutting = "dns"    // the name server fails for the MX of a domain
)

const (
	feltTime   = 10 * time.Second       // until a sender has noticed that a hop is cut
	freezeTime = 300 * time.Millisecond // that others try to talk to a frozen host
)

// suffer breaks a hop, sends over it, mends it and waits for the mail.
func (l *lab) suffer(c cut, roads []road) {
	l.t.Helper()
	before := l.deferrals()
	if c.how != crash {
		l.apply(c)
	}
	for _, n := range c.roads {
		l.send(roads[n])
	}
	switch c.how {
	case crash:
		l.hosts[c.what].kill()
	case freeze: // nobody notices anything for minutes
		time.Sleep(freezeTime)
	default:
		l.awaitDeferral(c, before)
	}
	l.heal(c)
	l.settle()
}

// apply breaks a hop.
func (l *lab) apply(c cut) {
	switch c.how {
	case dns:
		l.zone.SetFault(c.what, "MX", dnstest.ServFail)
	case freeze:
		l.hosts[c.what].freeze()
	case kill, crash:
		l.hosts[c.what].kill()
	}
}

// heal mends it.
func (l *lab) heal(c cut) {
	switch c.how {
	case dns:
		l.zone.SetFault(c.what, "MX", dnstest.None)
	case freeze:
		l.hosts[c.what].thaw()
	case kill, crash:
		l.hosts[c.what].start()
	}
}

// deferrals counts what hosts could not pass on.
func (l *lab) deferrals() int {
	n := 0
	for _, h := range l.hosts {
		n += len(h.log.events("deferred"))
	}
	return n
}

// awaitDeferral waits until a host has put mail off because of a cut.
func (l *lab) awaitDeferral(c cut, before int) {
	l.t.Helper()
	for began := time.Now(); l.deferrals() <= before; time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > feltTime {
			l.t.Fatalf("%s %s: nobody put any mail off\n%s", c.how, c.what, l.logs())
		}
	}
}
