package directory

import "context"

// ReadInclude reads an :include: file, the default of Options.Include.
func ReadInclude(ctx context.Context, path string) ([]string, error) { panic("x") }
