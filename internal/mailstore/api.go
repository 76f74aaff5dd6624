package mailstore

import (
	"context"
	"errors"

	"tram/internal/storage/kv"
)

// These are signatures only; bodies move to files of their own as they come.

var errNotYet = errors.New("mailstore: not yet")

// Problem is one thing that Verify found or Rebuild repaired.
type Problem struct {
	Account kv.Account
	Mailbox MailboxID // 0 when it concerns the account
	UID     UID       // 0 when it concerns the mailbox
	Text    string
	Err     error // the cause, or nil
}

// Verify checks all records of an account against each other and reads every
// body. It goes on past problems and reports each. The error is about Verify
// itself.
func (s *Store) Verify(ctx context.Context, a kv.Account, report func(Problem)) error {
	return errNotYet
}

// Rebuild repairs what can be computed from other records (counters, name
// index, structure, envelope, header lines) and reports what it repaired.
func (s *Store) Rebuild(ctx context.Context, a kv.Account, report func(Problem)) error {
	return errNotYet
}
