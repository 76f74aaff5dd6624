package mta

import (
	"context"
	"errors"
)

// MTA moves mail from the queue to its next station.
type MTA struct{ o Options }

// New checks the options.
func New(o Options) (*MTA, error) { return &MTA{o}, nil }

// Run delivers until ctx ends and all that it started has ended too.
func (m *MTA) Run(ctx context.Context) error { return errors.New("mta: not yet") }
