package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) credentialCommand() *cobra.Command {
	return a.ruleGroup("credential", a.say.shortCredential, a.say.longCredential, a.credentialAdd(), a.credentialDelete(),
		listRules(a, a.say.shortCredentialList, a.say.noCredentials, []string{a.say.host, a.say.user},
			func(r control.Rules) []control.Credential { return r.Credentials },
			func(c control.Credential) []string { return []string{c.Host, c.User} }))
}

func (a *app) credentialAdd() *cobra.Command {
	var file string
	c := a.setRule("add HOST[:PORT] USER", a.say.shortCredentialAdd, 2, func(args []string) (control.Rules, any, string, error) {
		password, err := a.secret(file, args[1]+" @ "+args[0])
		cr := control.Credential{Host: args[0], User: args[1], Password: password}
		shown := control.Credential{Host: cr.Host, User: cr.User}
		return control.Rules{Credentials: []control.Credential{cr}}, shown, fmt.Sprintf(a.say.credentialSet, cr.User, cr.Host), err
	})
	c.Flags().StringVar(&file, "password-file", "", a.say.flagPasswordFile)
	return c
}

// secret reads a password from a file, the terminal or standard input.
func (a *app) secret(file, whose string) (string, error) {
	if file == "" {
		password, _, err := a.password(passwordFlags{}, whose)
		return password, err
	}
	text, err := a.readFile(file, maxPasswordLine)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimRight(line, "\r"), nil
}

func (a *app) credentialDelete() *cobra.Command {
	return a.deleteRule("delete HOST[:PORT] USER", a.say.shortCredentialDelete, 2, func(args []string) control.Rules {
		return control.Rules{Credentials: []control.Credential{{Host: args[0], User: args[1]}}}
	})
}
