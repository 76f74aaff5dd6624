package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const full = `
hostname = "mail.example.org"
data = "data"
postmaster = "an@example.org"

[[listener]]
protocol = "smtp"
address = ":25"

[[listener]]
protocol = "imap"
address = "127.0.0.1:1143"
tls = "none"
plaintext_login = "always"

[tls]
certificate = "/etc/tram/cert.pem"
key = "key.pem"

[limits]
message_size = "10MiB"
recipients = 1_000
smtp_idle = "1h30m"
memory = 0

[relay]
host = "smtp.example.net"
port = 587
tls = "starttls"
user = "u"
password = "p"
networks = ["192.0.2.1/24", "2001:db8::1"]
source = "192.0.2.1"

[dns]
servers = ["127.0.0.1:5353"]

[queue]
retry = ["1m", "1h"]
expire = "2d12h"
warn_after = "2h"
max_entries = 5000
free_disk = "2GiB"

[log]
level = "debug"
format = "json"
journal = "10d"

[metrics]
address = "off"
`

func TestParseFull(t *testing.T) {
	c, err := Parse("/etc/tram/tram.toml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	hour := Duration(time.Hour)
	want := Default()
	want.Hostname, want.Data, want.Postmaster = "mail.example.org", "/etc/tram/data", "an@example.org"
	want.Listeners = []Listener{
		{SMTP, ":25", StartTLS, Loopback, false},
		{IMAP, "127.0.0.1:1143", NoTLS, Always, false},
	}
	want.TLS = TLS{"/etc/tram/cert.pem", "/etc/tram/key.pem"}
	want.Limits.MessageSize, want.Limits.SMTPIdle = 10*MiB, hour+hour/2
	want.Relay = Relay{"smtp.example.net", 587, RelayStartTLS, "u", "p",
		[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")},
		25, "192.0.2.1"}
	want.DNS.Servers = []string{"127.0.0.1:5353"}
	want.Queue = Queue{[]Duration{hour / 60, hour}, 60 * hour, 2 * hour, 5000, 2 * GiB}
	want.Log = Log{"debug", LogJSON, 10 * Day}
	want.Metrics.Address = "off"
	opts := cmp.Options{cmp.AllowUnexported(Config{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}
	want.file, want.lines = c.file, c.lines
	if diff := cmp.Diff(want, c, opts); diff != "" {
		t.Error(diff)
	}
}

func TestNoKeysAreValid(t *testing.T) {
	c, err := Parse("", []byte("hostname = 'mail.example.org'"))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[int]TLSMode{25: StartTLS, 587: StartTLS, 465: Implicit, 143: StartTLS, 993: Implicit, 110: StartTLS, 995: Implicit}
	for _, l := range c.Listeners {
		if modes[l.Port()] != l.TLS || l.PlaintextLogin != Loopback {
			t.Errorf("%+v", l)
		}
		delete(modes, l.Port())
	}
	if len(modes) != 0 {
		t.Errorf("no listener on %v", modes)
	}
}

// Other spellings of the same tables are as good.
func TestSpellings(t *testing.T) {
	a, err := Parse("", []byte("hostname = 'a.test'\nlimits.recipients = 200\nlog = {level = 'warn'}\nlistener = [{protocol = 'smtp', address = ':25'}, {protocol = 'pop3', address = ':110'}]"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse("", []byte("hostname = 'a.test'\n[limits]\nrecipients = 0xC8\n[log]\nlevel = 'warn'\n[[listener]]\nprotocol = 'smtp'\naddress = ':25'\n[[listener]]\nprotocol = 'pop3'\naddress = ':110'"))
	if err != nil {
		t.Fatal(err)
	}
	if !a.Same(b) {
		t.Errorf("%s\n%s", a.render(), b.render())
	}
}

// Each case is a file and the problems it must have, all of them at once, as
// "line key: part of the text".
func TestProblems(t *testing.T) {
	for name, test := range map[string]struct{ file, want string }{
		"unknown keys and tables": {
			"hostnam = 'x'\n[limit]\nanything = 1\n[limits]\nmesage_size = '1MiB'\nfoo.bar = 1\n[postfix.x]\n",
			`1 hostnam: no such key; did you mean "hostname"?
2 limit: no such table; did you mean "limits"?
5 limits.mesage_size: no such key; did you mean "message_size"?
6 limits.foo.bar: no such key; possible here: message_size, recipients
7 postfix.x: no such table; possible here: auth, delivery, dns, limits`,
		},
		"wrong types": {
			"hostname = 5\n[limits]\nmessage_size = 50\nrecipients = '100'\nsmtp_idle = '5 minutes'\n[metrics]\npprof = 'yes'\n[dns]\nservers = '1.1.1.1'\n[queue]\nretry = [1, 'x']\n",
			`1 hostname: wants text
3 limits.message_size: "50" is not a size; write a number with a unit
4 limits.recipients: wants a whole number
5 limits.smtp_idle: "5 minutes" is not a span of time
7 metrics.pprof: wants true or false
9 dns.servers: wants a list
11 queue.retry: "1" is not a span of time`,
		},
		"listeners": {
			"[[listener]]\nprotocol = 'smtps'\naddress = '25'\n[[listener]]\n[[listener]]\nprotocol='imap'\naddress=':143'\ntls='none'\nplaintext_login='never'\n[[listener]]\nprotocol='pop3'\naddress=':143'\ntls='yes'\n",
			`2 listener[0].protocol: "smtps" is not one of "smtp", "submission", "imap", "pop3"
3 listener[0].address: "25" is not an address
4 listener[1]: has no protocol; add protocol =
4 listener[1]: has no address; add address =
9 listener[2].plaintext_login: nobody could log in
12 listener[3].address: ":143" is used by another listener
13 listener[3].tls: "yes" is not one of "none", "starttls", "implicit"`,
		},
		"ranges": {
			"[limits]\nmessage_size = '1kB'\nrecipients = 10\nconnections = 0\nsmtp_idle = '1m'\nimap_idle='10m'\npop3_idle='1m'\nlogin_time='0s'\nmemory='1MiB'\nimap_messages=999\nimap_saves=-1\n[queue]\nexpire = '365d'\nretry = []\n",
			`2 limits.message_size: 1000B is out of range; it must lie between 64KiB and 2GiB
3 limits.recipients: 10 is out of range; it must lie between 100 and 100000
4 limits.connections: 0 is out
5 limits.smtp_idle: 1m is out of range; it must lie between 5m and 1d
6 limits.imap_idle: 10m is out
7 limits.pop3_idle: 1m is out
8 limits.login_time: 0s is out
9 limits.memory: 1MiB is out
10 limits.imap_messages: 999 is out of range; it must lie between 1000 and 100000000
11 limits.imap_saves: -1 is out
13 queue.expire: 365d is out of range; it must lie between 1m and 60d
14 queue.retry: wants between 1 and 100 pauses`,
		},
		"relay": {
			"[relay]\nhost = 'smtp.example.net:25'\nuser = 'u'\nnetworks = ['10.0.0.0/8', '::/0', '0.0.0.0/0']\nport = 0\nsource = 'eth0'",
			`1 relay.tls: the password would travel unprotected
2 relay.host: "smtp.example.net:25" is not a host name or address; the port has a key of its own
3 relay.user: user and password belong together
4 relay.networks: ::/0 is everyone: this would be an open relay
4 relay.networks: 0.0.0.0/0 is everyone: this would be an open relay
5 relay.port: 0 is out
6 relay.source: "eth0" is not an IP address`,
		},
		"doors": {
			"[[listener]]\nprotocol = 'smtp'\naddress = '/run/smtp'\n[[listener]]\nprotocol = 'lmtp'\naddress = '/run/lmtp'\nproxy = true\n[trust]\nxclient = ['0.0.0.0/0']\n",
			`3 listener[0].address: "/run/smtp" is a file; only lmtp is spoken on Unix sockets
7 listener[1].proxy: a Unix socket has no proxy in front of it
7 listener[1].proxy: nobody could connect: no proxy is trusted
9 trust.xclient: 0.0.0.0/0 is everyone`,
		},
		"one bracket": {
			"[listener]\nprotocol = 'smtp'\naddress = ':25'\n[dns]\nservers = ['lan']",
			`1 listener: stands for a list; write [[listener]] with two brackets
5 dns.servers: "lan" is not an address`,
		},
		"one wrong in a list": {
			"[relay]\nnetworks = ['10.0.0.0/8', 'lan']", `2 relay.networks: "lan" is not a network`,
		},
		"relay password in clear": {
			"[relay]\nhost = 'smtp.example.net'\nuser = 'u'\npassword = 'p'\ntls = 'none'",
			`5 relay.tls: the password would travel unprotected`,
		},
		"rest": {
			"hostname = 'a b'\npostmaster = 'root'\n[tls]\nkey = 'k'\n[dns]\nservers = ['ns.test:53', '127.0.0.1', '127.0.0.1:x']\n[metrics]\naddress = '0.0.0.0:1'\npprof = true\n[[log]]\n",
			`1 hostname: "a b" is not a host name
2 postmaster: "root" is not an address
3 tls: certificate and key belong together
6 dns.servers: "ns.test:53" is not an address; a resolver is named by its address
6 dns.servers: "127.0.0.1:x" is not an address; write it as
9 metrics.pprof: profiles show memory
10 log: stands once; write [log] with one bracket`,
		},
		"syntax, and what stands before it": {
			"hostname = 'a.test'\n[limits]\nrecipients = 1\nfoo = \n",
			`3 limits.recipients: 1 is out
4 : `,
		},
		"twice": {
			"hostname = 'a.test'\nhostname = 'b.test'\n[log]\n[dns]\n[log]\n",
			`2 hostname: stands twice; the first one is on line 1
5 log: stands twice; the first [log] is on line 3`,
		},
		"table as value": {
			"limits = 5\n", `1 limits: is a table; write [limits] on a line of its own`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("tram.toml", []byte(test.file))
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			want := strings.Split(test.want, "\n")
			if len(got) != len(want) {
				t.Fatalf("got\n%v\nwant\n%v", strings.Join(got, "\n"), test.want)
			}
			for i := range want {
				line, text, _ := strings.Cut(want[i], " ")
				prefix := "tram.toml:" + line + ": " + strings.TrimPrefix(text, ": ")
				if !strings.HasPrefix(got[i], prefix) {
					t.Errorf("got  %s\nwant %s…", got[i], prefix)
				}
			}
		})
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tram.toml")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("hostname = 'a.test'\ndata = 'x'"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil || c.Data != filepath.Join(filepath.Dir(path), "x") || c.File() != path {
		t.Errorf("%+v %v", c, err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("empty file: %v", err)
	}
	if err := os.Truncate(path, maxFileBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil {
		t.Error("a file of megabytes was read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("listener = [{a.b = 1}, 2]\nlimits.x.y = {}\n[[relay]]\n[[[x"))
	f.Add([]byte("\"a\\u0041\" = 1\n'' = 2\ndns.servers = [[], {}, # x\n]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x", text)
		if err == nil && c == nil {
			t.Fatal("no configuration and no error")
		}
	})
}
