package server

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"

	"tram/internal/agent/mda"
	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtpclient"
	"tram/internal/config"
	"tram/internal/dns"
	"tram/internal/server/stores"
)

// agents is floor 3.
type agents struct {
	server   *Server
	counters *mta.Counters
	reporter *mta.Reporter
	deliver  *mda.Deliverer
	intake   *mta.Intake
	delivery *delivery
	caller   *mta.Caller
}

func newAgents(s *Server, c *config.Config) (*agents, error) {
	a := &agents{server: s, counters: new(mta.Counters)}
	a.reporter = mta.NewReporter(mta.ReporterOptions{
		Hostname: c.Hostname, Queue: s.stores.Queue, Blobs: s.stores.Blobs,
		Counters: a.counters, Log: s.log,
	})
	a.deliver = mda.New(mda.Options{
		DB: s.stores.KV, Blobs: s.stores.Blobs, Queue: s.stores.Queue,
		Mail: s.stores.Mail, Directory: s.stores.Directory, Quota: s.quotaOf,
		Reporter: a.reporter, Outlets: outlets(c, s.log), Log: s.log,
	})
	a.intake = a.newIntake(c)
	transfer, err := a.newMTA(c)
	if err != nil {
		return nil, err
	}
	a.delivery = newDelivery(transfer)
	a.caller = a.newCaller(c)
	return a, nil
}

// newMTA returns a transfer agent for the relay and resolvers of c. A reload
// puts it in the place of the one that runs.
func (a *agents) newMTA(c *config.Config) (*mta.MTA, error) {
	o, err := transferOptions(c)
	if err != nil {
		return nil, err
	}
	s := a.server
	o.Queue, o.DB, o.Blobs, o.Directory = s.stores.Queue, s.stores.KV, s.stores.Blobs, s.stores.Directory
	o.Local, o.Report, o.Self = a.deliver, a.reporter, s.doors.smtpAddresses()
	o.Counters, o.Log = a.counters, s.log
	return mta.New(o)
}

// transferOptions are those that the configuration gives.
func transferOptions(c *config.Config) (o mta.Options, err error) {
	o = mta.Options{
		Hostname: c.Hostname, StopTime: c.Limits.StopTime.Std(), MaxRemote: stores.InFlight * 3 / 4,
		MaxOutlets: stores.InFlight / 8, PerDestination: c.Delivery.Concurrency, Connections: c.Delivery.Connections, Port: c.Relay.MXPort,
	}
	if o.Resolver, err = dns.New(dns.Options{Servers: c.DNS.Servers}); err != nil {
		return o, fmt.Errorf("resolver: %w", err)
	}
	if c.Relay.Source != "" {
		if o.Client.Source, err = netip.ParseAddr(c.Relay.Source); err != nil {
			return o, fmt.Errorf("relay.source: %w", err)
		}
	}
	if c.Relay.Host != "" {
		o.Relay = &mta.Relay{
			Host: c.Relay.Host, Port: c.Relay.Port, TLS: smtpclient.TLSMode(c.Relay.TLS),
			User: c.Relay.User, Password: string(c.Relay.Password),
		}
	}
	return o, nil
}

// delivery runs the transfer agent, and another one in its place when the
// configuration has changed. Entries of the queue that are in flight when it
// is replaced go back and are taken up by the next one.
type delivery struct {
	current atomic.Pointer[mta.MTA]
	next    chan *mta.MTA
}

func newDelivery(first *mta.MTA) *delivery {
	d := &delivery{next: make(chan *mta.MTA)}
	d.current.Store(first)
	return d
}

// replace waits until run has taken the new agent.
func (d *delivery) replace(ctx context.Context, m *mta.MTA) error {
	select {
	case d.next <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *delivery) run(ctx context.Context) error {
	for {
		own, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- d.current.Load().Run(own) }()
		select {
		case err := <-done:
			stop()
			return err
		case m := <-d.next:
			stop()
			<-done // it was told to end, so its error says nothing new
			d.current.Store(m)
		}
	}
}
