// Package config reads the configuration file: what must be known before the
// stores open. Everything else (domains, accounts, aliases) lives in the store
// and is managed by command.
//
// The file is TOML. Every key has a type, a unit, a default and a sentence,
// and all four stand in one table (settings.go), from which the reader, the
// commented file of "tram init" and docs/configuration.md are made. A file
// without any key is a valid one.
//
//	hostname = "mail.example.org"
//	data     = "/var/lib/tram"
//
//	[[listener]]
//	protocol = "smtp"
//	address  = ":25"
//
// A mistake never stops the reading: [Load] reports all of them at once, each
// with its line and what to do about it (see [Problems]).
package config

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Config is the whole file after defaults have been filled in and everything
// has been checked. Paths are absolute, or relative to the working directory
// when Config was not read from a file.
type Config struct {
	Hostname   string       `json:"hostname"`
	Data       string       `json:"data"`
	Postmaster string       `json:"postmaster"`
	Listeners  []Listener   `json:"listener"`
	TLS        TLS          `json:"tls"`
	Limits     Limits       `json:"limits"`
	Trust      Trust        `json:"trust"`
	Auth       Auth         `json:"auth"`
	Relay      Relay        `json:"relay"`
	DNS        DNS          `json:"dns"`
	Queue      Queue        `json:"queue"`
	Delivery   Delivery     `json:"delivery"`
	Programs   Programs     `json:"programs"`
	Policy     Policy       `json:"policy"`
	Local      Local        `json:"local"`
	POP3       POP3Settings `json:"pop3"`
	Search     Search       `json:"search"`
	Log        Log          `json:"log"`
	Metrics    Metrics      `json:"metrics"`

	file  string         // for Problem; empty when not read from a file
	lines map[string]int // "limits.message_size" or "listener[0].address" → line
}

// Listener is one door: a protocol spoken on an address.
type Listener struct {
	Protocol       Protocol       `json:"protocol"`
	Address        string         `json:"address"` // host:port; an empty host means every address of the machine; or the path of a Unix socket
	TLS            TLSMode        `json:"tls"`
	PlaintextLogin PlaintextLogin `json:"plaintext_login"`
	Proxy          bool           `json:"proxy"` // a proxy of Trust.Proxy stands in front
}

// Port is the port number of the address, 0 when it has none.
func (l Listener) Port() int {
	_, port, err := splitHostPort(l.Address)
	if err != nil {
		return 0
	}
	return port
}

// TLS names the certificate and its key, both PEM. Both empty: a self-signed
// certificate is made and kept in the data directory.
type TLS struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// Limits bounds what strangers and users can make the server hold.
type Limits struct {
	MessageSize           Size     `json:"message_size"`
	Recipients            int      `json:"recipients"`
	Connections           int      `json:"connections"`
	ConnectionsPerAddress int      `json:"connections_per_address"`
	LoginTime             Duration `json:"login_time"`
	SMTPIdle              Duration `json:"smtp_idle"`
	IMAPIdle              Duration `json:"imap_idle"`
	IMAPMessages          int      `json:"imap_messages"`
	IMAPSaves             int      `json:"imap_saves"`
	IMAPNotice            Duration `json:"imap_notice"`
	POP3Idle              Duration `json:"pop3_idle"`
	StopTime              Duration `json:"stop_time"`
	Memory                Size     `json:"memory"`
}

// Relay says where mail for other domains goes and who may send it without
// logging in.
type Relay struct {
	Host     string         `json:"host"` // empty: straight to the MX of each domain
	Port     int            `json:"port"`
	TLS      RelayTLS       `json:"tls"`
	User     string         `json:"user"`
	Password Secret         `json:"password"`
	Networks []netip.Prefix `json:"networks"`
	MXPort   int            `json:"mx_port"` // of the mail hosts of other domains
	Source   string         `json:"source"`  // IP address of our side of connections to other hosts; empty: the system chooses
}

// Address is host:port of the smarthost, empty when there is none.
func (r Relay) Address() string {
	if r.Host == "" {
		return ""
	}
	return joinHostPort(r.Host, r.Port)
}

// DNS names the resolvers, each host:port. None: those of /etc/resolv.conf.
type DNS struct {
	Servers []string `json:"servers"`
}

// Queue says how long and how often delivery is tried.
type Queue struct {
	Retry  []Duration `json:"retry"` // pauses; the last one repeats
	Expire Duration   `json:"expire"`
	// WarnAfter is the age at which senders are told of a delay; 0 = never.
	WarnAfter  Duration `json:"warn_after"`
	MaxEntries int      `json:"max_entries"`
	FreeDisk   Size     `json:"free_disk"` // 0 = by the size of the file system
}

// Delivery bounds the transactions with other hosts.
type Delivery struct {
	Concurrency int `json:"concurrency"` // most with one destination
	Connections int `json:"connections"` // with all
}

// Policy is what clients are told and whose mail is taken.
type Policy struct {
	VRFY           VRFY `json:"vrfy"`
	TakeUnverified bool `json:"take_unverified"`
}

// Local is mail from the users and programs of this machine (sendmail).
type Local struct {
	Directory string `json:"directory"` // empty: none is taken
	Domain    string `json:"domain"`
	Aliases   string `json:"aliases"`
}

// Search says how texts of messages are found.
type Search struct {
	Index bool `json:"index"`
}

// Log says what is written to standard error, and how, and how long the road
// of each message is kept.
type Log struct {
	Level   LogLevel  `json:"level"`
	Format  LogFormat `json:"format"`
	Journal Duration  `json:"journal"`
}

// Metrics is the listener for /metrics and /healthz.
type Metrics struct {
	Address string `json:"address"` // "off": none
	Pprof   bool   `json:"pprof"`
}

// Enabled reports whether there is a listener for metrics.
func (m Metrics) Enabled() bool { return m.Address != "" && m.Address != "off" }

// File is the name of the file that was read, empty when none was.
func (c *Config) File() string { return c.file }

// Problem is a mistake at the line of a key, for checks that need more than
// the file itself (whether a certificate can be read, say). The key is written
// as "tls.certificate" or "listener[0].address". When the key is not in the
// file, the line is that of its table.
func (c *Config) Problem(key, text string) Problem {
	line := c.lines[key]
	if table, _, ok := strings.Cut(key, "."); ok && line == 0 {
		line = c.lines[table]
	}
	return Problem{File: c.file, Line: line, Key: key, Text: text}
}

// ListenerKey is the key of a field of the i-th listener, for Problem.
func ListenerKey(i int, field string) string {
	return "listener[" + strconv.Itoa(i) + "]." + field
}

// Same reports whether two configurations differ in nothing but comments and
// the order of keys.
func (c *Config) Same(d *Config) bool {
	return slices.Equal(c.render(), d.render())
}
