package directory

import (
	"context"
	"iter"
)

// AddRecipients lists recipients of Relayed domains and returns how many are
// new. It works in commits of 5,000.
func (d *Directory) AddRecipients(ctx context.Context, addresses ...string) (int, error) { panic("x") }

// RemoveRecipients takes recipients off the lists and returns how many were
// there.
func (d *Directory) RemoveRecipients(ctx context.Context, addresses ...string) (int, error) {
	panic("x")
}

// Recipients yields the listed recipients of a Relayed domain by address; ""
// means all domains. An error ends it.
func (d *Directory) Recipients(ctx context.Context, domain string) iter.Seq2[string, error] {
	panic("x")
}
