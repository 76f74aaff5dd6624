package server

import (
	"context"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"tram/internal/observe"
	"tram/internal/queue"
	"tram/internal/server/control"
)

// registerMetrics adds the numbers that queue and agents keep themselves.
func (s *Server) registerMetrics() {
	q := s.stores.Queue
	for state, count := range map[string]func(queue.Stats) int{
		"fresh":     func(st queue.Stats) int { return st.Fresh },
		"waiting":   func(st queue.Stats) int { return st.Waiting },
		"in_flight": func(st queue.Stats) int { return st.InFlight },
		"held":      func(st queue.Stats) int { return st.Held },
		"damaged":   func(st queue.Stats) int { return st.Damaged },
	} {
		s.metrics.Gauge("queue_entries", "Entries of the queue by state.", observe.Labels{"state": state},
			func() float64 { return float64(count(q.Stats())) })
	}
	s.metrics.Gauge("queue_destinations", "Domains that entries of the queue wait for.", nil,
		func() float64 { return float64(q.Stats().Destinations) })
	s.metrics.Gauge("queue_destinations_blocked", "Domains of these that are taken for unreachable.", nil,
		func() float64 { return float64(q.Stats().Blocked) })
	s.metrics.Gauge("textindex_accounts_waiting", "Accounts that changed since their text index was brought up to date.", nil,
		func() float64 { return float64(s.stores.Mail.IndexBacklog()) })
	s.metrics.Gauge("disk_free_bytes", "Free space in the data directory.", nil,
		func() float64 { return float64(s.pressure.Room().FreeBytes) })
	s.metrics.Gauge("disk_wanted_bytes", "New mail is refused when less is free.", nil,
		func() float64 { return float64(s.pressure.Room().WantedBytes) })
	s.metrics.Gauge("intake_open", "1 while new mail is taken, 0 while it is refused for lack of room.", nil, s.intakeOpen)
	s.metrics.Gauge("queue_oldest_seconds", "Age of the oldest entry of the queue.", nil, s.oldestSeconds)
	s.metrics.Gauge("certificate_expires_timestamp_seconds", "When the certificate expires.", nil,
		func() float64 { return float64(s.certs.Expires().Unix()) })
	c := s.agents.counters
	for result, count := range map[string]*atomic.Int64{
		"delivered": &c.DeliveredLocal, "relayed": &c.Relayed, "deferred": &c.Deferred, "failed": &c.Failed,
	} {
		s.metrics.Counter("recipients_total", "Attempts for recipients since start by result.", observe.Labels{"result": result},
			func() float64 { return float64(count.Load()) })
	}
	for about, count := range map[string]*atomic.Int64{"failure": &c.ToldFailed, "delay": &c.ToldDelayed, "success": &c.ToldSuccess} {
		s.metrics.Counter("notified_recipients_total", "Recipients that notifications told senders of, since start.", observe.Labels{"about": about},
			func() float64 { return float64(count.Load()) })
	}
	for _, each := range []struct {
		name, help string
		count      *atomic.Int64
	}{
		{"bounces_total", "Notifications queued for senders since start.", &c.Bounces},
		{"double_bounces_total", "Failed mail from the null sender since start, given to the postmaster or dropped.", &c.DoubleBounces},
		{"lost_replies_total", "Messages since start of which nobody knows whether the other host took them: possible doubles.", &c.LostReplies},
		{"outgoing_connections_total", "Connections to other hosts since start.", &c.Connects},
		{"tls_fallbacks_total", "TLS handshakes with other hosts since start that failed; the mail went in plain text.", &c.TLSFallbacks},
		{"outgoing_reused_total", "Transactions since start on a connection that was open.", &c.Reused},
	} {
		s.metrics.Counter(each.name, each.help, nil, func() float64 { return float64(each.count.Load()) })
	}
	s.metrics.Counter("accepted_bytes_total", "Bytes of accepted messages since start.", nil, func() float64 { return float64(c.AcceptedBytes.Load()) })
}

func (s *Server) oldestSeconds() float64 {
	oldest, err := s.stores.Queue.Oldest(context.Background())
	if err != nil || oldest.IsZero() {
		return 0
	}
	return time.Since(oldest).Seconds()
}

func (s *Server) intakeOpen() float64 {
	if s.pressure.Check(0) != nil {
		return 0
	}
	return 1
}

// FillStatus implements admin.Process.
func (s *Server) FillStatus(st *control.Status) {
	st.PID = os.Getpid()
	st.Version = s.opts.Version
	st.Started = s.started
	st.Listeners = s.doors.list()
	st.Trouble = s.health.Reasons()
	leaf := s.certs.Leaf()
	names := slices.Clone(leaf.DNSNames)
	st.Certificate = &control.Certificate{
		Names: names, Expires: leaf.NotAfter, SelfSigned: leaf.Issuer.String() == leaf.Subject.String(),
	}
	st.MemoryBytes = memoryInUse()
	room := s.pressure.Room()
	st.Queue.Room = &room
}
