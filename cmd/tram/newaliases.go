package main

import "context"

// newaliases reads the machine's file of aliases.
func (a *app) newaliases(ctx context.Context, _ []string) error {
	return a.runRoot(ctx, "import", "aliases")
}
