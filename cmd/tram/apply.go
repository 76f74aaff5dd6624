package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// maxBookBytes bounds a file for apply; a book travels to the server as JSON,
// which takes 64 MiB.
const maxBookBytes = 32 << 20

func (a *app) exportCommand() *cobra.Command {
	var e control.Export
	c := &cobra.Command{
		Use: "export", Short: a.say.shortExport, Long: a.say.longExport, Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(ops control.Operations) error {
				var all control.Book
				err := ops.Export(c.Context(), e, func(part control.Book) error { merge(&all, part); return nil })
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(all)
				}
				return toml.NewEncoder(a.stdout).Encode(all)
			})
		},
	}
	c.Flags().BoolVar(&e.Hashes, "hashes", false, a.say.flagHashes)
	return c
}

// merge appends a part of a book.
func merge(all *control.Book, part control.Book) {
	all.Domains = append(all.Domains, part.Domains...)
	all.Accounts = append(all.Accounts, part.Accounts...)
	all.Aliases = append(all.Aliases, part.Aliases...)
	all.Lists = append(all.Lists, part.Lists...)
	all.Rewrites = append(all.Rewrites, part.Rewrites...)
	all.Routes = append(all.Routes, part.Routes...)
	all.Credentials = append(all.Credentials, part.Credentials...)
	all.Copies = append(all.Copies, part.Copies...)
	all.Access = append(all.Access, part.Access...)
}

func (a *app) applyCommand() *cobra.Command {
	var in control.Apply
	c := &cobra.Command{
		Use: "apply FILE.toml", Short: a.say.shortApply, Long: a.say.longApply, Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if in.Book, err = a.readBook(args[0]); err != nil {
				return err
			}
			return a.with(c.Context(), func(ops control.Operations) error {
				var changes []control.Change
				err := ops.Apply(c.Context(), in, func(ch control.Change) error { changes = append(changes, ch); return nil })
				if err != nil {
					return err
				}
				return a.applyResult(changes, in.DryRun)
			})
		},
	}
	c.Flags().BoolVar(&in.Add, "add", false, a.say.flagApplyAdd)
	c.Flags().BoolVar(&in.DryRun, "dry-run", false, a.say.flagApplyDryRun)
	c.Flags().BoolVar(&in.RemoveAccounts, "remove-accounts", false, a.say.flagRemoveAccounts)
	c.MarkFlagsMutuallyExclusive("add", "remove-accounts")
	return c
}

// readBook reads a whole file; "-" is standard input. Every field must be one
// that there is, so that a typing error is not a rule that does nothing.
func (a *app) readBook(path string) (book control.Book, err error) {
	text, err := a.readFile(path, maxBookBytes)
	if err != nil {
		return book, err
	}
	if err := decodeBook(text, &book); err != nil {
		return book, &codedError{exitData, fmt.Errorf("%s: %w", path, err)}
	}
	return book, nil
}

// readFile reads a file of a limited size; "-" is standard input.
func (a *app) readFile(path string, most int64) ([]byte, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, &codedError{exitNoInput, err}
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, &codedError{exitNoInput, fmt.Errorf("%s: %w", path, err)}
	}
	if int64(len(text)) > most {
		return nil, &codedError{exitData, fmt.Errorf("%s has more than %s", path, sizeText(most))}
	}
	return text, nil
}

// applyResult prints what changed, one a line.
func (a *app) applyResult(changes []control.Change, dryRun bool) error {
	if a.json {
		if changes == nil {
			changes = []control.Change{}
		}
		return a.printJSON(changes)
	}
	words := map[string]string{
		"add": a.say.verbAdd, "change": a.say.verbChange, "remove": a.say.verbRemove, "keep": a.say.verbKeep,
	}
	n := 0
	for _, ch := range changes {
		line := words[ch.Verb] + " " + ch.What + " " + printable(ch.Name)
		if ch.Note != "" {
			line += ": " + printable(ch.Note)
		}
		a.printf("%s", line)
		if ch.Verb != "keep" {
			n++
		}
	}
	switch {
	case n == 0:
		a.printf("%s", a.say.applyNothing)
	case dryRun:
		a.printf(a.say.applyWould, n)
	default:
		a.printf(a.say.applied, n)
	}
	return nil
}

// decodeBook reads TOML and says in which line a mistake is.
func decodeBook(text []byte, book *control.Book) error {
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err := d.Decode(book)
	if strict := new(toml.StrictMissingError); errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, _ := first.Position()
		return fmt.Errorf("line %d: there is no field %q", line, strings.Join(first.Key(), "."))
	}
	if bad := new(toml.DecodeError); errors.As(err, &bad) {
		line, _ := bad.Position()
		return fmt.Errorf("line %d: %w", line, err)
	}
	return err
}
