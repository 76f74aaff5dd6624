package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) routeCommand() *cobra.Command {
	return a.ruleGroup("route", a.say.shortRoute, a.say.longRoute, a.routeAdd(), a.routeDelete(),
		listRules(a, a.say.shortRouteList, a.say.noRoutes, []string{a.say.by, a.say.match, a.say.nextHop},
			func(r control.Rules) []control.Route { return r.Routes },
			func(r control.Route) []string { return []string{r.By, r.Match, r.NextHop} }))
}

// routeBy is the word of --sender.
func routeBy(bySender bool) string {
	if bySender {
		return "sender"
	}
	return "recipient"
}

func (a *app) routeAdd() *cobra.Command {
	var bySender bool
	c := a.setRule("add PATTERN NEXT-HOP", a.say.shortRouteAdd, 2, func(args []string) (control.Rules, any, string, error) {
		r := control.Route{By: routeBy(bySender), Match: args[0], NextHop: args[1]}
		return control.Rules{Routes: []control.Route{r}}, r, fmt.Sprintf(a.say.routeSet, r.By, r.Match, r.NextHop), nil
	})
	c.Flags().BoolVar(&bySender, "sender", false, a.say.flagBySender)
	return c
}

func (a *app) routeDelete() *cobra.Command {
	var bySender bool
	c := a.deleteRule("delete PATTERN", a.say.shortRouteDelete, 1, func(args []string) control.Rules {
		return control.Rules{Routes: []control.Route{{By: routeBy(bySender), Match: args[0]}}}
	})
	c.Flags().BoolVar(&bySender, "sender", false, a.say.flagBySender)
	return c
}
