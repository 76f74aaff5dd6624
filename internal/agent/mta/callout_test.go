package mta_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// asking is a lab with a domain whose recipients are verified with its next
// hop, at addr.
func asking(t *testing.T, o smtptest.Options) (l *lab, r *mta.Receiver, next *smtptest.Host) {
	t.Helper()
	l = newLab(t, "")
	next = l.host("127.0.0.4", o)
	for _, d := range []directory.Domain{
		{Name: "inner.example", Kind: directory.Relayed, Verify: directory.VerifyCallout},
		{Name: "old.example", Kind: directory.AliasDomain, Target: "inner.example"},
	} {
		_, err := l.dir.AddDomain(t.Context(), d)
		l.must(err)
	}
	return l, l.asker(false), next
}

// asker is a receiver that asks next hops.
func (l *lab) asker(takeUnsure bool) *mta.Receiver {
	l.t.Helper()
	l.options.Port = int(l.port)
	agent, err := mta.New(l.options)
	l.must(err)
	caller := mta.NewCaller(mta.CallerOptions{MTA: func() *mta.MTA { return agent }, TakeUnsure: takeUnsure, Log: l.options.Log})
	return l.policed(directory.Rules{Routes: []directory.Route{
		{By: directory.ByRecipient, Match: "inner.example", NextHop: fmt.Sprintf("smtp:[127.0.0.4]:%d tls=none", l.port)},
	}}, func(o *mta.ReceiverOptions) { o.Callout = caller })
}

func ask(t *testing.T, r *mta.Receiver, p *smtpwire.Peer, to string) error {
	t.Helper()
	return r.Rcpt(context.Background(), p, &smtpwire.Envelope{From: parse(t, "a@there.example")}, smtpwire.Rcpt{To: parse(t, to)})
}

// TestCallout: the next hop says who exists, once a name, and gets no mail.
func TestCallout(t *testing.T) {
	_, r, next := asking(t, smtptest.Options{Reply: func(step, arg string) string {
		if step == "RCPT" && strings.Contains(arg, "nobody") {
			return "550 5.1.1 Who is that?"
		}
		return ""
	}})
	for range 3 {
		wantReply(t, ask(t, r, peer(), "an@inner.example"), "")
		wantReply(t, ask(t, r, peer(), "AN@Inner.example"), "")
		wantReply(t, ask(t, r, peer(), "nobody@inner.example"), "550 5.1.1 The next hop says: 550 5.1.1 Who is that?")
		wantReply(t, ask(t, r, peer(), "nobody@old.example"), "550 5.1.1 The next hop says")
		wantReply(t, ask(t, r, own(), "nobody@inner.example"), "") // ours get a notification
	}
	if n := next.Connections(); n != 2 {
		t.Errorf("%d connections for two names", n)
	}
	if got := strings.Join(next.Commands(), "\n"); strings.Contains(got, "DATA") || !strings.Contains(got, "MAIL FROM:<>") || len(next.Messages()) != 0 {
		t.Errorf("the next hop was told:\n%s", got)
	}
}

// TestCalloutTogether: many who ask for one name at once are one question.
func TestCalloutTogether(t *testing.T) {
	_, r, next := asking(t, smtptest.Options{Reply: func(step, _ string) string {
		if step == "RCPT" {
			time.Sleep(50 * time.Millisecond)
		}
		return ""
	}})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { wantReply(t, ask(t, r, peer(), "an@inner.example"), "") })
	}
	all.Wait()
	if n := next.Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestCalloutUnsure: a next hop that does not say leaves the sender waiting, or
// lets him in, as configured.
func TestCalloutUnsure(t *testing.T) {
	for step, reply := range map[string]string{
		"greeting": "drop", "EHLO": "421 4.3.2 closing", "MAIL": "550 5.7.1 I do not like you", "RCPT": "451 4.7.1 greylisted",
	} {
		l, r, _ := asking(t, smtptest.Options{Reply: func(at, _ string) string {
			if at == step {
				return reply
			}
			return ""
		}})
		wantReply(t, ask(t, r, peer(), "an@inner.example"), "450 4.4.1")
		r = l.asker(true)
		wantReply(t, ask(t, r, peer(), "an@inner.example"), "")
	}
	l, r, next := asking(t, smtptest.Options{})
	next.Close()
	wantReply(t, ask(t, r, peer(), "an@inner.example"), "450 4.4.1")
	l.wait(1, "recipient verified", "connection refused")
}

// TestETRN: the queue of a relayed domain is run when asked, not too often, and
// nobody learns of other domains.
func TestETRN(t *testing.T) {
	l := newLab(t, "")
	for name, kind := range map[string]directory.DomainKind{"inner.example": directory.Relayed, "other.example": directory.Relayed} {
		_, err := l.dir.AddDomain(t.Context(), directory.Domain{Name: name, Kind: kind})
		l.must(err)
	}
	q := new(asked)
	r := l.policed(directory.Rules{}, func(o *mta.ReceiverOptions) { o.Runner = q })
	for _, test := range []struct{ domain, want string }{
		{"inner.example", ""}, {"@Other.Example", ""}, {"inner.example", "458 4.7.1"}, {"here.example", "459 4.7.1"},
		{"far.example", "459 4.7.1"}, {"#all", "459 4.7.1"}, {"", "459 4.7.1"},
	} {
		n, err := r.RunQueue(t.Context(), peer(), test.domain)
		wantReply(t, err, test.want)
		if err == nil && n != 3 {
			t.Errorf("%s: %d", test.domain, n)
		}
	}
	if got := strings.Join(q.domains, " "); got != "inner.example other.example" {
		t.Error(got)
	}
}

type asked struct{ domains []string }

func (a *asked) RetryDomain(_ context.Context, domain string) (int, error) {
	a.domains = append(a.domains, domain)
	return 3, nil
}

// TestInquire: VRFY and EXPN tell the truth to those who may hear it.
func TestInquire(t *testing.T) {
	l := newLab(t, "")
	ctx := t.Context()
	l.must(l.dir.AddAlias(ctx, directory.Alias{Address: "team@here.example", Targets: []string{"an@here.example", "x@far.example", "/var/mail/team"}}))
	_, err := l.dir.AddList(ctx, directory.List{Address: "staff@here.example", Owner: "an@here.example", Members: []string{"binh@there.example"}})
	l.must(err)
	truth := map[string][2]string{ // VRFY, EXPN
		"an@here.example":    {"<an@here.example>", "<an@here.example>"},
		"<AN@here.example>":  {"<an@here.example>", "<an@here.example>"},
		"team@here.example":  {"<team@here.example>", "<an@here.example> <x@far.example>"},
		"staff@here.example": {"<staff@here.example>", "<binh@there.example>"},
		"x@far.example":      {"", ""},
		"staff":              {"", ""},
		"a b":                {"", ""},
	}
	for _, test := range []struct {
		candour mta.Candour
		p       *smtpwire.Peer
		told    bool
	}{
		{mta.TellUsers, peer(), false}, {mta.TellUsers, own(), true}, {mta.TellUsers, user(), true},
		{mta.TellNobody, own(), false}, {mta.TellNobody, user(), false}, {mta.TellAnybody, peer(), true},
	} {
		r := l.policed(directory.Rules{}, func(o *mta.ReceiverOptions) {
			o.Inquirer = &mta.Inquirer{Directory: l.dir, Lists: l.dir, Candour: test.candour}
		})
		for arg, want := range truth {
			if !test.told {
				want = [2]string{}
			}
			text, err := r.Verify(ctx, test.p, arg)
			l.must(err)
			lines, err := r.Expand(ctx, test.p, arg)
			l.must(err)
			if text != want[0] || strings.Join(lines, " ") != want[1] {
				t.Errorf("%v, %s: %q and %q, want %q", test.candour, arg, text, lines, want)
			}
		}
		_, err := r.Verify(ctx, test.p, "nobody@here.example")
		want := ""
		if test.told {
			want = "550 5.1.1"
		}
		wantReply(t, err, want)
	}
}
