package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) copyCommand() *cobra.Command {
	return a.ruleGroup("copy", a.say.shortCopy, a.say.longCopy, a.copyAdd(), a.copyDelete(),
		listRules(a, a.say.shortCopyList, a.say.noCopies, []string{a.say.by, a.say.match, a.say.recipient},
			func(r control.Rules) []control.Copy { return r.Copies },
			func(c control.Copy) []string { return []string{c.By, c.Match, c.To} }))
}

// byFlag is --by with the words that there are; the first is the default.
func (a *app) byFlag(c *cobra.Command, by *string, words ...string) {
	c.Flags().StringVar(by, "by", words[0], fmt.Sprintf(a.say.flagBy, strings.Join(words, ", ")))
	_ = c.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) copyAdd() *cobra.Command {
	var by string
	c := a.setRule("add PATTERN RECIPIENT", a.say.shortCopyAdd, 2, func(args []string) (control.Rules, any, string, error) {
		cp := control.Copy{By: by, Match: args[0], To: args[1]}
		return control.Rules{Copies: []control.Copy{cp}}, cp, fmt.Sprintf(a.say.copySet, cp.By, cp.Match, cp.To), nil
	})
	a.byFlag(c, &by, "sender", "recipient", "always")
	return c
}

func (a *app) copyDelete() *cobra.Command {
	var by string
	c := a.deleteRule("delete PATTERN RECIPIENT", a.say.shortCopyDelete, 2, func(args []string) control.Rules {
		return control.Rules{Copies: []control.Copy{{By: by, Match: args[0], To: args[1]}}}
	})
	a.byFlag(c, &by, "sender", "recipient", "always")
	return c
}
