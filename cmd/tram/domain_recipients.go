package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// maxNamesFile bounds a file with addresses, one a line.
const maxNamesFile = 32 << 20

func (a *app) domainRecipients() *cobra.Command {
	m := control.Members{}
	var file string
	c := &cobra.Command{
		Use: "recipients DOMAIN", Short: a.say.shortDomainRecipients, Long: a.say.longDomainRecipients, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			m.Of = args[0]
			if err := a.addFrom(file, &m); err != nil {
				return err
			}
			if len(m.Add)+len(m.Remove) == 0 {
				row := func(addr string) []string { return []string{addr} }
				return list(a, a.say.noRecipients, []string{a.say.recipient}, row, func(emit func(string) error) error {
					return ops.Recipients(ctx, m.Of, emit)
				})
			}
			complete(m.Add, m.Of)
			complete(m.Remove, m.Of)
			done, err := ops.ChangeRecipients(ctx, m)
			if err != nil {
				return err
			}
			return a.result(done, a.say.recipientsChanged, m.Of, done.Added, done.Removed)
		}),
	}
	a.memberFlags(c, &m, &file)
	return c
}

// memberFlags are those that add and remove addresses.
func (a *app) memberFlags(c *cobra.Command, m *control.Members, file *string) {
	c.Flags().StringArrayVar(&m.Add, "add", nil, a.say.flagAdd)
	c.Flags().StringArrayVar(&m.Remove, "remove", nil, a.say.flagRemove)
	c.Flags().StringVar(file, "file", "", a.say.flagFile)
}

// addFrom adds the addresses of a file: one a line, "#" begins a comment.
func (a *app) addFrom(file string, m *control.Members) error {
	if file == "" {
		return nil
	}
	text, err := a.readFile(file, maxNamesFile)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			m.Add = append(m.Add, line)
		}
	}
	return nil
}

// complete adds the domain to names without one.
func complete(names []string, domain string) {
	for i, n := range names {
		if !strings.Contains(n, "@") {
			names[i] = n + "@" + domain
		}
	}
}
