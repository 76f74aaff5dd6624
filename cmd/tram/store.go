package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) storeCommand() *cobra.Command {
	return group("store", a.say.shortStore, a.complete(a.storeVerify(), false, accountNames))
}

// errProblems is the end of a verification that found something.
var errProblems = errors.New("the stores have problems")

func (a *app) storeVerify() *cobra.Command {
	var v control.Verify
	c := &cobra.Command{
		Use: "verify [ADDRESS]", Short: a.say.shortStoreVerify, Long: a.say.longStoreVerify, Args: args(cobra.MaximumNArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			v.Address = first(args)
			return a.verify(ctx, ops, v)
		}),
	}
	c.Flags().BoolVar(&v.Repair, "repair", false, a.say.flagRepair)
	return c
}

// verified is the result as JSON.
type verified struct {
	OK       bool              `json:"ok"`
	Problems []control.Problem `json:"problems"`
}

func (a *app) verify(ctx context.Context, ops control.Operations, v control.Verify) error {
	out := verified{Problems: []control.Problem{}}
	err := ops.Verify(ctx, v, func(f control.Finding) error {
		if f.Progress != nil {
			a.showProgress(f.Progress)
		}
		if f.Problem != nil {
			out.Problems = append(out.Problems, *f.Problem)
			a.printf("%s", problemText(f.Problem))
		}
		return nil
	})
	a.clearProgress()
	if err != nil {
		return err
	}
	out.OK = len(out.Problems) == 0
	if a.json {
		err = a.printJSON(out)
	}
	switch {
	case err != nil:
		return err
	case out.OK:
		a.printf("%s", a.say.storeOK)
		return nil
	case v.Repair:
		a.printf(a.say.storeRepaired, len(out.Problems))
		return nil
	}
	return &codedError{exitData, errProblems}
}

// problemText is where a problem is and what it is.
func problemText(p *control.Problem) string {
	var where []string
	for _, part := range []string{p.Account, p.Mailbox} {
		if part != "" {
			where = append(where, part)
		}
	}
	if p.UID != 0 {
		where = append(where, fmt.Sprintf("UID %d", p.UID))
	}
	if p.Body != "" {
		where = append(where, "body "+p.Body)
	}
	return printable(strings.Join(where, ", ") + ": " + p.Text)
}

// showProgress writes over the last line of a terminal.
func (a *app) showProgress(p *control.Progress) {
	if !isTerminal(a.stderr) {
		return
	}
	text := p.What
	if p.Total > 0 {
		text = fmt.Sprintf("%d/%d %s", p.Done+1, p.Total, p.What)
	}
	fmt.Fprintf(a.stderr, "\r\x1b[K%s", printable(text))
}

func (a *app) clearProgress() {
	if isTerminal(a.stderr) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
}
