package observe

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the instruments of one server, registered and ready. What the
// stores and the queue count themselves is read when somebody asks, see
// [Metrics.Gauge] and [Metrics.Counter].
type Metrics struct {
	Sessions SessionMetrics
	Logins   LoginMetrics
	Mail     MailMetrics

	registry *prometheus.Registry
}

// SessionMetrics count connections by protocol.
type SessionMetrics struct {
	Open    *prometheus.GaugeVec   // tram_sessions_open{protocol}
	Total   *prometheus.CounterVec // tram_sessions_total{protocol}
	Refused *prometheus.CounterVec // tram_sessions_refused_total{protocol}: over a limit, or the server stops
}

// LoginMetrics count logins by protocol and result: ok, wrong or error.
type LoginMetrics struct {
	Total *prometheus.CounterVec // tram_logins_total{protocol,result}
}

// MailMetrics count what came in by protocol and result: accepted, rejected
// (5xx) or deferred (4xx).
type MailMetrics struct {
	Received *prometheus.CounterVec // tram_messages_received_total{protocol,result}
	Accept   prometheus.Histogram   // tram_message_accept_seconds: from the first byte of data to "queued and synced"
}

// NewMetrics returns instruments in a registry of their own, together with
// those of the Go runtime and of the process.
func NewMetrics() *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "tram", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{registry: r}
	m.Sessions.Open = prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "tram", Name: "sessions_open", Help: "Open sessions."}, []string{"protocol"})
	m.Sessions.Total = counter("sessions_total", "Sessions since start.", "protocol")
	m.Sessions.Refused = counter("sessions_refused_total", "Connections refused since start.", "protocol")
	m.Logins.Total = counter("logins_total", "Logins since start by result: ok, wrong, error.", "protocol", "result")
	m.Mail.Received = counter("messages_received_total", "Messages offered since start by result: accepted, rejected, deferred.", "protocol", "result")
	m.Mail.Accept = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "tram", Name: "message_accept_seconds",
		Help:    "Time from the first byte of a message until it was queued and synced.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
	})
	r.MustRegister(m.Sessions.Open, m.Mail.Accept)
	return m
}

// Labels tell apart the series of one metric.
type Labels = prometheus.Labels

// Gauge adds tram_<name>, a number that goes up and down and is read from
// value when somebody asks.
func (m *Metrics) Gauge(name, help string, labels Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "tram", Name: name, Help: help, ConstLabels: labels}, value))
}

// Counter adds tram_<name>, a number that only goes up and is read from value
// when somebody asks. By convention its name ends in _total.
func (m *Metrics) Counter(name, help string, labels Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "tram", Name: name, Help: help, ConstLabels: labels}, value))
}
