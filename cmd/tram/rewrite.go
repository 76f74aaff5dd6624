package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) rewriteCommand() *cobra.Command {
	return a.ruleGroup("rewrite", a.say.shortRewrite, a.say.longRewrite, a.rewriteAdd(), a.rewriteDelete(),
		listRules(a, a.say.shortRewriteList, a.say.noRewrites, []string{a.say.kind, a.say.match, a.say.to, a.say.except},
			func(r control.Rules) []control.Rewrite { return r.Rewrites },
			func(w control.Rewrite) []string { return []string{w.Kind, w.Match, w.To, strings.Join(w.Except, ", ")} }))
}

func (a *app) rewriteAdd() *cobra.Command {
	var w control.Rewrite
	c := a.setRule("add PATTERN TO", a.say.shortRewriteAdd, 2, func(args []string) (control.Rules, any, string, error) {
		w.Match, w.To = args[0], args[1]
		return control.Rules{Rewrites: []control.Rewrite{w}}, w, fmt.Sprintf(a.say.rewriteSet, w.Kind, w.Match, w.To), nil
	})
	a.rewriteKind(c, &w.Kind)
	c.Flags().StringArrayVar(&w.Except, "except", nil, a.say.flagExcept)
	return c
}

func (a *app) rewriteKind(c *cobra.Command, kind *string) {
	c.Flags().StringVar(kind, "kind", "canonical", a.say.flagKind)
	kinds := []string{"canonical", "sender-canonical", "recipient-canonical", "generic", "masquerade"}
	_ = c.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) rewriteDelete() *cobra.Command {
	var kind string
	c := a.deleteRule("delete PATTERN", a.say.shortRewriteDelete, 1, func(args []string) control.Rules {
		return control.Rules{Rewrites: []control.Rewrite{{Kind: kind, Match: args[0]}}}
	})
	a.rewriteKind(c, &kind)
	return c
}
