package config

import "time"

// section is a table of the file.
type section struct {
	name     string // empty: the keys in front of the first table
	doc      string
	repeated bool // written [[name]], one entry each time
	settings []setting
}

// setting is a key of the file. Its type and its default are those of the
// field that at points to.
type setting struct {
	key string
	doc string
	at  func(*Config) any // pointer to the field; in a repeated section to that of the last entry
}

// sections is the whole file. The reader, the commented file and the
// reference in docs/configuration.md are made from it.
func sections() []section {
	return []section{
		{settings: rootSettings()},
		{name: "listener", repeated: true, doc: listenerDoc, settings: listenerSettings()},
		{name: "tls", doc: tlsDoc, settings: []setting{
			{"certificate", "PEM file with the certificate chain, read again on reload.", func(c *Config) any { return &c.TLS.Certificate }},
			{"key", "PEM file with its private key.", func(c *Config) any { return &c.TLS.Key }},
		}},
		{name: "limits", doc: "What strangers and users can make the server hold.", settings: limitSettings()},
		{name: "trust", doc: trustDoc, settings: trustSettings()},
		{name: "auth", doc: "How users log in.", settings: authSettings()},
		{name: "relay", doc: relayDoc, settings: relaySettings()},
		{name: "dns", doc: "Resolvers for the MX and address records of other domains.", settings: []setting{
			{"servers", `Addresses, as "192.0.2.53" or "192.0.2.53:5353"; none means those of /etc/resolv.conf.`, func(c *Config) any { return &c.DNS.Servers }},
		}},
		{name: "queue", doc: "Mail that could not be delivered at once.", settings: []setting{
			{"retry", "Pauses between the tries; the last one repeats.", func(c *Config) any { return &c.Queue.Retry }},
			{"expire", "After this long the message goes back to its sender.", func(c *Config) any { return &c.Queue.Expire }},
			{"warn_after", "After this long the sender is told, once, that the message is late. 0 means never.", func(c *Config) any { return &c.Queue.WarnAfter }},
			{"max_entries", "With so many messages in the queue new mail is refused for the time being.", func(c *Config) any { return &c.Queue.MaxEntries }},
			{"free_disk", "New mail is refused for the time being when less than this is free in the data directory; reading and deleting go on. 0 means 2 % of the file system, between 512MiB and 4GiB, and at most a tenth of a small one.", func(c *Config) any { return &c.Queue.FreeDisk }},
		}},
		{name: "delivery", doc: "Transactions with other hosts. How many each destination takes at once is found out; these are the bounds.", settings: []setting{
			{"concurrency", "The most with one destination at once.", func(c *Config) any { return &c.Delivery.Concurrency }},
			{"connections", "With all other hosts at once. While hosts are slow there may be up to five times as many.", func(c *Config) any { return &c.Delivery.Connections }},
		}},
		{name: "policy", doc: policyDoc, settings: []setting{
			{"vrfy", `Whom VRFY and EXPN tell whether an address exists: "users" (who has logged in, and clients that may relay), "none" or "all".`, func(c *Config) any { return &c.Policy.VRFY }},
			{"take_unverified", "Take mail for a relayed domain that verifies recipients with its next hop while the next hop cannot be asked. Otherwise senders are told to come back later.", func(c *Config) any { return &c.Policy.TakeUnverified }},
		}},
		{name: "programs", doc: programsDoc, settings: programSettings()},
		{name: "local", doc: localDoc, settings: []setting{
			{"directory", `Directory with the socket for sendmail and the messages that wait for the server, as "/var/spool/tram". Every user may come in. When empty, sendmail does not work.`, func(c *Config) any { return &c.Local.Directory }},
			{"domain", `Completes addresses without a domain, as "root". When empty: the host name, or the domain above it when that is ours and the host name is not.`, func(c *Config) any { return &c.Local.Domain }},
			{"aliases", "File that newaliases reads.", func(c *Config) any { return &c.Local.Aliases }},
		}},
		{name: "pop3", doc: pop3Doc, settings: pop3Settings()},
		{name: "search", doc: "How IMAP's SEARCH finds texts of messages.", settings: []setting{
			{"index", "Keep an index of the words of all messages, made in the background. Without it searches read the messages, with the same answers.", func(c *Config) any { return &c.Search.Index }},
		}},
		{name: "log", doc: "Lines go to standard error.", settings: []setting{
			{"level", `"debug", "info", "warn" or "error".`, func(c *Config) any { return &c.Log.Level }},
			{"format", `"auto" (colours on a terminal, text elsewhere), "text" or "json".`, func(c *Config) any { return &c.Log.Format }},
			{"journal", "How long the road of each message is kept for tram trace, in the data directory.", func(c *Config) any { return &c.Log.Journal }},
		}},
		{name: "metrics", doc: "HTTP for Prometheus (/metrics) and for health checks (/healthz). It asks for no password: keep it on a loopback address.", settings: []setting{
			{"address", `"off" for none.`, func(c *Config) any { return &c.Metrics.Address }},
			{"pprof", "Serve profiles of the running program under /debug/pprof/; loopback only.", func(c *Config) any { return &c.Metrics.Pprof }},
		}},
	}
}

const (
	listenerDoc = "The doors: one entry for each protocol and address. Without any entry the seven usual ports are opened on every address."
	tlsDoc      = "The certificate that clients see. Without one a self-signed certificate is made at first start and kept in the data directory."
	localDoc    = "Mail from the users and programs of this machine: sendmail, cron, mail."
	policyDoc   = "What clients are told, and whose mail is taken. Rules about single clients, senders and recipients are in the directory: tram access."
	relayDoc    = "Mail for other domains."
)

func rootSettings() []setting {
	return []setting{
		{"hostname", "Full name of this machine in greetings and trace headers. Other servers look it up: it should have an address and a reverse record.", func(c *Config) any { return &c.Hostname }},
		{"data", "Directory of everything that is stored. Only one server can use it at a time.", func(c *Config) any { return &c.Data }},
		{"postmaster", "Account that gets mail for postmaster@ of domains without such an account (RFC 5321 4.5.1); it may be empty.", func(c *Config) any { return &c.Postmaster }},
	}
}

func listenerSettings() []setting {
	last := func(c *Config) *Listener { return &c.Listeners[len(c.Listeners)-1] }
	return []setting{
		{"protocol", `"smtp" (from other servers), "submission" (from users), "imap", "pop3", "pop2" (RFC 937, for very old programs) or "lmtp" (from trusted programs).`, func(c *Config) any { return &last(c).Protocol }},
		{"address", `Address as "host:port"; ":25" means every address of the machine. For lmtp also the path of a Unix socket, as "/run/tram/lmtp".`, func(c *Config) any { return &last(c).Address }},
		{"tls", `"starttls" (the client asks for it), "implicit" (from the first byte) or "none". When left out: implicit on ports 465, 993 and 995, none for pop2, otherwise starttls.`, func(c *Config) any { return &last(c).TLS }},
		{"plaintext_login", `Who may log in without TLS: "loopback" (clients on this machine), "never" or "always".`, func(c *Config) any { return &last(c).PlaintextLogin }},
		{"proxy", "Each connection comes from a proxy named in [trust] proxy and begins with a PROXY header, version 1 or 2.", func(c *Config) any { return &last(c).Proxy }},
	}
}

const pop3Doc = "What is special to POP3, and POP2."

func pop3Settings() []setting {
	return []setting{
		{"login_delay", "Least time between two logins of an account (LOGIN-DELAY, RFC 2449 6.5). 0 means none.", func(c *Config) any { return &c.POP3.LoginDelay }},
		{"expire", "Age at which messages are removed from every INBOX, flagged ones excepted, whoever has read them or not (EXPIRE, RFC 2449 6.7); whole days. 0 means never.", func(c *Config) any { return &c.POP3.Expire }},
		{"language", `Language of the replies for clients that ask for the one you prefer (LANG *, RFC 6856 3.2): "en" or "vi".`, func(c *Config) any { return &c.POP3.Language }},
	}
}

func limitSettings() []setting {
	return []setting{
		{"message_size", "Largest message that is taken.", func(c *Config) any { return &c.Limits.MessageSize }},
		{"recipients", "Recipients of one message in one transaction; at least 100 (RFC 5321 4.5.3.1.8).", func(c *Config) any { return &c.Limits.Recipients }},
		{"connections", "Open connections in all, on every listener together.", func(c *Config) any { return &c.Limits.Connections }},
		{"connections_per_address", "Open connections from one client address, on every listener together.", func(c *Config) any { return &c.Limits.ConnectionsPerAddress }},
		{"login_time", "Time to log in over IMAP and POP3.", func(c *Config) any { return &c.Limits.LoginTime }},
		{"smtp_idle", "Silence after which an SMTP session ends; at least 5m (RFC 5321 4.5.3.2.7).", func(c *Config) any { return &c.Limits.SMTPIdle }},
		{"imap_idle", "Silence after which an IMAP session ends; at least 30m (RFC 9051 5.4).", func(c *Config) any { return &c.Limits.IMAPIdle }},
		{"imap_messages", "Messages that one IMAP command may work on (MESSAGELIMIT, RFC 9738); at least 1000. Clients that do not know of it see the last messages only. 0 means any number.", func(c *Config) any { return &c.Limits.IMAPMessages }},
		{"imap_saves", "Messages that one COPY or APPEND of IMAP may save (SAVELIMIT, RFC 9738), where imap_messages is 0; at least 1000. 0 means any number.", func(c *Config) any { return &c.Limits.IMAPSaves }},
		{"imap_notice", "How often a client in IMAP's IDLE is told \"Still here\", so that routers do not forget the connection; at least 10s.", func(c *Config) any { return &c.Limits.IMAPNotice }},
		{"pop3_idle", "Silence after which a POP3 session ends; at least 10m (RFC 1939 3).", func(c *Config) any { return &c.Limits.POP3Idle }},
		{"stop_time", "Time that sessions and deliveries have to end when the server stops.", func(c *Config) any { return &c.Limits.StopTime }},
		{"memory", "Soft limit of the memory of the whole process: near it, memory is freed at the price of processor time. 0 means three quarters of what the control group of the process allows (systemd's MemoryMax, a container), and none without that.", func(c *Config) any { return &c.Limits.Memory }},
	}
}

func relaySettings() []setting {
	return []setting{
		{"host", "Smarthost that gets all mail for other domains. When empty, mail goes straight to the MX of each domain.", func(c *Config) any { return &c.Relay.Host }},
		{"port", "Port of the smarthost.", func(c *Config) any { return &c.Relay.Port }},
		{"tls", `"opportunistic" (when offered), "none", "starttls" or "implicit"; the last two demand it with a certificate that verifies.`, func(c *Config) any { return &c.Relay.TLS }},
		{"user", "Login name at the smarthost, when it wants one.", func(c *Config) any { return &c.Relay.User }},
		{"password", "Its password. Keep this file unreadable for others.", func(c *Config) any { return &c.Relay.Password }},
		{"mx_port", "Port of the mail hosts of other domains. Anything but 25 is for laboratories.", func(c *Config) any { return &c.Relay.MXPort }},
		{"source", "Address that connections to other hosts come from, when the machine has several. When empty, the system chooses.", func(c *Config) any { return &c.Relay.Source }},
		{"networks", `Clients that may send to other domains without logging in, as "192.0.2.0/24". None by default.`, func(c *Config) any { return &c.Relay.Networks }},
	}
}

// MetricsPort is the port for metrics and health when the file names none.
const MetricsPort = 9125

// Default is the configuration of an empty file, but for the host name, which
// is that of the machine, and the listeners (see UsualListeners).
func Default() *Config {
	minute := Duration(time.Minute)
	return &Config{
		Data: "/var/lib/tram",
		Limits: Limits{
			MessageSize:           50 * MiB,
			Recipients:            1000,
			Connections:           10_000,
			ConnectionsPerAddress: 200,
			LoginTime:             minute,
			SMTPIdle:              5 * minute,
			IMAPIdle:              30 * minute,
			IMAPNotice:            2 * minute,
			POP3Idle:              10 * minute,
			StopTime:              minute / 2,
		},
		Trust:  Trust{LMTP: loopbackNetworks()},
		Auth:   Auth{SCRAM: SCRAMOn},
		Relay:  Relay{Port: 25, TLS: RelayOpportunistic, MXPort: 25},
		Search: Search{Index: true},
		Queue: Queue{
			Retry:  []Duration{5 * minute, 15 * minute, 30 * minute, 60 * minute, 120 * minute, 240 * minute},
			Expire: 5 * Day, WarnAfter: 240 * minute, MaxEntries: 2_000_000,
		},
		Delivery: Delivery{Concurrency: 20, Connections: 100},
		Policy:   Policy{VRFY: VRFYUsers},
		Local:    Local{Aliases: "/etc/aliases"},
		POP3:     POP3Settings{Language: "en"},
		Programs: defaultPrograms(),
		Log:      Log{Level: "info", Format: LogAuto, Journal: 30 * Day},
		Metrics:  Metrics{Address: joinHostPort("127.0.0.1", MetricsPort)},
	}
}

// UsualListeners are the seven usual doors on a host (empty: every address of
// the machine), with an offset added to their ports for those who may not open
// the usual ones. A file that names no listener has them without an offset.
func UsualListeners(host string, offset int) []Listener {
	on := func(p Protocol, port int) Listener {
		return Listener{Protocol: p, Address: joinHostPort(host, port+offset), TLS: usualTLS(port), PlaintextLogin: Loopback}
	}
	return []Listener{
		on(SMTP, 25), on(Submission, 587), on(Submission, 465),
		on(IMAP, 143), on(IMAP, 993), on(POP3, 110), on(POP3, 995),
	}
}
