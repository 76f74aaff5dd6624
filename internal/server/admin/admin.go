// Package admin carries out the operations of package control on the stores.
// The running server offers them on its socket; beside a stopped server the
// command calls them in its own process.
//
// A deleted account loses address and login at once. Its mail stays for
// [DeletedKept], so that a slip can be mended, and then the server's hourly
// [Admin.Sweep] removes it.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/server/control"
	"tram/internal/server/stores"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// DeletedKept is how long the mail of a deleted account stays.
const DeletedKept = 7 * 24 * time.Hour

// Process is the running server, for what only it can tell or do.
type Process interface {
	// FillStatus adds what the process knows about itself.
	FillStatus(*control.Status)
	Reload(context.Context) (control.Reloaded, error)
	// FlushJournal writes the events that are still in memory.
	FlushJournal() error
}

// Admin implements control.Operations.
type Admin struct {
	s       *stores.Stores
	host    string
	process Process // nil beside a stopped server
	log     *slog.Logger

	explainer func() (*mta.Explainer, error) // see SetExplainer
}

var _ control.Operations = (*Admin)(nil)

// New returns the operations on open stores. The process is nil when no
// server runs.
func New(s *stores.Stores, hostname string, process Process, log *slog.Logger) *Admin {
	return &Admin{s: s, host: hostname, process: process, log: log}
}

// kinds maps the errors of the stores to kinds of control.
var kinds = []struct {
	err  error
	kind control.Kind
}{
	{directory.ErrNoDomain, control.NotFound},
	{directory.ErrNoAccount, control.NotFound},
	{directory.ErrNoAlias, control.NotFound},
	{directory.ErrNoList, control.NotFound},
	{directory.ErrNoRule, control.NotFound},
	{queue.ErrNotFound, control.NotFound},
	{mailstore.ErrNoMailbox, control.NotFound},
	{mailstore.ErrMailboxExists, control.Exists},
	{mailstore.ErrMailboxName, control.Invalid},
	{mailstore.ErrInbox, control.Invalid},
	{mailstore.ErrIdentifier, control.Invalid},
	{mailstore.ErrTooManyGrants, control.Invalid},
	{mailstore.ErrTooManyMailboxes, control.Invalid},
	{directory.ErrExists, control.Exists},
	{directory.ErrInvalid, control.Invalid},
	{queue.ErrBadID, control.Invalid},
	{queue.ErrInvalid, control.Invalid},
	{queue.ErrBadFilter, control.Invalid},
	{directory.ErrNotEmpty, control.Conflict},
	{directory.ErrAliased, control.Conflict},
	{queue.ErrInFlight, control.Conflict},
	{queue.ErrHeld, control.Conflict},
	{kv.ErrFailed, control.StoreFailed},
	{blob.ErrFailed, control.StoreFailed},
}

// kinded gives an error of the stores its kind.
func kinded(err error) error {
	if err == nil {
		return nil
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return &control.Error{Kind: k.kind, Text: err.Error()}
		}
	}
	return err
}

// missing makes a NotFound error that says what to do.
func missing(what, name, advice string) error {
	return control.Errorf(control.NotFound, "no %s %q; %s", what, name, advice)
}

// Status implements control.Operations.
func (a *Admin) Status(ctx context.Context) (control.Status, error) {
	stats := a.s.Queue.Stats()
	oldest, err := a.s.Queue.Oldest(ctx)
	if err != nil {
		return control.Status{}, kinded(err)
	}
	st := control.Status{
		Hostname: a.host,
		Data:     a.s.Data,
		Queue: control.QueueStatus{
			Entries: stats.Entries, Fresh: stats.Fresh, Waiting: stats.Waiting,
			InFlight: stats.InFlight, Held: stats.Held, Damaged: stats.Damaged, Oldest: oldest,
			Domains: stats.Destinations, Blocked: stats.Blocked, Added: stats.Added,
		},
	}
	if a.process != nil {
		st.Running = true
		a.process.FillStatus(&st)
	}
	return st, nil
}

// Reload implements control.Operations.
func (a *Admin) Reload(ctx context.Context) (control.Reloaded, error) {
	if a.process == nil {
		return control.Reloaded{}, control.Errorf(control.NotRunning, "no server runs on %s; there is nothing to reload", a.s.Data)
	}
	r, err := a.process.Reload(ctx)
	if err != nil {
		return control.Reloaded{}, fmt.Errorf("reload: %w", err)
	}
	return r, nil
}
