package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
	"tram/internal/server/legacy"
)

func (a *app) importCommand() *cobra.Command {
	c := group("import", a.say.shortImport,
		a.importSystem(legacy.Postfix), a.importSystem(legacy.Sendmail), a.importAliases())
	c.Long = a.say.longImport
	return c
}

// importFlags are those of all imports.
type importFlags struct {
	dryRun        bool
	domain, homes string
}

func (a *app) importFlags(c *cobra.Command, f *importFlags) {
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, a.say.flagApplyDryRun)
	c.Flags().StringVar(&f.domain, "domain", "", a.say.flagLocalDomain)
}

func (a *app) importSystem(system legacy.System) *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use: string(system) + " DIR", Short: fmt.Sprintf(a.say.shortImportSystem, system), Long: a.say.longImport,
		Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			return a.runImport(ctx, ops, f, func(has func(string) bool) (*legacy.Result, error) {
				return legacy.Read(legacy.Options{
					System: system, Dir: args[0], Hostname: a.hostname, Domain: f.domain, Homes: f.homes, HasAccount: has,
				})
			})
		}),
	}
	a.importFlags(c, &f)
	c.Flags().StringVar(&f.homes, "homes", "", a.say.flagHomes)
	return c
}

func (a *app) importAliases() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use: "aliases [FILE]", Short: a.say.shortImportAliases, Long: a.say.longImportAliases, Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := a.loadConfig()
			if err != nil {
				return err
			}
			file := first(args)
			if file == "" {
				file = conf.Local.Aliases
			}
			return a.with(c.Context(), func(ops control.Operations) error {
				if f.domain, err = a.localDomain(c.Context(), ops, conf, f.domain); err != nil {
					return err
				}
				return a.runImport(c.Context(), ops, f, func(has func(string) bool) (*legacy.Result, error) {
					return legacy.ReadAliases(legacy.Options{Domain: f.domain, HasAccount: has}, file)
				})
			})
		},
	}
	a.importFlags(c, &f)
	return c
}

// localDomain is the domain of names without one: the one that was named, or
// the host's own name or the domain above it if that is ours.
func (a *app) localDomain(ctx context.Context, ops control.Operations, conf *config.Config, named string) (string, error) {
	if named != "" {
		return named, nil
	}
	if conf.Local.Domain != "" {
		return conf.Local.Domain, nil
	}
	_, above, _ := strings.Cut(conf.Hostname, ".")
	found := ""
	err := ops.Domains(ctx, func(d control.Domain) error {
		if strings.EqualFold(d.Name, conf.Hostname) || found == "" && strings.EqualFold(d.Name, above) {
			found = d.Name
			if d.AliasOf != "" {
				found = d.AliasOf
			}
		}
		return nil
	})
	if err == nil && found == "" {
		err = &codedError{exitData, fmt.Errorf(a.say.needLocalDomain, conf.Hostname)}
	}
	return found, err
}

// runImport reads, adds, and reports what could not be carried over.
func (a *app) runImport(ctx context.Context, ops control.Operations, f importFlags, read func(has func(string) bool) (*legacy.Result, error)) error {
	accounts := make(map[string]bool)
	err := ops.Accounts(ctx, "", func(ac control.Account) error { accounts[ac.Address] = true; return nil })
	if err != nil {
		return err
	}
	r, err := read(func(addr string) bool { return accounts[addr] })
	if err != nil {
		return &codedError{exitNoInput, err}
	}
	var changes []control.Change
	in := control.Apply{Book: r.Book, Add: true, DryRun: f.dryRun}
	if err := ops.Apply(ctx, in, func(ch control.Change) error { changes = append(changes, ch); return nil }); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"files": r.Files, "changes": changes, "notes": r.Notes})
	}
	if err := a.applyResult(changes, f.dryRun); err != nil {
		return err
	}
	a.printNotes(r.Notes)
	return nil
}

// printNotes prints what could not be carried over, one a line.
func (a *app) printNotes(notes []legacy.Note) {
	if len(notes) == 0 {
		a.printf("%s", a.say.importClean)
		return
	}
	a.printf("\n"+a.say.importNotes, len(notes))
	for _, n := range notes {
		a.printf("%s", printable(n.String()))
	}
}
