package dns

import (
	"errors"
	"fmt"
)

// What the DNS may say instead of an answer. Everything else is temporary.
var (
	// ErrNotFound is the common name of ErrNXDomain and ErrNoData.
	ErrNotFound = errors.New("not found")
	// ErrNXDomain says that the name does not exist.
	ErrNXDomain = fmt.Errorf("no such name (%w)", ErrNotFound)
	// ErrNoData says that the name exists, without records of this type.
	ErrNoData = fmt.Errorf("no record of this type (%w)", ErrNotFound)
	// ErrNullMX says that the domain takes no mail at all (RFC 7505).
	ErrNullMX = errors.New("the domain takes no mail (null MX)")
	// ErrBadName says that the name cannot stand in the DNS.
	ErrBadName = errors.New("not a domain name")
)

// ErrBudget says that the queries allowed to one message are used up. It is
// temporary: the next attempt finds more of the answers in the cache.
var ErrBudget = errors.New("too many queries for one message")

// Error is a lookup that gave no answer.
type Error struct {
	Name string // what was asked for, without the final dot
	Type string // "MX"
	Err  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("dns: %s %s: %v", e.Type, e.Name, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same question may get an answer later. An
// error that nobody has a name for is temporary: a retry beats a loss.
func (e *Error) Temporary() bool {
	for _, final := range []error{ErrNotFound, ErrNullMX, ErrBadName} {
		if errors.Is(e.Err, final) {
			return false
		}
	}
	return true
}
