package mta_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// relayForms are ways to talk a server into relaying, from the collections of
// open relay testers and the histories of other servers.
var relayForms = []string{
	"<x@far.example>", "<X@FAR.EXAMPLE>", "<@here.example:x@far.example>", "<@here.example,@far.example:x@far.example>",
	"<@mx.here.example:x@far.example>", "<@[192.0.2.1]:x@far.example>", "<@far.example:x@far.example>",
	"<x%far.example@here.example>", "<x%far.example@mx.here.example>", "<x%far.example@[192.0.2.1]>", "<x%far.example%here.example@here.example>",
	"<x@far.example@here.example>", "<x@far.example@mx.here.example>", "<\"x@far.example\"@here.example>", "<\"x%far.example\"@here.example>",
	"<\"x@far.example\"@[192.0.2.1]>", "<\"x@far.example\">", "<\"x\"@far.example>", "<far.example!x>", "<far.example!x@here.example>",
	"<here.example!x@far.example>", "<\"far.example!x\"@here.example>", "<far.example!x@[192.0.2.1]>", "<here.example!far.example!x>",
	"<x@far.example.>", "<x@[203.0.113.9]>", "<x@[IPv6:2001:db8::9]>", "<x@203.0.113.9>", "<x@localhost>", "<x@mx.here.example>", "<x@far.here.example>",
	"<x@here.example.far.example>", "<x@xhere.example>", "<@here.example:\"x@far.example\"@here.example>", "<@here.example:x%far.example@here.example>",
	"x@far.example", "<<x@far.example>>", "< x@far.example>", "<x@far.example >", "<x@far.example>,<an@here.example>", "<an@here.example,x@far.example>",
	"<an@here.example>x@far.example", "<x@far.example(here.example)>", "<x(@here.example)@far.example>", "<x@far.example;here.example>",
	"<x@far.example\\@here.example>", "<\"x\\@far.example\"@here.example>", "<x+tag@far.example>", "<an+x@far.example@here.example>",
	"<x@here\u3002far.example>", "<x@far.example\uff20here.example>", "<x\u0000@far.example>", "<\"x\\\"@here.example\"@far.example>",
	"<'x@far.example'@here.example>", "<x@far.example\t@here.example>", "<:x@far.example>", "<@:x@far.example>", "<,x@far.example>", "<@here.example;x@far.example>",
	"<x@FAR\uff0eexample>", "<@inner.example:x@far.example>", "<@old.example:x@far.example>",
}

// relayedForms are ways through a host that we relay to, which trusts us.
var relayedForms = []string{
	"<x%far.example@inner.example>", "<far.example!x@inner.example>", "<\"x@far.example\"@inner.example>", "<x%far.example@stands.example>",
	"<x%far.example@old.example>", "<far.example!x@old.example>", "<\"x@far.example\"@old.example>", "<far.example!x%other.example@INNER.example>",
}

// withEverything gives the lab a domain that it relays, alias domains, rules of
// all kinds: what must not open a way for strangers.
func (l *lab) withEverything() {
	l.t.Helper()
	ctx := l.t.Context()
	for _, d := range []directory.Domain{
		{Name: "inner.example", Kind: directory.Relayed},
		{Name: "old.example", Kind: directory.AliasDomain, Target: "inner.example"},
		{Name: "stands.example", Kind: directory.AliasDomain, Target: "here.example"},
	} {
		_, err := l.dir.AddDomain(ctx, d)
		l.must(err)
	}
	l.must(l.dir.ChangeRules(ctx, directory.Rules{}, directory.Rules{
		Routes: []directory.Route{
			{By: directory.ByRecipient, Match: "inner.example", NextHop: "smtp:[127.0.0.9]"},
			{By: directory.ByRecipient, Match: "far.example", NextHop: "smtp:[127.0.0.8]"},
			{By: directory.BySender, Match: "an@here.example", NextHop: "smtp:[127.0.0.7] auth=an"},
		},
		Rewrites: []directory.Rewrite{
			{Kind: directory.Canonical, Match: "an.old@here.example", To: "an@here.example"},
			{Kind: directory.CanonicalSender, Match: "x@there.example", To: "an@here.example"},
			{Kind: directory.Masquerade, Match: ".here.example", To: "here.example"},
			{Kind: directory.Generic, Match: "here.example", To: "public.example"},
		},
		Access: []directory.Access{
			{By: directory.ByMailFrom, Match: "here.example", Action: "relay"}, // a claim opens nothing
			{By: directory.ByHelo, Match: "client.example", Action: "relay"},
			{By: directory.ByRcptTo, Match: "here.example", Action: "ok"},
			{By: directory.ByClient, Match: "10.0.0.0/8", Action: "relay"},
		},
		Copies: []directory.Copy{{By: directory.CopyAlways, To: "an@here.example"}},
	}))
}

// TestOpenRelay: no form of address makes the server take mail for others,
// whatever domains and rules there are.
func TestOpenRelay(t *testing.T) {
	for _, everything := range []bool{false, true} {
		l := newLab(t, "")
		forms := relayForms
		if everything {
			l.withEverything()
			forms = append(relayForms[:len(relayForms):len(relayForms)], relayedForms...)
		}
		r := mta.NewReceiver(mta.ReceiverOptions{Intake: l.intake, Directory: l.dir})
		taken := 0
		for _, sender := range []string{"", "a@there.example", "an@here.example", "x@far.example", "postmaster@here.example", "x@there.example"} {
			for _, form := range forms {
				for _, utf8 := range []bool{false, true} {
					rcpt, err := smtpwire.ParseRcpt("TO:"+form, 0, utf8)
					if err != nil {
						continue // refused before it is looked at
					}
					taken++
					e := &smtpwire.Envelope{From: parse(t, sender)}
					err = r.Rcpt(t.Context(), peer(), e, rcpt)
					var reply *smtpwire.Reply
					if !errors.As(err, &reply) || !reply.Permanent() {
						t.Errorf("from %q, RCPT TO:%s was taken as %s: %v", sender, form, rcpt.To.Path(), err)
					}
				}
			}
		}
		if taken < 200 {
			t.Errorf("only %d forms reached the policy", taken)
		}
	}
}

// TestOpenRelayOverTheWire says all forms to the real door.
func TestOpenRelayOverTheWire(t *testing.T) {
	l := newLab(t, twoHouses)
	l.withEverything()
	at := l.door("127.0.0.2")
	var conn net.Conn
	var r *bufio.Reader
	for i, form := range append(relayForms[:len(relayForms):len(relayForms)], relayedForms...) {
		if i%5 == 0 { // refused commands are counted
			conn, r = l.knock(at.String())
		}
		if reply := l.say(conn, r, "MAIL FROM:<an@here.example> SMTPUTF8\r\n"); !strings.HasPrefix(reply, "250") {
			t.Fatalf("MAIL: %s", reply)
		}
		if reply := l.say(conn, r, fmt.Sprintf("RCPT TO:%s\r\n", form)); !strings.HasPrefix(reply, "5") {
			t.Errorf("RCPT TO:%s: %s", form, reply)
		}
		l.say(conn, r, "RSET\r\n")
	}
	// The same door takes what it should.
	conn, r = l.knock(at.String())
	l.say(conn, r, "MAIL FROM:<a@there.example>\r\n")
	for _, to := range []string{"an@here.example", "an@stands.example", "x@inner.example", "x@old.example", "an.old@here.example", "postmaster"} {
		if reply := l.say(conn, r, "RCPT TO:<"+to+">\r\n"); !strings.HasPrefix(reply, "250") {
			t.Errorf("RCPT TO:<%s>: %s", to, reply)
		}
	}
}
