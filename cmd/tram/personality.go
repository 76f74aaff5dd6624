package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// personality is what tram is when it is called by another name: a link called
// sendmail in place of the sendmail of another mail server is all that programs
// need.
func personality(arg0 string) (run func(*app, context.Context, []string) error, ok bool) {
	switch filepath.Base(arg0) {
	case "sendmail":
		return (*app).sendmail, true
	case "mailq":
		return (*app).mailqCommand, true
	case "newaliases":
		return (*app).newaliases, true
	case "rmail":
		return (*app).rmail, true
	}
	return nil, false
}

// personalityCommands are the same as subcommands, for who has no such link.
func (a *app) personalityCommands() []*cobra.Command {
	command := func(use, short, long string, run func(*app, context.Context, []string) error) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Long: long, DisableFlagParsing: true,
			RunE: func(c *cobra.Command, args []string) error {
				if len(args) > 0 && (args[0] == "--help" || args[0] == "-h" && len(args) == 1) {
					return c.Help()
				}
				return run(a, c.Context(), args)
			},
		}
	}
	return []*cobra.Command{
		command("sendmail [FLAG]... [ADDRESS]...", a.say.shortSendmail, a.say.longSendmail, (*app).sendmail),
		command("mailq", a.say.shortMailq, "", (*app).mailqCommand),
		command("newaliases", a.say.shortNewaliases, a.say.longNewaliases, (*app).newaliases),
		command("rmail ADDRESS...", a.say.shortRmail, "", (*app).rmail),
	}
}

// rmail takes a message that came by UUCP: sender and time stand in its first
// line, "From sender date remote from host".
func (a *app) rmail(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageErrorf("rmail: name the recipients")
	}
	from, rest, err := uucpSender(a.stdin)
	if err != nil {
		return err
	}
	a.stdin = rest
	flags := []string{"-i"}
	if from != "" {
		flags = append(flags, "-f", from)
	}
	return a.sendmail(ctx, append(append(flags, "--"), args...))
}

// uucpPath turns a bang path into an address: the last two stations of
// "a!b!user" are user@b.
func uucpPath(sender, remote string) string {
	if strings.Contains(sender, "@") {
		return sender
	}
	if remote != "" {
		sender = remote + "!" + sender
	}
	stations := strings.Split(sender, "!")
	if len(stations) == 1 {
		return sender
	}
	return stations[len(stations)-1] + "@" + stations[len(stations)-2]
}
