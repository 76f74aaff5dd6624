package mta_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

const explainZone = `
	far.example.       MX  20 b.far.example.
	far.example.       MX  10 a.far.example.
	a.far.example.     A   127.0.0.3
	b.far.example.     A   127.0.0.4
	backup.example.    MX  10 main.backup.example.
	backup.example.    MX  20 mx.here.example.
	main.backup.example. A 127.0.0.3
	loop.example.      MX  10 mx.here.example.
	mx.here.example.   A   127.0.0.2
	null.example.      MX  0 .
`

// explained is a lab with every kind of address, and who explains it.
func explained(t *testing.T) (*lab, *mta.Receiver, *mta.Explainer, []*smtptest.Host) {
	t.Helper()
	l := newLab(t, explainZone)
	var hosts []*smtptest.Host
	for _, addr := range []string{"127.0.0.3", "127.0.0.4", "127.0.0.5"} {
		hosts = append(hosts, l.host(addr, smtptest.Options{}))
	}
	ctx := t.Context()
	for _, d := range []directory.Domain{
		{Name: "inner.example", Kind: directory.Relayed}, {Name: "backup.example", Kind: directory.Relayed},
		{Name: "old.example", Kind: directory.AliasDomain, Target: "inner.example"},
		{Name: "stands.example", Kind: directory.AliasDomain, Target: "here.example"},
	} {
		_, err := l.dir.AddDomain(ctx, d)
		l.must(err)
	}
	l.must(l.dir.AddAlias(ctx, directory.Alias{Address: "team@here.example", Targets: []string{"an@here.example", "x@far.example", "y@inner.example"}}))
	_, err := l.dir.AddList(ctx, directory.List{Address: "staff@here.example", Owner: "an@here.example", Members: []string{"an@here.example", "m@far.example"}})
	l.must(err)
	r := l.policed(directory.Rules{
		Routes: []directory.Route{
			{By: directory.ByRecipient, Match: "inner.example", NextHop: fmt.Sprintf("smtp:[127.0.0.5]:%d", l.port)},
			{By: directory.BySender, Match: "out@here.example", NextHop: fmt.Sprintf("smtp:[127.0.0.4]:%d", l.port)},
			{By: directory.ByRecipient, Match: "gone.example", NextHop: "error:5.1.6 Moved"},
			{By: directory.ByRecipient, Match: "waste.example", NextHop: "discard"},
		},
		Rewrites: []directory.Rewrite{{Kind: directory.Canonical, Match: "ann@here.example", To: "an@here.example"}},
		Access:   []directory.Access{{By: directory.ByRcptTo, Match: "an+no@here.example", Action: "reject"}},
		Copies:   []directory.Copy{{By: directory.CopyByRecipient, Match: "copied@far.example", To: "an@here.example"}},
	})
	l.start()
	x := &mta.Explainer{MTA: l.mta, Directory: l.dir, Usage: l.mail, Queue: l.queue, Networks: inside}
	return l, r, x, hosts
}

// TestExplain: what is explained is what then happens, and explaining changes
// nothing and talks to nobody.
func TestExplain(t *testing.T) {
	l, r, x, hosts := explained(t)
	tests := []struct {
		from, to string
		peer     *smtpwire.Peer
		want     []string // way, address and first host of each end
	}{
		{"a@there.example", "an@here.example", peer(), []string{"local an@here.example"}},
		{"a@there.example", "Ann@here.example", peer(), []string{"local an@here.example"}},
		{"a@there.example", "an+x@stands.example", peer(), []string{"local an@here.example"}},
		{"a@there.example", "an+no@here.example", peer(), []string{"refuse an+no@here.example"}},
		{"a@there.example", "nobody@here.example", peer(), []string{"refuse nobody@here.example"}},
		{"a@there.example", "x@far.example", peer(), []string{"refuse x@far.example"}},
		{"a@there.example", "x@far.example", own(), []string{"mx x@far.example a.far.example[127.0.0.3]"}},
		{"out@here.example", "x@far.example", own(), []string{"host x@far.example [127.0.0.4]"}},
		{"a@there.example", "x@inner.example", peer(), []string{"host x@inner.example [127.0.0.5]"}},
		{"a@there.example", "x@old.example", peer(), []string{"host x@inner.example [127.0.0.5]"}},
		{"out@here.example", "x@backup.example", peer(), []string{"mx x@backup.example main.backup.example[127.0.0.3]"}},
		{"a@there.example", "team@here.example", peer(), []string{"host y@inner.example [127.0.0.5]", "local an@here.example", "mx x@far.example a.far.example[127.0.0.3]"}},
		{"a@there.example", "staff@here.example", peer(), []string{"local an@here.example", "mx m@far.example a.far.example[127.0.0.3]"}},
		{"a@there.example", "x@gone.example", own(), []string{"refuse x@gone.example"}},
		{"a@there.example", "x@waste.example", own(), []string{"discard x@waste.example"}},
		{"", "x@null.example", own(), []string{"fail x@null.example"}},
		{"", "x@loop.example", own(), []string{"fail x@loop.example"}},
		{"", "x@nowhere.example", own(), []string{"fail x@nowhere.example"}},
		{"", "x@[127.0.0.5]", own(), []string{"literal x@[127.0.0.5] [127.0.0.5]"}},
		{"a@there.example", "copied@far.example", own(), []string{"local an@here.example", "mx copied@far.example a.far.example[127.0.0.3]"}},
	}
	for _, test := range tests {
		t.Run(test.from+" to "+test.to, func(t *testing.T) {
			before, queued, calls := len(l.journal.find()), l.left(), connections(hosts)
			e, err := x.Explain(t.Context(), mta.Inquiry{From: parse(t, test.from), To: parse(t, test.to), Client: test.peer.Remote.Addr(), Helo: test.peer.Helo})
			l.must(err)
			if len(l.journal.find()) != before || l.left() != queued || connections(hosts) != calls {
				t.Error("explaining has left traces")
			}
			ends := endsOf(e)
			if !slices.Equal(ends, test.want) {
				t.Errorf("explained as %q\nwant %q", ends, test.want)
			}
			if got := l.happens(r, test.peer, test.from, test.to); !slices.Equal(got, ends) {
				t.Errorf("explained as %q\nhappened  %q", ends, got)
			}
		})
	}
}

func connections(hosts []*smtptest.Host) (n int) {
	for _, h := range hosts {
		n += h.Connections()
	}
	return n
}

// endsOf names way, address and first host of each end, sorted.
func endsOf(e *mta.Explanation) (ends []string) {
	for i := range e.Ends {
		end := &e.Ends[i]
		text := end.Outcome + " " + end.Address
		if end.Reply == nil && len(end.Hosts) > 0 {
			h := end.Hosts[0]
			name := h.Name
			if _, err := netip.ParseAddr(name); err == nil {
				name = "" // as logs have it
			}
			text += " " + name + "[" + h.Addresses[0].Addr().String() + "]"
		}
		ends = append(ends, text)
	}
	slices.Sort(ends)
	return ends
}

// happens sends mail and says what the log says came of it, in the form of
// endsOf.
func (l *lab) happens(r *mta.Receiver, p *smtpwire.Peer, from, to string) (ends []string) {
	l.t.Helper()
	ctx := l.t.Context()
	env := l.envelope(from)
	if err := r.Rcpt(ctx, p, env, smtpwire.Rcpt{To: parse(l.t, to)}); err != nil {
		return []string{"refuse " + to}
	}
	env.Rcpts = []smtpwire.Rcpt{{To: parse(l.t, to)}}
	before := len(l.journal.find())
	_, err := r.Data(ctx, p, env, strings.NewReader(letter))
	l.must(err)
	l.drained()
	for _, line := range l.journal.find()[before:] {
		ends = append(ends, l.ended(line)...)
	}
	slices.Sort(ends)
	return slices.Compact(ends)
}

// ended is what a line of the log says about the end of a road.
func (l *lab) ended(line string) []string {
	fields := map[string]string{}
	for word := range strings.FieldsSeq(line) {
		if key, value, ok := strings.Cut(word, "="); ok && fields[key] == "" {
			fields[key] = strings.Trim(value, "<>")
		}
	}
	to := fields["to"]
	switch event, _, _ := strings.Cut(line, " "); {
	case event == "bounced":
		return []string{"fail " + to}
	case event == "discarded":
		return []string{"discard " + to}
	case event != "delivered":
		return nil
	case fields["mailbox"] != "":
		return []string{"local " + baseOf(l, to)}
	case fields["host"] != "":
		return []string{wayOf(to, fields["host"]) + " " + to + " " + fields["host"]}
	}
	return nil // an alias, whose targets have lines of their own
}

// baseOf is the account that an address of the lab belongs to.
func baseOf(l *lab, to string) string {
	x, err := l.dir.Expand(l.t.Context(), parse(l.t, to))
	l.must(err)
	if len(x.Accounts) == 0 {
		return to
	}
	return x.Accounts[0].Account.Address
}

func wayOf(to, host string) string {
	a, _ := address.ParseAddress(to)
	switch {
	case a.IsLiteral():
		return "literal"
	case strings.HasPrefix(host, "["):
		return "host"
	}
	return "mx"
}
