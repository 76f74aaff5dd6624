package main

import (
	"context"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) domainCommand() *cobra.Command {
	return group("domain", a.say.shortDomain,
		a.domainAdd(), a.complete(a.domainSet(), false, domainNames), a.domainList(),
		a.complete(a.domainRecipients(), false, domainNames), a.complete(a.domainDelete(), false, domainNames))
}

// domainFlags are those of domain add and domain set.
type domainFlags struct {
	relay, hosted                                bool
	aliasOf, verify, catchAll, separator, footer string
	quota                                        string
	quotaMessages                                int64
}

func (a *app) domainFlags(c *cobra.Command, f *domainFlags) {
	c.Flags().BoolVar(&f.relay, "relay", false, a.say.flagRelay)
	c.Flags().BoolVar(&f.hosted, "hosted", false, a.say.flagHosted)
	c.Flags().StringVar(&f.aliasOf, "alias-of", "", a.say.flagAliasOf)
	c.Flags().StringVar(&f.verify, "verify", "", a.say.flagVerify)
	c.Flags().StringVar(&f.catchAll, "catch-all", "", a.say.flagCatchAll)
	c.Flags().StringVar(&f.separator, "separator", "", a.say.flagSeparator)
	c.Flags().StringVar(&f.footer, "footer-file", "", a.say.flagFooterFile)
	c.Flags().StringVar(&f.quota, "quota", "", a.say.flagDomainQuota)
	c.Flags().Int64Var(&f.quotaMessages, "quota-messages", 0, a.say.flagDomainQuotaMessages)
	c.MarkFlagsMutuallyExclusive("relay", "hosted", "alias-of")
	_ = c.RegisterFlagCompletionFunc("verify", cobra.FixedCompletions([]string{"none", "list", "callout"}, cobra.ShellCompDirectiveNoFileComp))
}

// kind is what the flags say about the kind of a domain, nil when they are
// silent.
func (f *domainFlags) kind() *string {
	var kind string
	switch {
	case f.relay:
		kind = "relayed"
	case f.aliasOf != "":
		kind = "alias"
	case f.hosted:
		kind = "hosted"
	default:
		return nil
	}
	return &kind
}

// readFooter reads the file that --footer-file names; "" is no footer.
func (a *app) readFooter(f *domainFlags) (string, error) {
	if f.footer == "" {
		return "", nil
	}
	text, err := a.readFile(f.footer, maxFooterFile)
	return string(text), err
}

// maxFooterFile bounds what is read; the directory takes less.
const maxFooterFile = 64 << 10

func (a *app) domainAdd() *cobra.Command {
	var f domainFlags
	c := &cobra.Command{
		Use: "add NAME", Short: a.say.shortDomainAdd, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) (err error) {
			d := control.Domain{
				Name: args[0], AliasOf: f.aliasOf, Verify: f.verify, CatchAll: f.catchAll, SubaddressSeparator: f.separator,
				QuotaMessages: f.quotaMessages,
			}
			if d.QuotaBytes, err = parseQuota(f.quota); err != nil {
				return err
			}
			if kind := f.kind(); kind != nil {
				d.Kind = *kind
			}
			if d.Footer, err = a.readFooter(&f); err != nil {
				return err
			}
			made, err := ops.AddDomain(ctx, d)
			if err != nil {
				return err
			}
			return a.result(made, a.say.domainAdded, made.Name, made.Name, a.hostname)
		}),
	}
	a.domainFlags(c, &f)
	return c
}

func (a *app) domainSet() *cobra.Command {
	var f domainFlags
	c := &cobra.Command{Use: "set NAME", Short: a.say.shortDomainSet, Args: args(cobra.ExactArgs(1))}
	a.domainFlags(c, &f)
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, args []string) error {
		change := control.DomainChange{
			Name: args[0], Kind: f.kind(), Verify: given(c, "verify", &f.verify),
			CatchAll: given(c, "catch-all", &f.catchAll), SubaddressSeparator: given(c, "separator", &f.separator),
		}
		bytes, err := parseQuota(f.quota)
		if err != nil {
			return err
		}
		change.QuotaBytes = given(c, "quota", &bytes)
		change.QuotaMessages = given(c, "quota-messages", &f.quotaMessages)
		if change.Kind != nil {
			change.AliasOf = &f.aliasOf
			if *change.Kind != "relayed" && change.Verify == nil {
				change.Verify = new(string)
			}
		}
		if c.Flags().Changed("footer-file") {
			footer, err := a.readFooter(&f)
			if err != nil {
				return err
			}
			change.Footer = &footer
		}
		changed, err := ops.UpdateDomain(ctx, change)
		if err != nil {
			return err
		}
		return a.result(changed, a.say.domainChanged, changed.Name)
	})
	return c
}

func (a *app) domainList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.say.shortDomainList, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			titles := []string{a.say.domain, a.say.kind, a.say.standsFor, a.say.verify, a.say.catchAll, a.say.separator, a.say.limit, a.say.created}
			row := func(d control.Domain) []string {
				return []string{d.Name, d.Kind, d.AliasOf, d.Verify, d.CatchAll, d.SubaddressSeparator, limitText(d.QuotaBytes, d.QuotaMessages), timeText(d.Created)}
			}
			return list(a, a.say.noDomains, titles, row, func(emit func(control.Domain) error) error { return ops.Domains(ctx, emit) })
		}),
	}
}

func (a *app) domainDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: a.say.shortDomainDelete, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if err := ops.DeleteDomain(ctx, args[0]); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": args[0]}, a.say.deleted, args[0])
		}),
	}
}

// given is the value of a flag that was set, nil when it was not.
func given[T any](c *cobra.Command, name string, value *T) *T {
	if c.Flags().Changed(name) {
		return value
	}
	return nil
}
