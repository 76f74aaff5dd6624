package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) mailboxCommand() *cobra.Command {
	return group("mailbox", a.say.shortMailbox,
		a.complete(a.mailboxList(), false, accountNames), a.complete(a.mailboxRights(), false, accountNames))
}

func (a *app) mailboxList() *cobra.Command {
	return &cobra.Command{
		Use: "list ADDRESS", Short: a.say.shortMailboxList, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			return a.listMailboxes(a.say.noMailboxes, func(emit func(control.Mailbox) error) error { return ops.Mailboxes(ctx, args[0], emit) })
		}),
	}
}

// listMailboxes writes mailboxes with what is in them and who may do what.
func (a *app) listMailboxes(none string, run func(emit func(control.Mailbox) error) error) error {
	titles := []string{a.say.mailbox, a.say.messages, a.say.unseen, a.say.size, a.say.rights}
	row := func(m control.Mailbox) []string {
		rights := make([]string, len(m.Rights))
		for i, g := range m.Rights {
			rights[i] = g.Who + " " + g.Rights
		}
		return []string{m.Mailbox, countText(int64(m.Messages)), countText(int64(m.Unseen)), sizeText(m.Bytes), strings.Join(rights, ", ")}
	}
	return list(a, none, titles, row, run)
}

func (a *app) mailboxRights() *cobra.Command {
	return &cobra.Command{
		Use: "rights ADDRESS MAILBOX [WHO RIGHTS]", Short: a.say.shortMailboxRights, Long: a.say.longRights, Args: args(twoOrFour),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			return a.showRights(ctx, ops, control.MailboxName{Account: args[0], Mailbox: args[1]}, args[2:])
		}),
	}
}

// twoOrFour are the arguments that show rights, or change them.
func twoOrFour(c *cobra.Command, list []string) error {
	if len(list) == 3 {
		return usageErrorf("RIGHTS is missing")
	}
	return cobra.RangeArgs(2, 4)(c, list)
}

// showRights shows an access control list, after a change if there is one.
func (a *app) showRights(ctx context.Context, ops control.Operations, of control.MailboxName, change []string) error {
	if len(change) == 0 {
		return a.listGrants(func() ([]control.Grant, error) { return ops.Rights(ctx, of) })
	}
	rights := change[1]
	if rights == "none" {
		rights = ""
	}
	return a.listGrants(func() ([]control.Grant, error) {
		return ops.SetRights(ctx, control.RightsChange{MailboxName: of, Grant: control.Grant{Who: change[0], Rights: rights}})
	})
}

func (a *app) listGrants(run func() ([]control.Grant, error)) error {
	row := func(g control.Grant) []string { return []string{g.Who, g.Rights} }
	return list(a, a.say.noGrants, []string{a.say.who, a.say.rights}, row, func(emit func(control.Grant) error) error {
		all, err := run()
		for _, g := range all {
			if err := emit(g); err != nil {
				return err
			}
		}
		return err
	})
}
