package interop

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestDoors hands in mail with swaks where a door is for trusted hosts: by LMTP
// over TCP and a Unix socket, through a proxy that speaks either version of the
// PROXY protocol, and with XCLIENT. The trace header shows for whom.
func TestDoors(t *testing.T) {
	need(t, "swaks")
	i := newInstance(t, "127.0.72.1", peerPort, "", "user@doors.test")
	socket := filepath.Join(i.dir, "lmtp")
	i.extra = fmt.Sprintf(`
[[listener]]
protocol = "lmtp"
address = "127.0.72.1:2324"
[[listener]]
protocol = "lmtp"
address = %q
[[listener]]
protocol = "smtp"
address = "127.0.72.1:2526"
proxy = true
[trust]
proxy = ["127.0.72.1"]
xclient = ["127.0.72.1"]
lmtp = ["127.0.72.1"]
`, socket)
	i.configure()
	i.start()
	for name, tt := range map[string]struct{ args, trace string }{
		"lmtp":     {"--protocol LMTP --server $IP:2324", "from client.test ([127.0.72.1])\r\n\tby mail.doors.test (Tram) with LMTP "},
		"socket":   {"--protocol LMTP --socket " + socket, "from client.test (local socket)\r\n\tby mail.doors.test (Tram) with LMTP "},
		"proxy v1": {"--server $IP:2526 --proxy-version 1 --proxy-family TCP4 --proxy-source 192.0.2.7 --proxy-source-port 4711 --proxy-dest 192.0.2.25 --proxy-dest-port 25", "from client.test ([192.0.2.7])"},
		"proxy v2": {"--server $IP:2526 --proxy-version 2 --proxy-family AF_INET6 --proxy-protocol STREAM --proxy-source 2001:db8::7 --proxy-source-port 4711 --proxy-dest 2001:db8::1 --proxy-dest-port 25", "from client.test ([IPv6:2001:db8::7])"},
		"xclient":  {"--server $IP:$MX --xclient-addr 192.0.2.9 --xclient-name client.test", "from client.test ([192.0.2.9])"},
	} {
		t.Run(name, func(t *testing.T) {
			i.sh("swaks -n --local-interface $IP --ehlo client.test --from a@client.test --to user@doors.test --header 'Subject: " + name + "' " + tt.args)
			i.await("user@doors.test", "Subject: "+name+"\r\n", tt.trace)
		})
	}
	// Without the header, or from elsewhere, there is nobody.
	i.sh("! swaks -n --local-interface $IP --server $IP:2526 --quit-after EHLO")
	i.sh("! swaks -n --local-interface 127.0.72.9 --server $IP:2526 --proxy-version 1 --proxy-family TCP4 --proxy-source 192.0.2.7 --proxy-source-port 4711 --proxy-dest 192.0.2.25 --proxy-dest-port 25 --quit-after EHLO")
	i.sh("! swaks -n --local-interface 127.0.72.9 --protocol LMTP --server $IP:2324 --quit-after EHLO")
	i.sh("! swaks -n --local-interface 127.0.72.9 --server $IP:$MX --xclient-addr 192.0.2.9 --quit-after XCLIENT")
}
