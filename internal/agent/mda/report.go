package mda

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tram/internal/mail/dsn"
	"tram/internal/queue"
)

// Who hears of what (RFC 3461 5.2.7):
//
//	mailbox                       delivered
//	alias with one target         nothing here; ORCPT and NOTIFY go on with the message
//	alias with several            expanded, and NOTIFY goes on without SUCCESS
//	list                          delivered; nothing goes on, the copies are the list's mail
//
// so that a sender gets one report for each recipient, whatever it stands for.

// report returns the outcomes for SettleTx and prepares the notification about
// them. Recipients that failed are left to the caller. It is nil when there
// are no others.
func (d *Deliverer) report(ctx context.Context, p *plan, outcomes []queue.Outcome) ([]queue.Outcome, error) {
	settled := make([]queue.Outcome, len(outcomes))
	some := false
	for _, i := range p.rcpts {
		if r := outcomes[i].Result; r == queue.Delivered || r == queue.Deferred {
			settled[i] = outcomes[i]
			some = true
		}
	}
	if !some {
		return nil, nil
	}
	if d.o.Reporter != nil {
		for _, i := range p.silent {
			settled[i].Result = queue.Untouched
		}
		report, err := d.o.Reporter.Report(ctx, p.e, settled)
		if err != nil {
			return nil, fmt.Errorf("write the report: %w", err)
		}
		if report != nil {
			p.pending = append(p.pending, report)
		}
		for _, i := range p.silent {
			settled[i].Result = outcomes[i].Result
		}
	}
	return settled, nil
}

// action is what a report says of an alias with several targets.
func action(several bool) dsn.Action {
	if several {
		return dsn.Expanded
	}
	return dsn.Delivered
}

// withoutSuccess is NOTIFY as it goes on from an alias with several targets.
// What asked for nothing else asks for nothing now, which absence would not
// say: without NOTIFY a failure is told.
func withoutSuccess(notify string) string {
	if !strings.Contains(notify, "SUCCESS") {
		return notify
	}
	words := slices.DeleteFunc(strings.Split(notify, ","), func(w string) bool { return w == "SUCCESS" })
	if len(words) == 0 {
		return "NEVER"
	}
	return strings.Join(words, ",")
}
