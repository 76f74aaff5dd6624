// Package mda is the mail delivery agent (RFC 5598 4.3.3): it puts mail that
// is for us into mailboxes.
package mda

import (
	"context"
	"errors"
	"log/slog"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Directory expands addresses. *directory.Directory is one.
type Directory interface {
	Expand(ctx context.Context, a address.Address) (directory.Expansion, error)
}

// Options of a Deliverer. All but Log are required.
type Options struct {
	Hostname  string
	DB        kv.DB
	Blobs     blob.Store
	Queue     *queue.Queue
	Mail      *mailstore.Store
	Directory Directory
	Log       *slog.Logger // default: discards
}

// Deliverer delivers to mailboxes. It satisfies mta.LocalDeliverer.
type Deliverer struct{ o Options }

// New returns a deliverer.
func New(o Options) *Deliverer { return &Deliverer{o} }

// Deliver delivers e to those of its recipients that rcpts names and sets
// their outcomes; see mta.LocalDeliverer.
func (d *Deliverer) Deliver(ctx context.Context, e *queue.Entry, rcpts []int, outcomes []queue.Outcome) error {
	return errors.New("mda: not yet")
}
