package main

import (
	"context"

	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
)

func (a *app) accountCommand() *cobra.Command {
	return group("account", a.say.shortAccount,
		a.accountAdd(), a.complete(a.accountList(), false, domainNames),
		a.complete(a.accountPasswd(), false, accountNames), a.complete(a.accountQuota(), false, accountNames),
		a.complete(a.accountSet(), false, accountNames), a.complete(a.accountDelete(), false, accountNames),
		a.accountRestore(), a.accountImport())
}

func (a *app) accountAdd() *cobra.Command {
	var n control.NewAccount
	var quota string
	var pw passwordFlags
	c := &cobra.Command{
		Use: "add ADDRESS", Short: a.say.shortAccountAdd, Long: a.say.longPassword, Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) (err error) {
			n.Address = args[0]
			if n.QuotaBytes, err = parseQuota(quota); err != nil {
				return err
			}
			password, generated, err := a.password(pw, n.Address)
			if err != nil {
				return err
			}
			n.Password = password
			return a.with(c.Context(), func(ops control.Operations) error {
				made, err := ops.AddAccount(c.Context(), n)
				if err != nil {
					return err
				}
				return a.accountResult(made, generated, password)
			})
		},
	}
	c.Flags().StringVar(&n.Name, "name", "", a.say.flagName)
	c.Flags().StringVar(&quota, "quota", "", a.say.flagQuota)
	c.Flags().Int64Var(&n.QuotaMessages, "quota-messages", 0, a.say.flagQuotaMessages)
	c.Flags().BoolVar(&n.Admin, "admin", false, a.say.flagAdmin)
	a.passwordFlags(c, &pw)
	return c
}

// accountResult reports a new account, with its password when we made it up.
func (a *app) accountResult(made control.Account, generated bool, password string) error {
	if !generated {
		return a.result(made, a.say.accountAdded, made.Address)
	}
	out := struct {
		control.Account
		Password string `json:"password"`
	}{made, password}
	return a.result(out, a.say.accountAddedPassword, made.Address, password)
}

func (a *app) accountList() *cobra.Command {
	return &cobra.Command{
		Use: "list [DOMAIN]", Short: a.say.shortAccountList, Args: args(cobra.MaximumNArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			titles := []string{a.say.address, a.say.name, a.say.messages, a.say.size, a.say.rights, a.say.created}
			row := func(ac control.Account) []string {
				return []string{
					ac.Address, ac.Name,
					quotaText(countText(ac.Messages), ac.QuotaMessages, countText),
					quotaText(sizeText(ac.Bytes), ac.QuotaBytes, sizeText),
					a.rights(ac), timeText(ac.Created),
				}
			}
			return list(a, a.say.noAccounts, titles, row, func(emit func(control.Account) error) error {
				return ops.Accounts(ctx, first(args), emit)
			})
		}),
	}
}

func (a *app) rights(ac control.Account) string {
	switch {
	case ac.Disabled:
		return a.say.disabled
	case ac.Admin:
		return a.say.admin
	}
	return ""
}

func (a *app) accountPasswd() *cobra.Command {
	var pw passwordFlags
	c := &cobra.Command{
		Use: "passwd ADDRESS", Short: a.say.shortAccountPasswd, Long: a.say.longPassword, Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			password, generated, err := a.password(pw, args[0])
			if err != nil {
				return err
			}
			return a.with(c.Context(), func(ops control.Operations) error {
				if err := ops.SetPassword(c.Context(), control.Password{Address: args[0], Password: password}); err != nil {
					return err
				}
				out := map[string]string{"address": args[0]}
				if generated {
					out["password"] = password
					return a.result(out, a.say.passwordGenerated, args[0], password)
				}
				return a.result(out, a.say.passwordChanged, args[0])
			})
		},
	}
	a.passwordFlags(c, &pw)
	return c
}

func (a *app) accountQuota() *cobra.Command {
	var messages int64
	c := &cobra.Command{Use: "quota ADDRESS SIZE", Short: a.say.shortAccountQuota, Args: args(cobra.ExactArgs(2))}
	c.Flags().Int64Var(&messages, "messages", 0, a.say.flagQuotaMessages)
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, args []string) error {
		bytes, err := parseQuota(args[1])
		if err != nil {
			return err
		}
		return a.change(ctx, ops, control.AccountChange{
			Address: args[0], QuotaBytes: &bytes, QuotaMessages: given(c, "messages", &messages),
		})
	})
	return c
}

func (a *app) accountSet() *cobra.Command {
	var name string
	var admin, disabled bool
	c := &cobra.Command{Use: "set ADDRESS", Short: a.say.shortAccountSet, Args: args(cobra.ExactArgs(1))}
	c.Flags().StringVar(&name, "name", "", a.say.flagName)
	c.Flags().BoolVar(&admin, "admin", false, a.say.flagAdmin)
	c.Flags().BoolVar(&disabled, "disabled", false, a.say.flagDisabled)
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, args []string) error {
		return a.change(ctx, ops, control.AccountChange{
			Address: args[0], Name: given(c, "name", &name), Admin: given(c, "admin", &admin), Disabled: given(c, "disabled", &disabled),
		})
	})
	return c
}

func (a *app) change(ctx context.Context, ops control.Operations, ch control.AccountChange) error {
	changed, err := ops.UpdateAccount(ctx, ch)
	if err != nil {
		return err
	}
	return a.result(changed, a.say.accountChanged, changed.Address)
}

func (a *app) accountDelete() *cobra.Command {
	var purge bool
	c := &cobra.Command{
		Use: "delete ADDRESS", Short: a.say.shortAccountDelete, Long: a.say.longAccountDelete, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if err := ops.DeleteAccount(ctx, control.AccountDeletion{Address: args[0], Purge: purge}); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": args[0]}, a.say.deleted, args[0])
		}),
	}
	c.Flags().BoolVar(&purge, "purge", false, a.say.flagPurge)
	return c
}

// parseQuota reads a size; empty and "none" mean that there is no quota.
func parseQuota(s string) (int64, error) {
	if s == "" || s == "none" {
		return 0, nil
	}
	size, err := config.ParseSize(s)
	if err != nil {
		return 0, usageErrorf("quota: %v", err)
	}
	return int64(size), nil
}
