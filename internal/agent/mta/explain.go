package mta

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

// Limits of an explanation.
const (
	maxEnds     = 1000 // who get the mail; what is beyond is counted only
	maxListDeep = 5    // lists that are members of lists
	maxLookedUp = 100  // next hops whose hosts are looked up
)

// ExplainedDirectory is what an explanation asks beyond production.
// *directory.Directory is one.
type ExplainedDirectory interface {
	Directory
	Lister
	ExpandTree(ctx context.Context, a address.Address) (directory.Expansion, error)
}

// Backlog says what waits for domains. *queue.Queue is one.
type Backlog interface {
	Destinations(ctx context.Context, most int) (list []queue.Destination, all int, err error)
}

// Explainer says what would become of mail, and changes nothing. It calls the
// functions that decide in production: Admit, RewriteSender, RewriteRecipient,
// Route, Exchangers.
type Explainer struct {
	MTA       *MTA
	Directory ExplainedDirectory
	Usage     Usage
	Queue     Backlog
	Networks  []netip.Prefix
	// Callout asks the next hop about recipients as RCPT does. Its answers are
	// remembered, which is all that an explanation leaves behind. nil: nobody is
	// asked, and such recipients seem to be taken.
	Callout Callout
}

// Inquiry is what is asked: mail from somebody to somebody.
type Inquiry struct {
	From, To address.Address // From may be the null sender
	Client   netip.Addr      // who hands it in on port 25; invalid: a user of ours who has logged in
	Helo     string
	Size     int64 // octets, 0 when not known
}

// Explanation is the road of mail from here, step by step.
type Explanation struct {
	From, To   address.Address // as they are after rewriting
	Trusted    bool            // the client is one of ours
	Rewritten  []Step          // rules that changed an address
	Resolution directory.Resolution
	Admission  Admission       // at RCPT
	Tree       *directory.Node // of an alias
	Copies     []address.Address
	Ends       []End
	More       int // ends beyond the limit
}

// End is one who gets the mail, or where it stops.
type End struct {
	Address string // of the recipient, or what stands for it: a file, a program
	Via     string // the list whose member it is
	Decision
	Outcome  string // local, mx, host, literal, lmtp, discard, hold, fail, refuse, file or program
	From     address.Address
	Hosts    []HopHost
	TLS      smtpclient.TLSMode
	Account  *directory.Account // of Local
	Bytes    int64              // that it holds
	Messages int64
	Waiting  *queue.Destination // of a remote end: what waits in the queue for the domain
	Pause    time.Time          // the next hop is not tried before, after trouble
	Trouble  string             // which was that
}

// Explain answers an inquiry.
func (x *Explainer) Explain(ctx context.Context, q Inquiry) (*Explanation, error) {
	rules, err := x.Directory.Rules(ctx)
	if err != nil {
		return nil, err
	}
	e := &explaining{x: x, rules: rules, seen: make(map[string]bool), hosts: make(map[Hop]lookedUp)}
	who := Client{IP: q.Client, Helo: q.Helo}
	if !q.Client.IsValid() {
		who.User = cmp.Or(q.From.String(), "-")
	} else if rules.NamesClients() {
		who.Name = x.MTA.NameOf(ctx, q.Client)
	}
	policy := PolicyConfig{Networks: x.Networks, Explain: true}
	e.out.Trusted = Trusted(policy, who, rules)
	e.rewrite(q)
	env := Envelope{Sender: e.out.From}
	f, s, err := lookUp(ctx, x.Directory, x.Usage, rules, env, e.out.To, q.Size)
	if err != nil {
		return nil, err
	}
	e.out.Resolution = f.Resolution
	e.out.Admission = Admit(policy, who, env, e.out.To, f, s)
	e.ask(ctx, env, f)
	if e.stopped(env, f) {
		return &e.out, nil
	}
	if err := e.follow(ctx, env, e.out.To, f.Resolution, ""); err != nil {
		return nil, err
	}
	return &e.out, e.copies(ctx, env)
}

// explaining is one answer that grows.
type explaining struct {
	x     *Explainer
	rules *directory.Rules
	out   Explanation
	seen  map[string]bool // ends
	deep  int             // lists in lists

	hosts   map[Hop]lookedUp
	waiting map[string]*queue.Destination // by domain; nil before it is needed
}

// rewrite notes the rules that change an address.
func (e *explaining) rewrite(q Inquiry) {
	e.out.From, e.out.To = RewriteSender(e.rules, q.From), RewriteRecipient(e.rules, q.To)
	e.changed("sender", q.From, e.out.From)
	e.changed("recipient", q.To, e.out.To)
}

func (e *explaining) changed(what string, before, after address.Address) {
	if before != after {
		e.out.Rewritten = append(e.out.Rewritten, Step{what, before.String() + " → " + after.String()})
	}
}

// ask hears from the next hop what the client would hear at RCPT.
func (e *explaining) ask(ctx context.Context, env Envelope, f Facts) {
	a := &e.out.Admission
	if a.Verdict != Accept || !a.Ask || e.x.Callout == nil {
		return
	}
	if reply := ask(ctx, e.x.Callout, env, e.out.To, f); reply != nil {
		a.Verdict, a.Reply, a.Why = Refuse, reply, "the next hop does not take the recipient"
	}
}

// stopped ends the road at RCPT.
func (e *explaining) stopped(env Envelope, f Facts) bool {
	a := &e.out.Admission
	end := End{Address: e.out.To.String(), From: env.Sender, Outcome: a.Verdict.String()}
	switch a.Verdict {
	case Refuse:
		end.Decision = Decision{Hop: Hop{Way: Fail}, Reply: a.Reply, Why: a.Why}
	case Drop:
		end.Decision = Decision{Hop: Hop{Way: Discard}, Why: a.Why}
	case Freeze:
		end.Decision = Decision{Hop: Hop{Way: Hold, Name: a.Rule.Do().Text}, Why: a.Why}
	default:
		d := Route(RouteConfig{Explain: true}, env, e.out.To, f)
		if d.Reply == nil {
			return false
		}
		a.Verdict, a.Reply, a.Why = Refuse, d.Reply, d.Why
		end.Decision, end.Outcome = d, Refuse.String()
	}
	e.out.Ends = append(e.out.Ends, end)
	return true
}

// follow goes on from an address that mail was taken for. via is the list that
// it came by.
func (e *explaining) follow(ctx context.Context, env Envelope, to address.Address, res directory.Resolution, via string) error {
	c := e.x.MTA.route
	c.Explain = true
	d := Route(c, env, to, Facts{Resolution: res, Rules: e.rules})
	if d.Way != Local {
		return e.add(ctx, End{Address: to.String(), Via: via, Decision: d, From: env.Sender})
	}
	x, err := e.x.Directory.ExpandTree(ctx, to)
	if err != nil {
		return err
	}
	if e.out.Tree == nil {
		e.out.Tree = x.Tree
	}
	return e.expanded(ctx, env, d, &x, via)
}

// expanded follows what an address of ours stands for.
func (e *explaining) expanded(ctx context.Context, env Envelope, d Decision, x *directory.Expansion, via string) error {
	for i := range x.Accounts {
		a := &x.Accounts[i].Account
		if err := e.add(ctx, End{Address: a.Address, Via: via, Decision: d, From: env.Sender, Account: a}); err != nil {
			return err
		}
	}
	for _, o := range x.Outlets {
		outcome := "file"
		if o.Target.Kind == directory.ToProgram {
			outcome = "program"
		}
		if err := e.add(ctx, End{Address: o.Target.String(), Via: via, Decision: d, From: env.Sender, Outcome: outcome}); err != nil {
			return err
		}
	}
	for _, failure := range x.Failures {
		d := Decision{Hop: Hop{Way: Fail}, Reply: smtpwire.NewReply(550, "5.1.1", failure.Err.Error()), Why: "an address behind it gets no mail"}
		if err := e.add(ctx, End{Address: failure.Address.String(), Via: via, Decision: d, From: env.Sender}); err != nil {
			return err
		}
	}
	for _, to := range x.Remote {
		if err := e.resolve(ctx, env, to, via); err != nil {
			return err
		}
	}
	for i := range x.Lists {
		if err := e.list(ctx, &x.Lists[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e *explaining) resolve(ctx context.Context, env Envelope, to address.Address, via string) error {
	res, err := e.x.Directory.Resolve(ctx, to)
	if err != nil {
		return err
	}
	return e.follow(ctx, env, to, res, via)
}

// list follows the members of a list, who get the mail from its bounces
// address.
func (e *explaining) list(ctx context.Context, l *directory.List) error {
	posting, err := address.ParseAddress(l.Address)
	if err != nil || e.deep == maxListDeep {
		return err
	}
	e.deep++
	defer func() { e.deep-- }()
	members := l.Members
	if members == nil {
		full, err := e.x.Directory.List(ctx, l.Address)
		if err != nil {
			return err
		}
		members = full.Members
	}
	env := Envelope{Sender: address.Address{Local: posting.Local + "-bounces", Domain: posting.Domain}}
	for _, m := range members {
		to, err := address.ParseAddress(m)
		if err != nil {
			continue
		}
		if err := e.resolve(ctx, env, to, l.Address); err != nil {
			return err
		}
	}
	return nil
}

// copies follows those who get a copy.
func (e *explaining) copies(ctx context.Context, env Envelope) error {
	for _, c := range e.rules.CopiesOf(env.Sender, []address.Address{e.out.To}) {
		to, err := address.ParseAddress(c.To)
		if err != nil || to.Fold() == e.out.To.Fold() {
			continue
		}
		e.out.Copies = append(e.out.Copies, to)
		if err := e.resolve(ctx, env, to, ""); err != nil {
			return err
		}
	}
	return nil
}

// add completes an end and keeps it, once.
func (e *explaining) add(ctx context.Context, end End) error {
	if e.seen[end.Address] {
		return nil
	}
	e.seen[end.Address] = true
	if len(e.out.Ends) == maxEnds {
		e.out.More++
		return nil
	}
	end.Outcome = cmp.Or(end.Outcome, end.Way.String())
	var err error
	switch {
	case end.Way.IsRemote():
		err = e.remote(ctx, &end)
	case end.Account != nil && e.x.Usage != nil:
		end.Bytes, end.Messages, err = e.x.Usage.Usage(ctx, end.Account.ID)
	}
	e.out.Ends = append(e.out.Ends, end)
	return err
}
