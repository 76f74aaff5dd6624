// Command tram is a mail server, and the command that administers it.
//
//	tram init --domain example.org --admin an@example.org
//	tram serve
//	tram account add binh@example.org
//	tram queue list
//
// Every subcommand but serve works whether a server runs or not: it asks the
// running server through a Unix socket in the data directory, or else opens
// the stores itself. With --json results are JSON, for scripts.
package main

import (
	"context"
	"io"
	"os"
)

func main() {
	ctx := context.Background()
	if as, ok := personality(os.Args[0]); ok {
		a := newApp(os.Stdin, os.Stdout, os.Stderr)
		os.Exit(a.exit(as(a, ctx, os.Args[1:])))
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole command: it returns the exit code (see exit.go).
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(stdin, stdout, stderr)
	root := a.rootCommand()
	root.SetArgs(args)
	return a.exit(root.ExecuteContext(ctx))
}
