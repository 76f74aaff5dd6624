package mta

import (
	"context"
	"log/slog"

	"tram/internal/directory"
	"tram/internal/mail/dsn"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

// discarded is the action of mail that a rule throws away. It is for the log:
// no notification tells of it.
const discarded dsn.Action = "discarded"

var (
	// errTooLate is for mail whose sender set a deadline (RFC 2852 4.1.3).
	errTooLate = smtpwire.NewReply(554, "5.4.7", "The deadline that the sender has set is over")
	saidAway   = smtpwire.NewReply(250, "2.0.0", "Thrown away by a route").Error()
)

// plan is what is to be done with the recipients of an entry.
type plan struct {
	local   []int
	found   []directory.Resolution // of local, in the same order
	outlets []int                  // files and programs
	remote  map[Hop][]int
	settled []verdict // decided already
	held    bool      // the entry stays until an administrator lets it go
	why     string    // that is
}

// plan decides about the recipients that are due, and about those that are
// late or over their deadline though it is not their turn.
func (m *MTA) plan(ctx context.Context, e *queue.Entry) (plan, error) {
	var p plan
	rules, err := m.o.Directory.Rules(ctx)
	if err != nil {
		return p, err
	}
	for i := range e.Rcpts {
		switch {
		case e.Overdue():
			p.settle(i, queue.Failed, errTooLate.Error())
		case e.Due(i):
			err = m.planRcpt(ctx, &p, e, i, rules)
		case e.WarnDue(i):
			p.settled = append(p.settled, verdict{i, queue.Outcome{Warned: true}})
		}
		if err != nil {
			return plan{}, err
		}
	}
	return p, nil
}

func (m *MTA) planRcpt(ctx context.Context, p *plan, e *queue.Entry, i int, rules *directory.Rules) error {
	if e.Rcpts[i].Outlet != "" { // a file or a program: nobody need be asked
		p.outlets = append(p.outlets, i)
		return nil
	}
	res, err := m.o.Directory.Resolve(ctx, e.Rcpts[i].To)
	if err != nil {
		return err
	}
	switch d := Route(m.route, Envelope{Sender: e.Sender}, e.Rcpts[i].To, Facts{Resolution: res, Rules: rules}); d.Way {
	case Local:
		p.local, p.found = append(p.local, i), append(p.found, res)
	case Discard:
		p.settled = append(p.settled, verdict{i, queue.Outcome{Result: queue.Delivered, Action: discarded, Reply: saidAway}})
	case Hold:
		p.held, p.why = true, d.Name
	case Fail:
		p.fail(m.o.Queue, e, i, d.Reply)
	default:
		if p.remote == nil {
			p.remote = make(map[Hop][]int)
		}
		p.remote[d.Hop] = append(p.remote[d.Hop], i)
	}
	return nil
}

func (p *plan) settle(i int, r queue.Result, reply string) {
	p.settled = append(p.settled, verdict{i, queue.Outcome{Result: r, Reply: reply}})
}

// fail settles a recipient that goes nowhere. A route may also say "not now".
func (p *plan) fail(q *queue.Queue, e *queue.Entry, i int, reply *smtpwire.Reply) {
	if reply.Temporary() {
		p.settled = append(p.settled, verdict{i, q.Defer(e, i, reply.Error())})
		return
	}
	p.settle(i, queue.Failed, reply.Error())
}

// hold puts an entry on hold; it stops when its flight ends. Recipients that go
// elsewhere are served in this flight.
func (m *MTA) hold(ctx context.Context, e *queue.Entry, why string) {
	if why == "" {
		why = "a route says so"
	}
	n, err := m.o.Queue.Hold(ctx, queue.Only(e.ID), why)
	if err != nil {
		m.o.Log.LogAttrs(ctx, slog.LevelError, "message cannot be held", slog.String("id", e.ID.String()), slog.Any("err", err))
		return
	}
	if n > 0 {
		m.o.Log.LogAttrs(ctx, slog.LevelInfo, "held", slog.String("id", e.ID.String()), slog.String("why", why))
	}
}
