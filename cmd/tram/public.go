package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) publicCommand() *cobra.Command {
	return group("public", a.say.shortPublic,
		a.complete(a.publicCreate(), false, domainNames), a.complete(a.publicList(), false, domainNames),
		a.complete(a.publicRights(), false, domainNames), a.complete(a.publicRename(), false, domainNames),
		a.complete(a.publicDelete(), false, domainNames))
}

// publicName names a public folder of a domain. Clients see it as Public/…, and
// so may the administrator write it.
func publicName(domain, folder string) control.MailboxName {
	return control.MailboxName{Account: "@" + strings.TrimPrefix(domain, "@"), Mailbox: strings.TrimPrefix(folder, "Public/")}
}

func (a *app) publicCreate() *cobra.Command {
	var rights []string
	c := &cobra.Command{
		Use: "create DOMAIN FOLDER", Short: a.say.shortPublicCreate, Long: a.say.longPublicCreate, Args: args(cobra.ExactArgs(2)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			p := control.PublicFolder{MailboxName: publicName(args[0], args[1])}
			for _, r := range rights {
				who, letters, ok := strings.Cut(r, "=")
				if !ok {
					return usageErrorf("--rights %q: write it as WHO=RIGHTS", r)
				}
				p.Rights = append(p.Rights, control.Grant{Who: who, Rights: letters})
			}
			made, err := ops.AddPublic(ctx, p)
			if err != nil {
				return err
			}
			return a.result(made, a.say.publicCreated, "Public/"+made.Mailbox)
		}),
	}
	c.Flags().StringArrayVar(&rights, "rights", nil, a.say.flagRights)
	return c
}

func (a *app) publicList() *cobra.Command {
	return &cobra.Command{
		Use: "list DOMAIN", Short: a.say.shortPublicList, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			return a.listMailboxes(a.say.noPublic, func(emit func(control.Mailbox) error) error {
				return ops.Mailboxes(ctx, publicName(args[0], "").Account, emit)
			})
		}),
	}
}

func (a *app) publicRights() *cobra.Command {
	return &cobra.Command{
		Use: "rights DOMAIN FOLDER [WHO RIGHTS]", Short: a.say.shortPublicRights, Long: a.say.longRights, Args: args(twoOrFour),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			return a.showRights(ctx, ops, publicName(args[0], args[1]), args[2:])
		}),
	}
}

func (a *app) publicRename() *cobra.Command {
	return &cobra.Command{
		Use: "rename DOMAIN FOLDER NEWNAME", Short: a.say.shortPublicRename, Args: args(cobra.ExactArgs(3)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			r := control.Renaming{MailboxName: publicName(args[0], args[1]), To: publicName(args[0], args[2]).Mailbox}
			if err := ops.RenamePublic(ctx, r); err != nil {
				return err
			}
			return a.result(r, a.say.publicRenamed, "Public/"+r.Mailbox, "Public/"+r.To)
		}),
	}
}

func (a *app) publicDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete DOMAIN FOLDER", Short: a.say.shortPublicDelete, Args: args(cobra.ExactArgs(2)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			m := publicName(args[0], args[1])
			if err := ops.DeletePublic(ctx, m); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": m.Mailbox}, a.say.deleted, "Public/"+m.Mailbox)
		}),
	}
}

// limitText writes limits of a domain; empty when there are none.
func limitText(bytes, messages int64) string {
	var parts []string
	if bytes > 0 {
		parts = append(parts, sizeText(bytes))
	}
	if messages > 0 {
		parts = append(parts, countText(messages))
	}
	return strings.Join(parts, ", ")
}
