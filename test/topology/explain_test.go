package topology

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"

	"tram/internal/config"
)

// explanation is what a test needs of "tram --json explain".
type explanation struct {
	Verdict string
	Reply   string
	Final   []struct {
		Address, Way, Reply, From string
		Hosts                     []struct{ Addresses []string }
	}
}

// submitted stands in place of the IP address of a client: a user of the host
// who has logged in.
const submitted = ""

func (h *host) explain(from, to, client string) explanation {
	h.t.Helper()
	args := []string{"--json", "explain", to, "--from", from}
	if client != submitted {
		args = append(args, "--client", client)
	}
	var e explanation
	if err := json.Unmarshal([]byte(h.must("", args...)), &e); err != nil {
		h.t.Fatal(err)
	}
	return e
}

// predict asks host after host what it would do with a message, from the one
// that gets it from its sender to where it ends. Each line is a station:
//
//	mail → gateway
//	outside: chi@ngoai.test
//	gateway refuses nobody@congty.test: 550 5.1.1
func (l *lab) predict(name, from, to, client string) []string {
	l.t.Helper()
	h := l.hosts[name]
	e := h.explain(from, to, client)
	if e.Verdict == "refuse" {
		return []string{refusing(name, to, e.Reply)}
	}
	var road []string
	for _, f := range e.Final {
		switch f.Way {
		case "local":
			road = append(road, name+": "+f.Address)
		case "mx", "host", "literal":
			next := l.at(f.Hosts[0].Addresses[0])
			road = append(append(road, name+" → "+next), l.predict(next, f.From, f.Address, h.source())...)
		default:
			road = append(road, fmt.Sprintf("%s: %s %s", name, f.Way, code(f.Reply)))
		}
	}
	slices.Sort(road)
	return slices.Compact(road)
}

// refusing is the station where a recipient is refused.
func refusing(name, to, reply string) string {
	return strings.TrimSpace(name+" refuses "+to+":") + " " + code(reply)
}

// code is the reply code and the enhanced one.
func code(reply string) string {
	words := strings.Fields(reply)
	return strings.Join(words[:min(2, len(words))], " ")
}

// source is where connections of the host come from.
func (h *host) source() string {
	if h.config.Relay.Source != "" {
		return h.config.Relay.Source
	}
	return "127.0.0.1"
}

// at is the host that takes mail from other hosts on an address.
func (l *lab) at(address string) string {
	l.t.Helper()
	ip := address
	if host, _, err := net.SplitHostPort(address); err == nil {
		ip = host
	}
	for name, h := range l.hosts {
		if door, _, _ := net.SplitHostPort(h.door(config.SMTP)); door == ip {
			return name
		}
	}
	l.t.Fatalf("no host has the address %s", address)
	return ""
}

// client is what a letter of the road looks like to the host that gets it from
// its sender: a login, or a program on this machine.
func (h *host) client(from string) string {
	if h.directory.account(from) != nil && h.door(config.Submission) != "" {
		return submitted
	}
	return "127.0.0.1"
}

// travelAsExplained asks first what becomes of mail on each road, then sends
// it, and holds the logs of the hosts against what was said.
func (l *lab) travelAsExplained(roads []road, refusals []refusal) {
	l.t.Helper()
	said := make([][]string, len(roads))
	ids := make([]string, len(roads))
	for i, r := range roads {
		said[i] = l.predict(r.via, r.from, r.to, l.hosts[r.via].client(r.from))
		l.t.Logf("from %s to %s: %s", r.from, r.to, strings.Join(said[i], ", "))
	}
	for i, r := range roads {
		ids[i] = l.send(r)
	}
	l.settle()
	for i, r := range roads {
		l.wentAsSaid(r, said[i], ids[i])
	}
	for _, r := range refusals {
		want := []string{refusing(r.host, r.to, r.code)}
		if said := l.predict(r.host, r.from, r.to, l.hosts[r.host].client(r.from)); !slices.Equal(said, want) {
			l.t.Errorf("from %s to %s at %s: tram explain said %q, what happens is %q", r.from, r.to, r.host, said, want)
		}
		l.refused(r)
	}
}

// wentAsSaid holds the way of a message against what was said about it.
func (l *lab) wentAsSaid(r road, said []string, id string) {
	l.t.Helper()
	if went := l.trace(r.via, id); !slices.Equal(said, went) {
		l.t.Errorf("from %s to %s at %s: tram explain said\n%q, the mail went\n%q", r.from, r.to, r.via, said, went)
	}
}

// trace follows a message through the logs of the hosts, by the queue id that
// each of them tells the one before it.
func (l *lab) trace(name, id string) []string {
	var road []string
	for _, e := range l.hosts[name].log.events("delivered", "bounced") {
		if e.attrs["id"] != id {
			continue
		}
		at := e.attrs["host"]
		if e.message == "bounced" {
			road = append(road, fmt.Sprintf("%s: fail %s", name, code(e.attrs["reply"])))
		} else if at == "" {
			for _, box := range e.mailboxes {
				road = append(road, name+": "+box)
			}
		} else {
			next := l.at(strings.TrimRight(at[strings.Index(at, "[")+1:], "]"))
			_, after, _ := strings.Cut(e.attrs["reply"], "Queued as ")
			road = append(append(road, name+" → "+next), l.trace(next, after)...)
		}
	}
	slices.Sort(road)
	return slices.Compact(road)
}
