package topology

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"tram/internal/config"
)

// refused sees that a door refuses a recipient with a code.
func (l *lab) refused(r refusal) {
	l.t.Helper()
	_, err := l.hosts[r.host].hand(letter{r.from, r.to, "refused@topology.test"})
	if err == nil || !strings.Contains(err.Error(), r.code) {
		l.t.Errorf("%s: from %s to %s: %v, want %s", r.host, r.from, r.to, err, r.code)
	}
}

// sendToStaff sends to an alias with two targets.
func sendToStaff(l *lab) {
	r := road{via: "mail", from: "an@truong.test", to: "giaovien@truong.test", end: "mail", box: "binh@truong.test"}
	said := l.predict(r.via, r.from, r.to, submitted)
	id := l.send(r)
	last := l.want["mail binh@truong.test"]
	l.want["mail an@truong.test"] = append(l.want["mail an@truong.test"], last[len(last)-1])
	l.settle()
	if len(said) != 2 {
		l.t.Errorf("tram explain says %q of an alias with two targets", said)
	}
	l.wentAsSaid(r, said, id)
}

// proxyStoresNothing cuts the host inside off: the proxy then takes nothing for
// somebody about whom it has not asked before, and the mail stays with the host
// that sends it.
func proxyStoresNothing(l *lab) {
	c := cut{how: kill, what: "inside"}
	before := l.deferrals()
	l.apply(c)
	l.send(road{via: "outside", from: "chi@ngoai.test", to: "dung@congty.test", end: "inside"})
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

// relayKnowsNames cuts the host inside off: the relay still refuses people
// who do not exist, and keeps mail for those who do, also over its own crash.
func relayKnowsNames(l *lab) {
	l.keeps("relay", "inside", road{via: "outside", from: "chi@ngoai.test", to: "binh@congty.test", end: "inside"},
		refusal{"relay", "chi@ngoai.test", "nobody@congty.test", "550 5.1.1"})
}

// backupKeepsMail does the same to the first MX.
func backupKeepsMail(l *lab) {
	l.keeps("backup", "primary", road{via: "outside", from: "chi@ngoai.test", to: "binh@congty.test", end: "primary"},
		refusal{"backup", "chi@ngoai.test", "nobody@congty.test", "550 5.1.1"})
}

// keeps cuts the last hop of a road, waits until the keeper holds the mail,
// kills the keeper too, and mends both.
func (l *lab) keeps(keeper, last string, r road, no refusal) {
	l.t.Helper()
	c := cut{how: kill, what: last}
	l.apply(c)
	l.send(r)
	l.awaitQueued(keeper)
	l.refused(no)
	l.hosts[keeper].kill()
	l.hosts[keeper].start()
	if !l.hosts[keeper].queued() {
		l.t.Errorf("%s has lost what it held", keeper)
	}
	l.heal(c)
	l.settle()
}

// awaitQueued waits until a host holds mail.
func (l *lab) awaitQueued(name string) {
	l.t.Helper()
	for began := time.Now(); !l.hosts[name].queued(); time.Sleep(retryPause / 5) {
		if time.Since(began) > feltTime {
			l.t.Fatalf("%s holds no mail\n%s", name, l.logs())
		}
	}
}

// clientHidesItsName sees that no message shows the name of the null client as
// the domain of its sender.
func clientHidesItsName(l *lab) {
	for box, host := range map[string]string{"an@congty.test": "hub", "chi@ngoai.test": "outside"} {
		h := l.hosts[host]
		all, err := envelopes(h.door(config.IMAP), *h.directory.account(box))
		if err != nil {
			l.t.Fatal(err)
		}
		for _, e := range all {
			if from := e.From[0].Addr(); strings.Contains(from, "may.congty") {
				l.t.Errorf("%s got %s from %s", box, e.MessageID, from)
			}
		}
	}
}

// customers is how many domains the host of the provider has, beside its own.
const customers = 1000

// sendToEachDomain sends a message to an address in each domain of the
// provider's customers.
func sendToEachDomain(l *lab) {
	isp := l.hosts["isp"]
	if n := len(isp.directory.Domain) - 1; n != customers {
		l.t.Fatalf("%d domains of customers, want %d", n, customers)
	}
	var letters []letter
	for i := range customers - 1 { // info@ of the last one is somebody else
		m := letter{"chi@ngoai.test", fmt.Sprintf("info@khach-%04d.test", i+1), fmt.Sprintf("isp-each-%d@topology.test", i+1)}
		letters = append(letters, m)
		l.want["isp an@nhamang.test"] = append(l.want["isp an@nhamang.test"], m.id)
	}
	if _, err := send(isp.door(config.SMTP), nil, letters...); err != nil {
		l.t.Fatal(err)
	}
	l.settle()
}

// oneDomainMore applies a file with one domain more while the server runs: that
// changes what is new and nothing else, and mail for it is taken at once.
func oneDomainMore(l *lab) {
	isp := l.hosts["isp"]
	file := isp.book()
	text, err := os.ReadFile(file)
	if err != nil {
		l.t.Fatal(err)
	}
	const more = `
[[domain]]
name = "khach-1001.test"

[[alias]]
address = "info@khach-1001.test"
targets = ["an@nhamang.test"]
`
	if err := os.WriteFile(file, append(text, more...), 0o600); err != nil {
		l.t.Fatal(err)
	}
	for _, want := range []int{2, 0} {
		var changes []struct{ Verb, Name string }
		if err := json.Unmarshal([]byte(isp.must("", "--json", "apply", file)), &changes); err != nil {
			l.t.Fatal(err)
		}
		if len(changes) != want {
			l.t.Errorf("apply changed %v, want %d changes", changes, want)
		}
	}
	m := letter{"chi@ngoai.test", "info@khach-1001.test", "isp-one-more@topology.test"}
	if _, err := send(isp.door(config.SMTP), nil, m); err != nil {
		l.t.Fatal(err)
	}
	l.want["isp an@nhamang.test"] = append(l.want["isp an@nhamang.test"], m.id)
	l.settle()
}
