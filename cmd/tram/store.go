package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
)

func (a *app) storeCommand() *cobra.Command {
	return group("store", a.say.shortStore,
		a.complete(a.storeVerify(), false, accountNames), a.complete(a.storeRepair(), false, accountNames),
		a.storeCompact(), a.complete(a.storeReindex(), false, accountNames))
}

// errProblems is the end of a verification that found something.
var errProblems = errors.New("the stores have problems")

func (a *app) storeVerify() *cobra.Command {
	c := a.verification("verify", a.say.shortStoreVerify, a.say.longStoreVerify, new(control.Verify))
	return c
}

func (a *app) storeRepair() *cobra.Command {
	return a.verification("repair", a.say.shortStoreRepair, a.say.longStoreRepair, &control.Verify{Repair: true})
}

// verification is verify or repair, which take the same flags but for one.
func (a *app) verification(name, short, long string, v *control.Verify) *cobra.Command {
	var rate string
	c := &cobra.Command{
		Use: name + " [ADDRESS]", Short: short, Long: long, Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if v.Rate, err = parseRate(rate); err != nil {
				return err
			}
			if v.Quarantine && !v.Repair {
				return usageErrorf("--quarantine moves messages, and verify changes nothing; use tram store repair --quarantine")
			}
			v.Address = first(args)
			return a.with(c.Context(), func(ops control.Operations) error { return a.verify(c.Context(), ops, *v) })
		},
	}
	if !v.Repair {
		c.Flags().BoolVar(&v.Repair, "repair", false, a.say.flagRepair)
	}
	c.Flags().BoolVar(&v.Quarantine, "quarantine", false, a.say.flagQuarantine)
	c.Flags().StringVar(&rate, "rate", "", a.say.flagRate)
	return c
}

// parseRate reads octets a second; 0 means the usual, -1 no limit.
func parseRate(s string) (int64, error) {
	switch s {
	case "":
		return 0, nil
	case "max":
		return -1, nil
	}
	size, err := config.ParseSize(s)
	if err == nil && size <= 0 {
		err = errors.New("it must be more than nothing")
	}
	if err != nil {
		return 0, usageErrorf("rate: %v", err)
	}
	return int64(size), nil
}

// verified is the result as JSON.
type verified struct {
	OK       bool              `json:"ok"` // nothing is wrong, or, after a repair, nothing is any more
	Problems []control.Problem `json:"problems"`
}

// damaged and moved count the problems that no repair mends.
func (v *verified) damaged() (damaged, moved int) {
	for i := range v.Problems {
		switch p := &v.Problems[i]; {
		case p.MovedTo != "":
			moved++
		case p.Damaged && p.Body == "": // as a body it is there once more
			damaged++
		}
	}
	return damaged, moved
}

// lasting counts the problems that are still there after a repair.
func (v *verified) lasting() (n int) {
	for i := range v.Problems {
		if p := &v.Problems[i]; p.MovedTo == "" && (p.Damaged || p.Part != "") {
			n++
		}
	}
	return n
}

func (a *app) verify(ctx context.Context, ops control.Operations, v control.Verify) error {
	out := verified{Problems: []control.Problem{}}
	err := ops.Verify(ctx, v, func(f control.Finding) error {
		if f.Progress != nil {
			a.showProgress(f.Progress)
		}
		if f.Problem != nil {
			a.clearProgress()
			out.Problems = append(out.Problems, *f.Problem)
			a.printf("%s", a.problemText(f.Problem))
		}
		return nil
	})
	a.clearProgress()
	if err != nil {
		return err
	}
	left := len(out.Problems)
	if v.Repair {
		left = out.lasting()
	}
	out.OK = left == 0
	if a.json {
		err = a.printJSON(out)
	} else {
		a.printVerified(v, &out)
	}
	if err == nil && !out.OK {
		err = &codedError{exitData, errProblems}
	}
	return err
}

// printVerified sums up, and says what to do next.
func (a *app) printVerified(v control.Verify, out *verified) {
	damaged, moved := out.damaged()
	switch n := len(out.Problems); {
	case n == 0 && v.Repair:
		a.printf("%s", a.say.storeNothingToRepair)
	case n == 0:
		a.printf("%s", a.say.storeOK)
	case v.Repair:
		a.printf(a.say.storeRepaired, n-out.lasting()-moved)
	default:
		a.printf(a.say.storeProblems, n)
	}
	if moved > 0 {
		a.printf(a.say.storeMoved, moved)
	}
	if damaged > 0 {
		a.printf(a.say.storeDamaged, damaged)
	}
}

// problemText is where a problem is and what it is.
func (a *app) problemText(p *control.Problem) string {
	var where []string
	switch p.Part {
	case "directory":
		where = append(where, a.say.partDirectory)
	case "queue":
		where = append(where, a.say.partQueue)
	}
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
