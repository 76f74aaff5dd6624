package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) listCommand() *cobra.Command {
	c := group("list", a.say.shortList,
		a.listAdd(), a.complete(a.listSet(), false, listNames), a.complete(a.listList(), false, domainNames),
		a.complete(a.listShow(), false, listNames), a.complete(a.listMembers(), false, listNames),
		a.complete(a.listDelete(), false, listNames))
	c.Long = a.say.longList
	return c
}

func listNames(ctx context.Context, ops control.Operations, add func(name, about string)) error {
	return ops.Lists(ctx, "", func(l control.List) error { add(l.Address, l.Description); return nil })
}

func (a *app) listAdd() *cobra.Command {
	var l control.List
	var file string
	c := &cobra.Command{
		Use: "add ADDRESS", Short: a.say.shortListAdd, Long: a.say.longList, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			l.Address = args[0]
			more := control.Members{}
			if err := a.addFrom(file, &more); err != nil {
				return err
			}
			l.Members = append(l.Members, more.Add...)
			made, err := ops.AddList(ctx, l)
			if err != nil {
				return err
			}
			return a.result(made, a.say.listAdded, made.Address, len(made.Members))
		}),
	}
	a.listFlags(c, &l)
	c.Flags().StringArrayVar(&l.Members, "member", nil, a.say.flagMember)
	c.Flags().StringVar(&file, "file", "", a.say.flagFile)
	return c
}

func (a *app) listFlags(c *cobra.Command, l *control.List) {
	c.Flags().StringVar(&l.Owner, "owner", "", a.say.flagOwner)
	c.Flags().StringVar(&l.Description, "description", "", a.say.flagDescription)
	c.Flags().BoolVar(&l.MembersOnly, "members-only", false, a.say.flagMembersOnly)
}

func (a *app) listSet() *cobra.Command {
	var l control.List
	c := &cobra.Command{Use: "set ADDRESS", Short: a.say.shortListSet, Args: args(cobra.ExactArgs(1))}
	a.listFlags(c, &l)
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, args []string) error {
		changed, err := ops.UpdateList(ctx, control.ListChange{
			Address: args[0], Owner: given(c, "owner", &l.Owner),
			Description: given(c, "description", &l.Description), MembersOnly: given(c, "members-only", &l.MembersOnly),
		})
		if err != nil {
			return err
		}
		return a.result(changed, a.say.listChanged, changed.Address)
	})
	return c
}

func (a *app) listList() *cobra.Command {
	return &cobra.Command{
		Use: "list [DOMAIN]", Short: a.say.shortListList, Args: args(cobra.MaximumNArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			titles := []string{a.say.list, a.say.owner, a.say.membersOnly, a.say.description}
			row := func(l control.List) []string {
				return []string{l.Address, l.Owner, a.yes(l.MembersOnly), l.Description}
			}
			return list(a, a.say.noLists, titles, row, func(emit func(control.List) error) error {
				return ops.Lists(ctx, first(args), emit)
			})
		}),
	}
}

// yes is a word for true and nothing for false.
func (a *app) yes(is bool) string {
	if is {
		return a.say.yes
	}
	return ""
}

func (a *app) listShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ADDRESS", Short: a.say.shortListShow, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			l, err := ops.List(ctx, args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(l)
			}
			a.fields(
				[2]string{a.say.list, l.Address}, [2]string{a.say.owner, l.Owner}, [2]string{a.say.description, l.Description},
				[2]string{a.say.membersOnly, a.yes(l.MembersOnly)}, [2]string{a.say.members, countText(int64(len(l.Members)))},
			)
			a.printf("\n%s", printableLines(l.Members))
			return nil
		}),
	}
}

// printableLines is one a line.
func printableLines(lines []string) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = printable(l)
	}
	return strings.Join(out, "\n")
}

func (a *app) listMembers() *cobra.Command {
	m := control.Members{}
	var file string
	c := &cobra.Command{
		Use: "members ADDRESS", Short: a.say.shortListMembers, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			m.Of = args[0]
			if err := a.addFrom(file, &m); err != nil {
				return err
			}
			done, err := ops.ChangeMembers(ctx, m)
			if err != nil {
				return err
			}
			return a.result(done, a.say.membersChanged, m.Of, done.Added, done.Removed)
		}),
	}
	a.memberFlags(c, &m, &file)
	c.MarkFlagsOneRequired("add", "remove", "file")
	return c
}

func (a *app) listDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ADDRESS", Short: a.say.shortListDelete, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if err := ops.DeleteList(ctx, args[0]); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": args[0]}, a.say.deleted, args[0])
		}),
	}
}
