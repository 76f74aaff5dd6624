package mta_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
)

// TestExplainAsks: where recipients are verified with the next hop, an
// explanation knows what the next hop says, and without somebody who asks it
// says that it would be asked.
func TestExplainAsks(t *testing.T) {
	l := newLab(t, "")
	l.host("127.0.0.4", smtptest.Options{Reply: func(step, arg string) string {
		if step == "RCPT" && strings.Contains(arg, "nobody") {
			return "550 5.1.1 Who is that?"
		}
		return ""
	}})
	_, err := l.dir.AddDomain(t.Context(), directory.Domain{Name: "inner.example", Kind: directory.Relayed, Verify: directory.VerifyCallout})
	l.must(err)
	l.policed(directory.Rules{Routes: []directory.Route{
		{By: directory.ByRecipient, Match: "inner.example", NextHop: fmt.Sprintf("smtp:[127.0.0.4]:%d tls=none", l.port)},
	}})
	l.start()
	caller := mta.NewCaller(mta.CallerOptions{MTA: func() *mta.MTA { return l.mta }})
	for _, test := range []struct {
		to      string
		callout mta.Callout
		want    string
	}{
		{"an@inner.example", caller, "host "},
		{"nobody@inner.example", caller, "refuse 550 5.1.1 The next hop says: 550 5.1.1 Who is that?"},
		{"nobody@inner.example", nil, "host "},
	} {
		x := &mta.Explainer{MTA: l.mta, Directory: l.dir, Queue: l.queue, Callout: test.callout}
		e, err := x.Explain(t.Context(), mta.Inquiry{From: parse(t, "a@there.example"), To: parse(t, test.to), Client: netip.MustParseAddr("192.0.2.9")})
		l.must(err)
		end := e.Ends[0]
		got := end.Outcome + " "
		if end.Reply != nil {
			got += end.Reply.Error()
		}
		if got != test.want || !e.Admission.Ask {
			t.Errorf("%s: %q, want %q", test.to, got, test.want)
		}
	}
}
