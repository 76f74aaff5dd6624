package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// defaultConfig is the configuration file when neither --config nor
// TRAM_CONFIG names one.
const defaultConfig = "/etc/tram/tram.toml"

// app is what the subcommands share: where they read and write, and the flags
// that all of them have.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	say            *catalogue // texts in the language of the user

	configPath string
	json       bool

	hostname string // of the configuration that was read
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	path := os.Getenv("TRAM_CONFIG")
	if path == "" {
		path = defaultConfig
	}
	return &app{stdin: stdin, stdout: stdout, stderr: stderr, say: catalogueFor(os.Getenv), configPath: path}
}

// rootCommand is tram itself, with all subcommands.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "tram",
		Short:         a.say.shortTram,
		Long:          a.say.longTram,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.configPath, "config", "c", a.configPath, a.say.flagConfig)
	flags.BoolVar(&a.json, "json", false, a.say.flagJSON)
	_ = root.MarkPersistentFlagFilename("config", "toml")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageErrorf("%v; see %s --help", err, c.CommandPath())
	})
	root.AddCommand(
		a.initCommand(), a.serveCommand(), a.checkCommand(), a.reloadCommand(), a.statusCommand(),
		a.domainCommand(), a.accountCommand(), a.aliasCommand(), a.mailboxCommand(), a.publicCommand(), a.queueCommand(), a.traceCommand(), a.explainCommand(), a.storeCommand(),
		a.listCommand(), a.routeCommand(), a.rewriteCommand(), a.copyCommand(), a.accessCommand(), a.credentialCommand(),
		a.exportCommand(), a.applyCommand(), a.importCommand(), a.versionCommand(),
	)
	root.AddCommand(a.personalityCommands()...)
	return root
}

// group is a command that only has subcommands.
func group(use, short string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return c.Help()
	}}
	c.AddCommand(sub...)
	return c
}

// args makes a wrong number of arguments an error of usage that shows the
// right form.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, list []string) error {
		if err := check(c, list); err != nil {
			return usageErrorf("%v; write it as: %s", err, c.UseLine())
		}
		return nil
	}
}

// printf writes a line for people; nothing with --json.
func (a *app) printf(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.stdout, format+"\n", args...)
	}
}

// isTerminal reports whether a stream of the command is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
