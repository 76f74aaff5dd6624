package mta

import (
	"cmp"
	"context"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

// remote says how it stands with the next hop.
func (e *explaining) remote(ctx context.Context, end *End) error {
	end.From = LeavingSender(e.rules, end.From)
	end.TLS = cmp.Or(end.Hop.TLS, smtpclient.Opportunistic)
	found := e.lookUpHosts(ctx, end.Hop)
	if end.Hosts = found.hosts; found.reply != nil {
		end.Reply = found.reply
		if found.reply.Permanent() {
			end.Outcome = Fail.String()
		}
	}
	end.Pause, end.Trouble = e.x.MTA.send.standing(end.Hop)
	return e.wait(ctx, end)
}

// lookedUp is what the DNS says about a hop.
type lookedUp struct {
	hosts []HopHost
	reply *smtpwire.Reply
}

// lookUpHosts asks the DNS about a hop once, and about so many hops only: a
// list may have members in a thousand domains.
func (e *explaining) lookUpHosts(ctx context.Context, hop Hop) lookedUp {
	found, ok := e.hosts[hop]
	if ok || len(e.hosts) == maxLookedUp {
		return found
	}
	found.hosts, found.reply = e.x.MTA.Hosts(ctx, hop, noShuffle)
	e.hosts[hop] = found
	return found
}

// wait finds what waits in the queue for the domain of an end.
func (e *explaining) wait(ctx context.Context, end *End) error {
	if e.x.Queue == nil {
		return nil
	}
	if e.waiting == nil {
		list, _, err := e.x.Queue.Destinations(ctx, maxDestinations)
		if err != nil {
			return err
		}
		e.waiting = make(map[string]*queue.Destination, len(list))
		for i := range list {
			e.waiting[list[i].Domain] = &list[i]
		}
	}
	if to, err := address.ParseAddress(end.Address); err == nil {
		end.Waiting = cmp.Or(e.waiting[to.Domain], e.waiting[to.ASCII()])
	}
	return nil
}

// standing says until when a hop is left alone, and why; zero when it is not.
func (d *dispatcher) standing(hop Hop) (until time.Time, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dest := d.dests[hop]
	if dest == nil || dest.reply == nil {
		return time.Time{}, ""
	}
	return dest.until, dest.reply.Error()
}
