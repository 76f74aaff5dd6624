package server

import (
	"context"
	"net/netip"

	"tram/internal/agent/msa"
	"tram/internal/agent/mta"
	"tram/internal/config"
)

// newIntake is the way into the queue. It knows which clients are ours, so a
// reload that changes them makes another.
func (a *agents) newIntake(c *config.Config) *mta.Intake {
	s := a.server
	return mta.NewIntake(mta.IntakeOptions{
		Hostname: c.Hostname, Blobs: s.stores.Blobs, Queue: s.stores.Queue, Directory: s.stores.Directory,
		Networks: c.Relay.Networks, Names: a.nameOf, Counters: a.counters, Log: s.log,
	})
}

// nameOf asks whichever transfer agent runs.
func (a *agents) nameOf(ctx context.Context, client netip.Addr) string {
	return a.delivery.current.Load().NameOf(ctx, client)
}

// newCaller verifies recipients of relayed domains, by whichever transfer agent
// runs.
func (a *agents) newCaller(c *config.Config) *mta.Caller {
	return mta.NewCaller(mta.CallerOptions{MTA: a.delivery.current.Load, TakeUnsure: c.Policy.TakeUnverified, Log: a.server.log})
}

// receiver is the policy of port 25.
func (a *agents) receiver(c *config.Config) *mta.Receiver {
	s := a.server
	return mta.NewReceiver(mta.ReceiverOptions{
		Intake: a.newIntake(c), Directory: s.stores.Directory, Usage: s.stores.Mail, Networks: c.Relay.Networks,
		Pressure: s.pressure, Callout: a.caller, Names: a.nameOf, Runner: s.stores.Queue,
		Inquirer: &mta.Inquirer{Directory: s.stores.Directory, Lists: s.stores.Directory, Candour: candour(c.Policy.VRFY)},
		Counters: a.counters, Log: s.log,
	})
}

// submitter is the policy of ports 587 and 465. What it says about recipients
// is what port 25 says.
func (a *agents) submitter(c *config.Config, r *mta.Receiver) *msa.Submitter {
	s := a.server
	return msa.New(msa.Options{
		Hostname: c.Hostname, Intake: a.newIntake(c), Directory: s.stores.Directory,
		Recipients: r, Inquirer: r, Pressure: s.pressure, Log: s.log,
	})
}

func candour(v config.VRFY) mta.Candour {
	switch v {
	case config.VRFYNone:
		return mta.TellNobody
	case config.VRFYAll:
		return mta.TellAnybody
	}
	return mta.TellUsers
}
