package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"tram/internal/config"
	"tram/internal/server"
	"tram/internal/server/control"
	"tram/internal/server/stores"
)

// The exit codes, as sysexits(3) has them. docs/command.md lists them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 64 // wrong flags or arguments
	exitData        = 65 // an address, value or file that cannot be
	exitNoInput     = 66 // a file that cannot be read
	exitNotFound    = 67 // no such domain, account, alias or queue entry
	exitUnavailable = 69 // no server runs, or it does not answer
	exitExists      = 73 // exists already
	exitStore       = 74 // the disk failed
	exitTemporary   = 75 // in use, or not in the present state: try again later
	exitPermission  = 77
	exitConfig      = 78 // mistakes in the configuration
)

var kindCodes = map[control.Kind]int{
	control.NotFound: exitNotFound, control.Exists: exitExists, control.Invalid: exitData,
	control.Conflict: exitTemporary, control.Unavailable: exitUnavailable, control.InUse: exitTemporary,
	control.NotRunning: exitUnavailable, control.StoreFailed: exitStore,
}

// codedError is an error with an exit code of its own.
type codedError struct {
	code int
	error
}

func (e *codedError) Unwrap() error { return e.error }

func usageErrorf(format string, args ...any) error {
	return &codedError{exitUsage, fmt.Errorf(format, args...)}
}

// exit reports an error, if there is one, and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	if a.json {
		a.printJSONError(err, code)
		return code
	}
	text := strings.TrimSpace(err.Error())
	if text == "" {
		return code
	}
	if code == exitConfig && strings.Contains(text, "\n") {
		text = "\n" + text
	}
	fmt.Fprintf(a.stderr, "tram: %s\n", text)
	return code
}

// printJSONError writes an error to standard error as one line of JSON.
func (a *app) printJSONError(err error, code int) {
	out := map[string]any{"error": err.Error(), "code": code}
	if e := new(control.Error); errors.As(err, &e) {
		out["kind"] = e.Kind
		if len(e.Rows) > 0 {
			out["rows"] = e.Rows
		}
	}
	_ = json.NewEncoder(a.stderr).Encode(out)
}

// exitCode chooses the code for an error.
func exitCode(err error) int {
	var (
		coded    *codedError
		problems config.Problems
		problem  config.Problem
		known    *control.Error
		locked   *stores.LockedError
	)
	switch {
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &problems), errors.As(err, &problem):
		return exitConfig
	case errors.As(err, &known):
		if code, ok := kindCodes[known.Kind]; ok {
			return code
		}
	case errors.As(err, &locked):
		return exitTemporary
	case errors.Is(err, server.ErrStoreFailed):
		return exitStore
	case errors.Is(err, fs.ErrPermission):
		return exitPermission
	case errors.Is(err, fs.ErrNotExist):
		return exitNoInput
	case errors.Is(err, context.Canceled):
		return exitTemporary
	case strings.HasPrefix(err.Error(), "unknown command"): // cobra has no type for it
		return exitUsage
	}
	return exitFailed
}
