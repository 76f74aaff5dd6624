package mailstore

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/storage/kv"
)

// QuarantineName is the mailbox that [Store.Quarantine] moves messages to.
const QuarantineName = "Damaged"

// Quarantine moves messages whose bodies are damaged out of the way, into the
// mailbox QuarantineName of their account, which is made when it is missing.
// They keep flags, dates and envelope, so that their owner sees who wrote them
// and when. It returns the name of that mailbox.
func (s *Store) Quarantine(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet) (string, error) {
	_, err := s.Create(ctx, id, QuarantineName, "")
	if err != nil && !errors.Is(err, ErrMailboxExists) {
		return "", fmt.Errorf("make %s: %w", QuarantineName, err)
	}
	to, err := s.Lookup(ctx, id, QuarantineName)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", QuarantineName, err)
	}
	if to.ID == m {
		return QuarantineName, nil // they are there already
	}
	if _, err := s.Move(ctx, Place{id, m}, Place{id, to.ID}, uids, Quota{}); err != nil {
		return "", fmt.Errorf("move to %s: %w", QuarantineName, err)
	}
	return QuarantineName, nil
}
