package mta

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// MTA moves mail from the queue to its next station.
type MTA struct {
	o       Options
	route   RouteConfig
	send    *dispatcher
	outlets *outlets
}

// New checks the options and fills in the defaults.
func New(o Options) (*MTA, error) {
	switch {
	case o.Hostname == "":
		return nil, errors.New("mta: no host name")
	case o.Queue == nil || o.DB == nil || o.Blobs == nil || o.Directory == nil || o.Local == nil || o.Resolver == nil:
		return nil, errors.New("mta: one of Queue, DB, Blobs, Directory, Local and Resolver is missing")
	case o.Relay != nil && o.Relay.Host == "":
		return nil, errors.New("mta: the relay has no host")
	}
	o.LocalWorkers = cmp.Or(o.LocalWorkers, 2*runtime.GOMAXPROCS(0))
	o.Connections = cmp.Or(o.Connections, 100)
	o.PerDestination = cmp.Or(o.PerDestination, 20)
	o.MaxRemote = cmp.Or(o.MaxRemote, 192)
	o.MaxOutlets = cmp.Or(o.MaxOutlets, 32)
	o.Port = cmp.Or(o.Port, 25)
	o.Backoff = cmp.Or(o.Backoff, time.Minute)
	o.StopTime = cmp.Or(o.StopTime, 10*time.Second)
	o.Client.Hostname = o.Hostname
	if o.Client.Sessions == nil {
		o.Client.Sessions = tls.NewLRUClientSessionCache(tlsSessions)
	}
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Report == nil {
		o.Report = NewReporter(ReporterOptions{Hostname: o.Hostname, Queue: o.Queue, Blobs: o.Blobs, Counters: o.Counters, Log: o.Log})
	}
	m := &MTA{o: o, outlets: newOutlets(o.MaxOutlets)}
	if o.Relay != nil {
		m.route.Relay = Hop{Way: ToHost, Name: o.Relay.Host, Port: uint16(o.Relay.Port), TLS: o.Relay.TLS, User: o.Relay.User}
	}
	m.send = newDispatcher(m)
	return m, nil
}

// tlsSessions is how many TLS sessions with other hosts are remembered.
const tlsSessions = 1000

// pauseAfterError keeps a store in trouble from being asked without end.
const pauseAfterError = time.Second

// Run delivers until ctx ends and all that it started has ended too. What is
// on its way then is finished, within Options.StopTime; everything else waits
// in the queue. The error is nil unless the store has failed for good.
func (m *MTA) Run(ctx context.Context) error {
	// Begun is finished: a stop interrupts no commit, and transactions with
	// other hosts only after a while.
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	workers, taking := errgroup.WithContext(ctx)
	for range m.o.LocalWorkers {
		workers.Go(func() error { return m.work(taking, sending) })
	}
	// Programs that aliases lead to have no more time than the other hosts.
	defer context.AfterFunc(taking, func() {
		select {
		case <-time.After(m.o.StopTime):
			cut()
		case <-sending.Done():
		}
	})()
	err := workers.Wait()
	m.send.stop(cut)
	m.outlets.running.Wait()
	return err
}

// work takes entries from the queue, one after the other.
func (m *MTA) work(ctx, sending context.Context) error {
	for {
		e, err := m.o.Queue.Next(ctx)
		switch {
		case ctx.Err() != nil:
			if e != nil {
				m.o.Queue.Release(e)
			}
			return nil
		case isFinal(err):
			return fmt.Errorf("take from the queue: %w", err)
		case err != nil:
			m.o.Log.LogAttrs(ctx, slog.LevelError, "queue cannot be read", slog.Any("err", err))
			pause(ctx, pauseAfterError)
		default:
			m.handle(sending, e)
		}
	}
}

// isFinal reports whether the store will do nothing any more.
func isFinal(err error) bool {
	return errors.Is(err, kv.ErrFailed) || errors.Is(err, kv.ErrClosed) || errors.Is(err, blob.ErrFailed)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// handle sends each recipient of an entry on its way: those of ours at once,
// the others by the dispatcher.
func (m *MTA) handle(ctx context.Context, e *queue.Entry) {
	f := &flight{m: m, e: e}
	f.open.Store(1) // this function
	defer f.close()
	p, err := m.plan(ctx, e)
	if err != nil {
		m.o.Log.LogAttrs(ctx, slog.LevelError, "recipients cannot be resolved", slog.String("id", e.ID.String()), slog.Any("err", err))
		return
	}
	if len(p.local) > 0 {
		f.deliver(ctx, p.local, p.found)
	}
	if len(p.outlets) > 0 {
		m.deliverOutlets(ctx, f, p.outlets)
	}
	if len(p.settled) > 0 {
		f.settle(ctx, p.settled, station{})
	}
	if p.held {
		m.hold(ctx, e, p.why)
	}
	for hop, rcpts := range p.remote {
		f.open.Add(1)
		m.send.submit(ctx, &group{f: f, hop: hop, rcpts: rcpts})
	}
}
