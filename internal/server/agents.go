package server

import (
	"context"
	"fmt"
	"net/netip"

	"tram/internal/agent/mda"
	"tram/internal/agent/msa"
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
}

func newAgents(s *Server, c *config.Config) (*agents, error) {
	a := &agents{server: s, counters: new(mta.Counters)}
	a.reporter = mta.NewReporter(mta.ReporterOptions{
		Hostname: c.Hostname, Queue: s.stores.Queue, Blobs: s.stores.Blobs,
		Counters: a.counters, Log: s.log,
	})
	a.deliver = mda.New(mda.Options{
		DB: s.stores.KV, Blobs: s.stores.Blobs, Queue: s.stores.Queue,
		Mail: s.stores.Mail, Directory: s.stores.Directory,
		Reporter: a.reporter, Outlets: outlets(c, s.log), Log: s.log,
	})
	a.intake = mta.NewIntake(mta.IntakeOptions{
		Hostname: c.Hostname, Blobs: s.stores.Blobs, Queue: s.stores.Queue,
		Counters: a.counters, Log: s.log,
	})
	transfer, err := a.newMTA(c)
	if err != nil {
		return nil, err
	}
	a.delivery = newDelivery(transfer)
	return a, nil
}

// newMTA returns a transfer agent for the relay and resolvers of c. A reload
// puts it in the place of the one that runs.
func (a *agents) newMTA(c *config.Config) (*mta.MTA, error) {
	resolver, err := dns.New(dns.Options{Servers: c.DNS.Servers})
	if err != nil {
		return nil, fmt.Errorf("resolver: %w", err)
	}
	s := a.server
	o := mta.Options{
		Hostname: c.Hostname, Queue: s.stores.Queue, DB: s.stores.KV, Blobs: s.stores.Blobs,
		Directory: s.stores.Directory, Local: a.deliver, Resolver: resolver,
		Self: s.doors.smtpAddresses(), StopTime: c.Limits.StopTime.Std(), MaxRemote: stores.InFlight * 3 / 4,
		Report: a.reporter, LocalWorkers: localWorkers(c), Counters: a.counters, Log: s.log,
		Port: c.Relay.MXPort,
	}
	if c.Relay.Source != "" {
		if o.Client.Source, err = netip.ParseAddr(c.Relay.Source); err != nil {
			return nil, fmt.Errorf("relay.source: %w", err)
		}
	}
	if c.Relay.Host != "" {
		o.Relay = &mta.Relay{
			Host: c.Relay.Host, Port: c.Relay.Port, TLS: smtpclient.TLSMode(c.Relay.TLS),
			User: c.Relay.User, Password: string(c.Relay.Password),
		}
	}
	return mta.New(o)
}

// receiver is the policy of port 25.
func (a *agents) receiver(networks []netip.Prefix) *mta.Receiver {
	return mta.NewReceiver(mta.ReceiverOptions{
		Intake: a.intake, Directory: a.server.stores.Directory, Usage: a.server.stores.Mail,
		Networks: networks, Counters: a.counters, Log: a.server.log,
	})
}

// submitter is the policy of ports 587 and 465.
func (a *agents) submitter(c *config.Config) *msa.Submitter {
	return msa.New(msa.Options{
		Hostname: c.Hostname, Intake: a.intake, Directory: a.server.stores.Directory, Log: a.server.log,
	})
}

// delivery runs the transfer agent, and another one in its place when the
// configuration has changed. Entries of the queue that are in flight when it
// is replaced go back and are taken up by the next one.
type delivery struct {
	current *mta.MTA
	next    chan *mta.MTA
}

func newDelivery(first *mta.MTA) *delivery {
	return &delivery{current: first, next: make(chan *mta.MTA)}
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
		go func() { done <- d.current.Run(own) }()
		select {
		case err := <-done:
			stop()
			return err
		case m := <-d.next:
			stop()
			<-done // it was told to end, so its error says nothing new
			d.current = m
		}
	}
}
