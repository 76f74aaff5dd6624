package msa

import (
	"context"

	"tram/internal/mail/smtpwire"
)

// What users may ask about addresses, and what they are told, is the same on
// all doors: the Inquirer knows. Without one nobody learns anything.

// Verify answers VRFY with the name and address of a mailbox.
func (s *Submitter) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	if s.o.Inquirer == nil {
		return "", nil
	}
	return s.o.Inquirer.Verify(ctx, p, arg)
}

// Expand answers EXPN with the members of an alias or a list.
func (s *Submitter) Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	if s.o.Inquirer == nil {
		return nil, nil
	}
	return s.o.Inquirer.Expand(ctx, p, arg)
}
