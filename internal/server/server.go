// Package server puts the house together: configuration, stores, agents,
// doors. It is the only package that knows everyone.
//
//	stores.Open     lock, key-value store, bodies, directory, queue, mail store
//	newAgents       resolver, intake, policies, local delivery, transfer
//	newDoors        certificate, engines (SMTP, IMAP, POP3), listening sockets
//	runStages       everything that runs, and its stop in reverse
//
// # Stopping
//
// When the context of [Server.Run] ends, the doors close first: sessions are
// told 421 or BYE, a message in flight is finished. Then deliveries under way
// end, then the mail store, then everything is closed. What was acknowledged
// is on disk all the while, so that a stop that is cut short loses nothing
// either.
//
// # When a store fails
//
// After a failed write or sync nothing is acknowledged any more (promise 4):
// commits return an error that every protocol answers as temporary. The server
// says so in its log and at /healthz, closes its doors and ends with
// [ErrStoreFailed], so that whoever watches over it can start it afresh.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"tram/internal/access/listen/login"
	"tram/internal/access/pop"
	"tram/internal/certs"
	"tram/internal/config"
	"tram/internal/observe"
	"tram/internal/observe/journal"
	"tram/internal/server/admin"
	"tram/internal/server/control"
	"tram/internal/server/stores"
)

// ErrStoreFailed is the end of a server whose disk has failed.
var ErrStoreFailed = errors.New("a store has failed; nothing was acknowledged since")

// Options of a Server. Config is required.
type Options struct {
	Config  *config.Config
	Version string
	Log     *slog.Logger   // nil discards
	Level   *slog.LevelVar // changed when a reload changes log.level; may be nil
	Ready   func()         // called when all doors are open; may be nil
}

// Server is a whole server.
type Server struct {
	opts    Options
	log     *slog.Logger
	started time.Time

	stores  *stores.Stores
	certs   *certs.Keeper
	tls     map[config.Protocol]*tls.Config // of the doors; they ask certs at each handshake
	agents  *agents
	doors   *doors
	admin   *admin.Admin
	metrics *observe.Metrics
	health  *observe.Health
	journal *journal.Journal

	pressure  *pressure
	maildrops *pop.Maildrops // which POP sessions have; it outlives a reload
	guesses   *login.Guesses // at passwords, on all doors; it outlives a reload

	assembled atomic.Bool    // what is above is there
	reloading sync.Mutex     // one reload at a time
	mu        sync.Mutex     // guards config
	config    *config.Config // the one in force
}

// New returns a server that does nothing yet.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		opts: o, log: o.Log, config: o.Config,
		metrics: observe.NewMetrics(), health: new(observe.Health), maildrops: pop.NewMaildrops(),
		guesses: login.NewGuesses(),
	}
}

// Run opens everything, serves until ctx ends, and closes everything. It
// returns nil after a stop that ctx asked for. A Server runs once.
func (s *Server) Run(ctx context.Context) (err error) {
	s.started = time.Now()
	tune(s.config, s.log)
	s.stores, err = s.openStores(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stores.Close()) }()
	useProcessors(s.log) // the directory has counted the processors for its hashes

	if err := s.openJournal(); err != nil {
		return err
	}
	if err := s.assemble(); err != nil {
		return err
	}
	defer s.doors.close()
	stages, err := s.stages()
	if err != nil {
		return err
	}
	s.log.Info("ready", "version", s.opts.Version, "hostname", s.config.Hostname, "data", s.config.Data, "listeners", s.doors.addresses())
	if s.opts.Ready != nil {
		s.opts.Ready()
	}
	err = runStages(ctx, s.log, stages...)
	s.log.Info("stopped", "after", time.Since(s.started).Round(time.Second))
	return err
}

// lockWait is how long a start waits for another process to leave the data
// directory: a command has it for moments, a server that stops for its grace.
const lockWait = 10 * time.Second

// openStores opens the stores as soon as nobody else uses them. It does not
// wait for a server that runs.
func (s *Server) openStores(ctx context.Context) (*stores.Stores, error) {
	const pause = 50 * time.Millisecond
	for began := time.Now(); ; {
		opened, err := stores.Open(ctx, s.config, s.log)
		if locked := new(stores.LockedError); !errors.As(err, &locked) ||
			control.Answers(s.config.Data) || time.Since(began) > lockWait {
			return opened, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// openJournal lets the log speak to the journal too, before anybody has it.
func (s *Server) openJournal() (err error) {
	s.journal, err = journal.Open(s.stores.Journal(), journal.Options{Keep: s.config.Log.Journal.Std(), Log: s.log})
	if err == nil {
		s.log = slog.New(s.journal.Handler(s.log.Handler()))
	}
	return err
}

// FlushJournal implements admin.Process.
func (s *Server) FlushJournal() error { return s.journal.Flush() }

// assemble builds everything that stands on the stores and opens the doors'
// sockets, without serving yet.
func (s *Server) assemble() (err error) {
	c := s.config
	s.certs, err = certs.Load(c.Hostname, filepath.Join(c.Data, "tls"), c.TLS.Certificate, c.TLS.Key)
	if err != nil {
		return err
	}
	s.tls = tlsConfigs(s.certs)
	s.doors, err = openDoors(s, c)
	if err != nil {
		return err
	}
	s.pressure = newPressure(gauge{
		disk: diskOf(c.Data), entries: s.stores.Queue.Len, memory: memoryInUse,
	}, c, s.health, s.log)
	s.agents, err = newAgents(s, c)
	if err != nil {
		s.doors.close()
		return err
	}
	if err := s.doors.furnish(c); err != nil {
		s.doors.close()
		return err
	}
	s.admin = admin.New(s.stores, c.Hostname, s, s.log)
	s.admin.SetExplainer(s.explainer)
	s.registerMetrics()
	s.assembled.Store(true)
	return nil
}

// stages is everything that runs, in the order of its start.
func (s *Server) stages() ([]stage, error) {
	socket, err := s.openControl()
	if err != nil {
		return nil, err
	}
	web, err := s.openMetrics()
	if err != nil {
		return nil, errors.Join(err, socket.close())
	}
	sendmail, err := s.openLocal()
	if err != nil {
		err = errors.Join(err, socket.close())
		if web != nil {
			err = errors.Join(err, web.close())
		}
		return nil, err
	}
	all := []stage{}
	if web != nil {
		all = append(all, stage{"metrics", web.run})
	}
	all = append(all,
		stage{"journal", s.journal.Run},
		stage{"mail store", s.stores.Mail.Run},
		stage{"delivery", s.agents.delivery.run},
		stage{"upkeep", s.upkeep},
		stage{"memory", giveBack},
		stage{"room", s.pressure.run},
		stage{"control socket", socket.run},
		stage{"doors", s.doors.run},
	)
	if sendmail != nil {
		all = append(all, stage{"sendmail", sendmail.Run})
	}
	return append(all, stage{"store watch", s.watchStores}), nil
}

// watchStores ends with an error when a store fails, which stops the server.
func (s *Server) watchStores(ctx context.Context) error {
	which := s.stores.Failed(ctx)
	if which == "" {
		return ctx.Err()
	}
	s.health.Fail(which, "a write or sync failed; restart the server when the disk is in order")
	s.log.Error("STORE FAILED: no mail is taken or changed any more, the server stops",
		"store", which, "data", s.config.Data,
		"advice", "see the lines above for the cause (disk full, I/O error), mend it and start the server again; all mail that was acknowledged is safe")
	return fmt.Errorf("%w: %s", ErrStoreFailed, which)
}
