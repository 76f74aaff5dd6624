package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"tram/internal/certs"
	"tram/internal/config"
	"tram/internal/server/control"
)

// Reload reads the configuration file and the certificate again. It applies
// what can change while sessions run, which they survive, and names what waits
// for a restart. When the file has a mistake, nothing changes.
func (s *Server) Reload(ctx context.Context) (control.Reloaded, error) {
	if !s.assembled.Load() {
		return control.Reloaded{}, reloadError(errStarting)
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.mu.Lock()
	old := s.config
	s.mu.Unlock()

	fresh := old
	if old.File() != "" {
		c, err := config.Load(old.File())
		if err != nil {
			return control.Reloaded{}, reloadError(err)
		}
		fresh = c
	}
	r, err := s.apply(ctx, old, fresh)
	if err != nil {
		return control.Reloaded{}, reloadError(err)
	}
	s.mu.Lock()
	s.config = fresh
	s.mu.Unlock()
	s.log.Info("reloaded", "changed", r.Changed, "restart", r.Restart)
	return r, nil
}

var errStarting = errors.New("the server is starting or stopping")

func reloadError(err error) error {
	return control.Errorf(control.Invalid, "nothing was changed:\n%s", err)
}

// apply goes from old to fresh. Steps that can fail come before those that
// change anything.
func (s *Server) apply(ctx context.Context, old, fresh *config.Config) (control.Reloaded, error) {
	r := control.Reloaded{Changed: []string{}, Restart: keepUntilRestart(old, fresh)}
	if t := fresh.TLS; t.Certificate != "" {
		if _, err := certs.ReadPair(t.Certificate, t.Key); err != nil {
			return r, fresh.Problem("tls.certificate", err.Error())
		}
	}
	changed, err := s.doors.reload(old, fresh)
	if err != nil {
		return r, err
	}
	if err := s.certs.Reload(fresh.TLS.Certificate, fresh.TLS.Key); err != nil {
		return r, err
	}
	r.Changed = append(append(r.Changed, "certificate"), changed...)
	if limitsChanged(old, fresh) {
		if err := s.doors.furnish(fresh); err != nil {
			return r, err
		}
		r.Changed = append(r.Changed, "limits")
	}
	if err := s.changeDelivery(ctx, old, fresh, &r); err != nil {
		return r, err
	}
	if old.Queue.FreeDisk != fresh.Queue.FreeDisk {
		s.pressure.configure(fresh)
		r.Changed = append(r.Changed, "queue.free_disk")
	}
	if s.opts.Level != nil && old.Log.Level != fresh.Log.Level {
		s.opts.Level.Set(LogLevel(fresh))
		r.Changed = append(r.Changed, "log.level")
	}
	return r, nil
}

// limitsChanged reports whether sessions need other options.
func limitsChanged(old, fresh *config.Config) bool {
	return old.Limits != fresh.Limits || old.POP3 != fresh.POP3 || old.Policy != fresh.Policy || !old.Trust.Equal(fresh.Trust) || !slices.Equal(old.Relay.Networks, fresh.Relay.Networks)
}

// changeDelivery puts another transfer agent in the place of the one that
// runs when its options have changed. Deliveries under way end first.
func (s *Server) changeDelivery(ctx context.Context, old, fresh *config.Config, r *control.Reloaded) error {
	a, b := old.Relay, fresh.Relay
	relay := a.Host != b.Host || a.Port != b.Port || a.TLS != b.TLS || a.User != b.User || a.Password != b.Password
	servers := !slices.Equal(old.DNS.Servers, fresh.DNS.Servers)
	listeners := !slices.Equal(old.Listeners, fresh.Listeners) // our own addresses: a way there is a loop
	if !relay && !servers && !listeners && old.Delivery == fresh.Delivery {
		return nil
	}
	transfer, err := s.agents.newMTA(fresh)
	if err == nil {
		err = s.agents.delivery.replace(ctx, transfer)
	}
	if err != nil {
		return fmt.Errorf("deliveries go on as before: %w", err)
	}
	if relay {
		r.Changed = append(r.Changed, "relay")
	}
	if servers {
		r.Changed = append(r.Changed, "dns")
	}
	if old.Delivery != fresh.Delivery {
		r.Changed = append(r.Changed, "delivery")
	}
	return nil
}

// keepUntilRestart gives fresh the old values of the keys that are only read at
// the start, and returns the names of those that differ.
func keepUntilRestart(old, fresh *config.Config) []string {
	keys := []string{}
	keep := func(key string, differs bool) {
		if differs {
			keys = append(keys, key)
		}
	}
	keep("hostname", old.Hostname != fresh.Hostname)
	keep("data", old.Data != fresh.Data)
	keep("postmaster", old.Postmaster != fresh.Postmaster)
	keep("limits.memory", old.Limits.Memory != fresh.Limits.Memory)
	keep("queue", !slices.Equal(old.Queue.Retry, fresh.Queue.Retry) || old.Queue.Expire != fresh.Queue.Expire ||
		old.Queue.WarnAfter != fresh.Queue.WarnAfter || old.Queue.MaxEntries != fresh.Queue.MaxEntries)
	keep("programs", old.Programs != fresh.Programs)
	fresh.Programs = old.Programs
	keep("log.format", old.Log.Format != fresh.Log.Format)
	keep("log.journal", old.Log.Journal != fresh.Log.Journal)
	keep("local", old.Local != fresh.Local)
	fresh.Local = old.Local
	keep("metrics", old.Metrics != fresh.Metrics)
	keep("auth", old.Auth != fresh.Auth)
	fresh.Auth = old.Auth
	fresh.Hostname, fresh.Data, fresh.Postmaster = old.Hostname, old.Data, old.Postmaster
	fresh.Log.Journal = old.Log.Journal
	freeDisk := fresh.Queue.FreeDisk // the one of its table that takes effect at once
	fresh.Queue = old.Queue
	fresh.Queue.FreeDisk = freeDisk
	fresh.Limits.Memory, fresh.Log.Format, fresh.Metrics = old.Limits.Memory, old.Log.Format, old.Metrics
	return keys
}

// LogLevel is the log level of a configuration.
func LogLevel(c *config.Config) slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Log.Level)) != nil { // not checked yet
		return slog.LevelInfo
	}
	return level
}

// reload opens and closes doors so that they are those of fresh. Doors that
// stay keep their socket; all get a new front when its limits have changed.
// On an error nothing has changed.
func (d *doors) reload(old, fresh *config.Config) (changed []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.start == nil {
		return nil, errStarting
	}
	limits, front, trust := limitsChanged(old, fresh), d.front, d.trust
	if limits {
		d.front, d.trust = d.newFront(fresh), fresh.Trust
	}
	added, err := d.openMissing(fresh)
	if err != nil {
		d.front, d.trust = front, trust
		return nil, err
	}
	var open []*door
	for _, one := range d.open {
		i := slices.IndexFunc(fresh.Listeners, func(l config.Listener) bool { return l.Address == one.config.Address })
		switch {
		case i < 0:
			if err := one.leave(); err != nil {
				d.server.log.Warn("closing a listener", "address", one.config.Address, "error", err)
			}
			changed = append(changed, "listener "+one.config.Address+" closed")
		case limits || one.config != fresh.Listeners[i]:
			sock, err := one.socket.take()
			if err != nil {
				return changed, fmt.Errorf("listener %s: %w", one.config.Address, err)
			}
			next := d.newDoor(fresh.Listeners[i], sock)
			d.start(next)
			open = append(open, next)
			if one.config != next.config {
				changed = append(changed, "listener "+one.config.Address)
			}
		default:
			open = append(open, one)
		}
	}
	for _, one := range added {
		d.start(one)
		open = append(open, one)
		changed = append(changed, "listener "+one.config.Address+" opened")
	}
	d.open = open
	return changed, nil
}

// openMissing opens the sockets of listeners that are new. The caller holds mu.
func (d *doors) openMissing(fresh *config.Config) (added []*door, err error) {
	for i, l := range fresh.Listeners {
		if slices.ContainsFunc(d.open, func(one *door) bool { return one.config.Address == l.Address }) {
			continue
		}
		inner, err := openSocket(l)
		if err != nil {
			for _, one := range added {
				_ = one.socket.Close() // nobody was let in yet
			}
			return nil, fresh.Problem(config.ListenerKey(i, "address"), listenError(l, err))
		}
		added = append(added, d.newDoor(l, newSocket(inner)))
	}
	return added, nil
}

// leave closes the socket of a door whose sessions go on.
func (o *door) leave() error {
	sock, err := o.socket.take()
	if err != nil {
		return err
	}
	return sock.Close()
}
