package control

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what an error is about, for exit codes and for scripts.
type Kind string

// The kinds. Anything else is Failed.
const (
	NotFound    Kind = "not_found"   // no such domain, account, alias or queue entry
	Exists      Kind = "exists"      // there already
	Invalid     Kind = "invalid"     // an address or value that cannot be
	Conflict    Kind = "conflict"    // not in the present state (a domain with accounts, an entry in flight)
	Unavailable Kind = "unavailable" // the server does not answer
	InUse       Kind = "in_use"      // another process has the data directory
	NotRunning  Kind = "not_running" // needs a running server
	StoreFailed Kind = "store"       // the disk failed
	Failed      Kind = "failed"
)

// Error is an error that survives the way over the socket.
type Error struct {
	Kind Kind     `json:"kind"`
	Text string   `json:"text"`
	Rows []RowErr `json:"rows,omitempty"` // of an import
}

// RowErr is why one account of an import cannot be made.
type RowErr struct {
	Row  int    `json:"row"` // index into Import.Accounts
	Text string `json:"text"`
}

func (e *Error) Error() string { return e.Text }

// Errorf makes an error of a kind.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of an error, Failed when it is not known.
func KindOf(err error) Kind {
	if e := new(Error); errors.As(err, &e) {
		return e.Kind
	}
	return Failed
}

// asError is err as it goes over the socket.
func asError(err error) *Error {
	if e := new(Error); errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Failed, Text: strings.TrimSpace(err.Error())}
}
