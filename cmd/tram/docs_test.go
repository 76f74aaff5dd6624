package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// docs/command.md names every subcommand and every exit code.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/command.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{} // of the table, by the first subcommand in it
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "| `tram "); ok {
			name, _, _ = strings.Cut(strings.Trim(strings.SplitN(name, "|", 2)[0], " "), "`")
			rows[strings.Fields(name)[0]] = line
		}
	}
	root := newApp(strings.NewReader(""), io.Discard, io.Discard).rootCommand()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		row, ok := rows[c.Name()]
		if !ok {
			t.Errorf("%s is missing", c.CommandPath())
		}
		for _, sub := range subcommands(c) {
			if !strings.Contains(row, sub.Name()+"`") {
				t.Errorf("%s is missing", sub.CommandPath())
			}
		}
	}
	for _, code := range []int{
		exitOK, exitFailed, exitUsage, exitData, exitNoInput, exitNotFound, exitUnavailable, exitExists, exitStore,
		exitTemporary, exitPermission, exitConfig,
	} {
		if !strings.Contains(string(text), fmt.Sprintf("\n| %d |", code)) {
			t.Errorf("exit code %d is missing", code)
		}
	}
}

// subcommands are those of a group; completion has one for each shell, which
// cobra documents itself.
func subcommands(c *cobra.Command) []*cobra.Command {
	if c.Name() == "completion" {
		return nil
	}
	return c.Commands()
}
