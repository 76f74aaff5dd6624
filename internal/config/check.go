package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Bounds of the limits. The lower ones are those of the RFCs where there are
// any; the upper ones keep a slip of the pen from making a limit useless.
const (
	minMessageSize = 64 * KiB // RFC 5321 4.5.3.1.7
	maxMessageSize = 2 * GiB
	minRecipients  = 100 // RFC 5321 4.5.3.1.8
	maxRecipients  = 100_000
	maxConnections = 1_000_000
	minMemory      = 64 * MiB
	maxRetries     = 100
	// minCommand is the lowest limit of the messages of a command (RFC 9738 3).
	minCommand = 1000
	maxCommand = 100_000_000
	maxExpire  = 60 * Day
	// maxQueueEntries is what the queue's schedule, some 70 bytes an entry, may
	// take up.
	maxQueueEntries = 10_000_000
	// maxDeliveries is how many transactions with other hosts the file
	// descriptors of an ordinary machine allow, five times.
	maxDeliveries = 10_000
	maxJournal    = 3660 * Day
)

// check reports every value that cannot work.
func (c *Config) check(r *report) {
	c.checkHostname(r)
	if c.Postmaster != "" && strings.Count(c.Postmaster, "@") != 1 {
		r.at("postmaster", "%q is not an address; write the account in full, as in \"postmaster@example.org\"", c.Postmaster)
	}
	for i := range c.Listeners {
		c.checkListener(r, i)
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		r.at("tls", "certificate and key belong together; name both, or none for a self-signed certificate")
	}
	c.checkLimits(r)
	c.checkTrust(r)
	c.checkRelay(r)
	for _, s := range c.DNS.Servers {
		if err := checkServer(s); err != nil {
			r.at("dns.servers", "%s", err)
		}
	}
	c.checkQueue(r)
	c.checkPrograms(r)
	c.checkPOP3(r)
	within(r, "log.journal", c.Log.Journal, Day, maxJournal)
	c.checkMetrics(r)
}

func (c *Config) checkHostname(r *report) {
	if _, err := idna.Lookup.ToASCII(c.Hostname); err != nil || c.Hostname == "" || len(c.Hostname) > 253 || strings.HasSuffix(c.Hostname, ".") {
		r.at("hostname", "%q is not a host name; write the full name of this machine, as in \"mail.example.org\"", c.Hostname)
	}
}

func (c *Config) checkListener(r *report, i int) {
	l := c.Listeners[i]
	at := func(field string) string { return ListenerKey(i, field) }
	entry := strings.TrimSuffix(at(""), ".")
	if l.Protocol == "" && c.lines[at("protocol")] == 0 {
		r.at(entry, `has no protocol; add protocol = "smtp", "submission", "imap", "pop3", "pop2" or "lmtp"`)
	}
	_, _, err := splitHostPort(l.Address)
	if l.Unix() {
		c.checkUnix(r, i)
		err = nil
	}
	switch {
	case l.Address == "" && c.lines[at("address")] == 0:
		r.at(entry, `has no address; add address = ":25", or with another port`)
	case err != nil:
		r.at(at("address"), "%s", err)
	case slices.ContainsFunc(c.Listeners[:i], func(o Listener) bool { return o.Address == l.Address }):
		r.at(at("address"), "%q is used by another listener; every listener needs an address of its own", l.Address)
	}
	if l.Protocol == POP2 && l.TLS == StartTLS {
		r.at(at("tls"), `pop2 has no command to start TLS; write tls = "none" or "implicit"`)
	}
	if l.TLS == NoTLS && l.PlaintextLogin == Never && l.Protocol != SMTP && l.Protocol != LMTP {
		r.at(at("plaintext_login"), `nobody could log in: there is no TLS, and without it login is forbidden; change tls or plaintext_login`)
	}
}

func (c *Config) checkLimits(r *report) {
	l := &c.Limits
	within(r, "limits.message_size", l.MessageSize, minMessageSize, maxMessageSize)
	within(r, "limits.recipients", l.Recipients, minRecipients, maxRecipients)
	within(r, "limits.connections", l.Connections, 1, maxConnections)
	within(r, "limits.connections_per_address", l.ConnectionsPerAddress, 1, maxConnections)
	second, minute := Duration(time.Second), Duration(time.Minute)
	within(r, "limits.login_time", l.LoginTime, second, 60*minute)
	within(r, "limits.smtp_idle", l.SMTPIdle, 5*minute, Day)
	within(r, "limits.imap_idle", l.IMAPIdle, 30*minute, Day)
	if l.IMAPMessages != 0 {
		within(r, "limits.imap_messages", l.IMAPMessages, minCommand, maxCommand)
	}
	if l.IMAPSaves != 0 {
		within(r, "limits.imap_saves", l.IMAPSaves, minCommand, maxCommand)
	}
	within(r, "limits.imap_notice", l.IMAPNotice, 10*second, Day)
	within(r, "limits.pop3_idle", l.POP3Idle, 10*minute, Day)
	within(r, "limits.stop_time", l.StopTime, second, 60*minute)
	if l.Memory != 0 {
		within(r, "limits.memory", l.Memory, minMemory, TiB)
	}
}

func (c *Config) checkRelay(r *report) {
	rel := &c.Relay
	within(r, "relay.port", rel.Port, 1, 65535)
	within(r, "relay.mx_port", rel.MXPort, 1, 65535)
	if strings.ContainsAny(rel.Host, " \t@/") || strings.Contains(rel.Host, ":") && !isAddr(rel.Host) {
		r.at("relay.host", "%q is not a host name or address; the port has a key of its own", rel.Host)
	}
	if rel.Host == "" && (rel.User != "" || rel.Password != "") {
		r.at("relay.host", "is missing, but a user or password for it is given")
	}
	if (rel.User == "") != (rel.Password == "") {
		r.at("relay.user", "user and password belong together; name both, or none")
	}
	if rel.User != "" && (rel.TLS == RelayNone || rel.TLS == RelayOpportunistic) && !isLoopback(rel.Host) {
		r.at("relay.tls", `the password would travel unprotected; write tls = "starttls" or "implicit"`)
	}
	if rel.Source != "" && !isAddr(rel.Source) {
		r.at("relay.source", "%q is not an IP address; write one of this machine, as in \"192.0.2.1\"", rel.Source)
	}
	for _, n := range rel.Networks {
		if n.IsValid() && n.Bits() == 0 {
			r.at("relay.networks", "%s is everyone: this would be an open relay; name your own networks", n)
		}
	}
}

func (c *Config) checkQueue(r *report) {
	q := &c.Queue
	if len(q.Retry) == 0 || len(q.Retry) > maxRetries {
		r.at("queue.retry", "wants between 1 and %d pauses, as in [\"5m\", \"1h\"]", maxRetries)
	}
	for _, pause := range q.Retry {
		within(r, "queue.retry", pause, Duration(time.Second), Day)
	}
	within(r, "queue.expire", q.Expire, Duration(time.Minute), maxExpire)
	if q.WarnAfter != 0 {
		within(r, "queue.warn_after", q.WarnAfter, Duration(time.Minute), maxExpire)
	}
	within(r, "queue.max_entries", q.MaxEntries, 100, maxQueueEntries)
	within(r, "delivery.concurrency", c.Delivery.Concurrency, 1, maxDeliveries)
	within(r, "delivery.connections", c.Delivery.Connections, 1, maxDeliveries)
	within(r, "queue.free_disk", q.FreeDisk, 0, TiB)
}

func (c *Config) checkMetrics(r *report) {
	if !c.Metrics.Enabled() {
		return
	}
	host, _, err := splitHostPort(c.Metrics.Address)
	switch {
	case err != nil:
		r.at("metrics.address", "%s", err)
	case c.Metrics.Pprof && !isLoopback(host):
		r.at("metrics.pprof", "profiles show memory of the server; only a loopback address may serve them")
	case slices.ContainsFunc(c.Listeners, func(l Listener) bool { return l.Address == c.Metrics.Address }):
		r.at("metrics.address", "%q is used by a listener; choose another port", c.Metrics.Address)
	}
}

// within reports a value outside lo…hi.
func within[T int | Size | Duration](r *report, key string, value, lo, hi T) {
	if value < lo || value > hi {
		r.at(key, "%v is out of range; it must lie between %v and %v", value, lo, hi)
	}
}

func checkServer(s string) error {
	if isAddr(s) { // port 53
		return nil
	}
	host, _, err := splitHostPort(s)
	if err != nil {
		return err
	}
	if !isAddr(host) {
		return fmt.Errorf("%q is not an address; a resolver is named by its address, as in \"192.0.2.53\" or \"192.0.2.53:5353\"", s)
	}
	return nil
}

// splitHostPort takes "host:port" apart. The port must be a number.
func splitHostPort(s string) (string, int, error) {
	host, text, err := net.SplitHostPort(s)
	port, numErr := strconv.ParseUint(text, 10, 16)
	if err != nil || numErr != nil {
		return "", 0, fmt.Errorf("%q is not an address; write it as in \"127.0.0.1:25\", \"[::1]:25\" or \":25\"", s)
	}
	return host, int(port), nil
}

func joinHostPort(host string, port int) string {
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func isAddr(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
