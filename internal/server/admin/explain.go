package admin

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/server/control"
)

// SetExplainer gives the operations what Explain asks: the transfer agent of
// the running server, or one that is made of the configuration for the purpose.
func (a *Admin) SetExplainer(explainer func() (*mta.Explainer, error)) { a.explainer = explainer }

// Explain implements control.Operations.
func (a *Admin) Explain(ctx context.Context, q control.ExplainQuery) (control.Explanation, error) {
	inquiry, err := inquiryIn(q)
	if err != nil {
		return control.Explanation{}, err
	}
	if a.explainer == nil {
		return control.Explanation{}, control.Errorf(control.NotRunning, "nothing here knows the way of mail")
	}
	x, err := a.explainer()
	if err != nil {
		return control.Explanation{}, err
	}
	e, err := x.Explain(ctx, inquiry)
	if err != nil {
		return control.Explanation{}, kinded(err)
	}
	return explanationOut(q, e), nil
}

func inquiryIn(q control.ExplainQuery) (in mta.Inquiry, err error) {
	in.Helo, in.Size = q.Helo, q.Size
	if in.To, err = address.ParsePath("<" + strings.Trim(q.Address, "<>") + ">"); err != nil || in.To.IsNull() {
		return in, control.Errorf(control.Invalid, "recipient %q: %v", q.Address, orNull(err))
	}
	if in.From, err = address.ParsePath("<" + strings.Trim(q.From, "<>") + ">"); err != nil {
		return in, control.Errorf(control.Invalid, "sender %q: %v", q.From, err)
	}
	if q.Client != "" {
		if in.Client, err = netip.ParseAddr(q.Client); err != nil {
			return in, control.Errorf(control.Invalid, "client %q is not an IP address", q.Client)
		}
	}
	return in, nil
}

func orNull(err error) error {
	if err == nil {
		return address.SyntaxError("the null sender gets no mail")
	}
	return err
}

func explanationOut(q control.ExplainQuery, e *mta.Explanation) control.Explanation {
	out := control.Explanation{
		Address: e.To.String(), From: senderName(e.From), Client: q.Client, Trusted: e.Trusted,
		Verdict: e.Admission.Verdict.String(), Why: e.Admission.Why, Ask: e.Admission.Ask,
		Class: e.Resolution.Class.String(), Domain: e.Resolution.Domain.Name, Via: e.Resolution.Via,
		Rewrite: stepsOut(e.Rewritten), Policy: stepsOut(e.Admission.Steps), Tree: nodeOut(e.Tree),
		Final: []control.Final{}, More: e.More,
	}
	if e.Admission.Reply != nil {
		out.Reply = e.Admission.Reply.Error()
	}
	if out.Domain != "" {
		out.Kind = e.Resolution.Domain.Kind.String()
	}
	for _, c := range e.Copies {
		out.Copies = append(out.Copies, c.String())
	}
	for i := range e.Ends {
		out.Final = append(out.Final, finalOut(&e.Ends[i]))
	}
	return out
}

func senderName(a address.Address) string {
	if a.IsNull() {
		return "<>"
	}
	return a.String()
}

func stepsOut(steps []mta.Step) (out []control.ExplainStep) {
	for _, s := range steps {
		out = append(out, control.ExplainStep(s))
	}
	return out
}

func nodeOut(n *directory.Node) *control.ExplainNode {
	if n == nil {
		return nil
	}
	out := &control.ExplainNode{Address: n.Address, What: n.What, Via: n.Via}
	for _, child := range n.Children {
		out.Children = append(out.Children, nodeOut(child))
	}
	return out
}

func finalOut(e *mta.End) control.Final {
	out := control.Final{
		Address: e.Address, Way: e.Outcome, Why: e.Why, From: senderName(e.From), Via: e.Via, Steps: stepsOut(e.Steps),
		Pause: e.Pause, Trouble: e.Trouble, Bytes: e.Bytes, Messages: e.Messages,
	}
	if e.Reply != nil {
		out.Reply = e.Reply.Error()
	}
	if e.Rule != nil {
		out.Rule = fmt.Sprintf("%s → %s", e.Rule.Match, e.Rule.NextHop)
	}
	if e.Way.IsRemote() {
		out.Hop, out.TLS, out.User = e.Hop.String(), string(e.TLS), e.Hop.User
	}
	for _, h := range e.Hosts {
		out.Hosts = append(out.Hosts, hostOut(h))
	}
	if a := e.Account; a != nil {
		out.QuotaBytes, out.QuotaMessages = a.QuotaBytes, a.QuotaMessages
	}
	if w := e.Waiting; w != nil {
		out.Waiting, out.Oldest = w.Entries, w.Oldest
		if out.Pause.IsZero() && !w.Blocked.IsZero() {
			out.Pause, out.Trouble = w.Blocked, w.Reply
		}
	}
	return out
}

func hostOut(h mta.HopHost) control.ExplainHost {
	out := control.ExplainHost{Name: h.Name, Preference: int(h.Preference), Trouble: h.Trouble}
	for _, addr := range h.Addresses {
		out.Addresses = append(out.Addresses, addr.String())
	}
	return out
}
