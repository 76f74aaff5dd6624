package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) accessCommand() *cobra.Command {
	return a.ruleGroup("access", a.say.shortAccess, a.say.longAccess, a.accessAdd(), a.accessDelete(),
		listRules(a, a.say.shortAccessList, a.say.noAccess, []string{a.say.by, a.say.match, a.say.action},
			func(r control.Rules) []control.Access { return r.Access },
			func(ac control.Access) []string { return []string{ac.By, ac.Match, ac.Action} }))
}

func (a *app) accessAdd() *cobra.Command {
	var by string
	c := a.setRule("add PATTERN ACTION", a.say.shortAccessAdd, 2, func(args []string) (control.Rules, any, string, error) {
		ac := control.Access{By: by, Match: args[0], Action: args[1]}
		return control.Rules{Access: []control.Access{ac}}, ac, fmt.Sprintf(a.say.accessSet, ac.By, ac.Match, ac.Action), nil
	})
	a.byFlag(c, &by, "client", "helo", "sender", "recipient")
	return c
}

func (a *app) accessDelete() *cobra.Command {
	var by string
	c := a.deleteRule("delete PATTERN", a.say.shortAccessDelete, 1, func(args []string) control.Rules {
		return control.Rules{Access: []control.Access{{By: by, Match: args[0]}}}
	})
	a.byFlag(c, &by, "client", "helo", "sender", "recipient")
	return c
}
