package topology

import (
	"fmt"
	"strings"

	"tram/internal/config"
)

// refused sees that a door refuses a recipient with a code.
func (l *lab) refused(r refusal) {
	l.t.Helper()
	err := l.hosts[r.host].hand(letter{r.from, r.to, "refused@topology.test"})
	if err == nil || !strings.Contains(err.Error(), r.code) {
		l.t.Errorf("%s: from %s to %s: %v, want %s", r.host, r.from, r.to, err, r.code)
	}
}

// sendToStaff sends to an alias with two targets.
func sendToStaff(l *lab) {
	l.send(road{via: "mail", from: "an@truong.test", to: "giaovien@truong.test", end: "mail", box: "binh@truong.test"})
	last := l.want["mail binh@truong.test"]
	l.want["mail an@truong.test"] = append(l.want["mail an@truong.test"], last[len(last)-1])
	l.settle()
}

// proxyStoresNothing cuts the host inside off: the proxy then takes nothing,
// and the mail stays with the host that sends it.
func proxyStoresNothing(l *lab) {
	c := cut{how: kill, what: "inside"}
	before := l.deferrals()
	l.apply(c)
	l.send(road{via: "outside", from: "chi@ngoai.test", to: "an@congty.test", end: "inside"})
	l.awaitDeferral(c, before)
	if l.hosts["proxy"].queued() {
		l.t.Errorf("the proxy holds mail for a host that does not answer\n%s", l.hosts["proxy"].must("", "queue", "list"))
	}
	if !l.hosts["outside"].queued() {
		l.t.Error("the host outside holds nothing")
	}
	l.heal(c)
	l.settle()
}

// sendToEachDomain sends one message to an address in each of the thousand
// domains.
func sendToEachDomain(l *lab) {
	isp := l.hosts["isp"]
	customers := 0
	for _, d := range isp.directory.Domain {
		if !strings.HasPrefix(d.Name, "khach-") {
			continue
		}
		customers++
	}
	if customers != 1000 {
		l.t.Fatalf("%d domains of customers, want 1000", customers)
	}
	door := isp.door(config.SMTP)
	for i := 1; i <= customers; i += 50 {
		to := fmt.Sprintf("info@khach-%04d.test", i)
		l.sent++
		m := letter{"chi@ngoai.test", to, fmt.Sprintf("isp-each-%d@topology.test", i)}
		if err := send(door, nil, m); err != nil {
			l.t.Fatalf("%s: %v", to, err)
		}
		l.want["isp an@nhamang.test"] = append(l.want["isp an@nhamang.test"], m.id)
	}
	l.settle()
}
