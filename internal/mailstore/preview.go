package mailstore

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/mail/message"
	"tram/internal/storage/kv"
)

// MakePreview computes the preview (RFC 8970) of a message that was read with
// WantMeta and WantStructure. The caller hands what it made to KeepPreviews, so
// that it is made once.
func (s *Store) MakePreview(ctx context.Context, m *Message) (string, error) {
	table, err := message.Parts(m.Parts)
	if err != nil {
		return "", err
	}
	r, err := s.blobs.Open(ctx, m.Blob)
	if err != nil {
		return "", fmt.Errorf("preview of message %d: %w", m.UID, err)
	}
	text, err := message.Preview(r, table)
	return text, errors.Join(err, r.Close())
}

// Preview is what MakePreview made of one message.
type Preview struct {
	UID  UID
	Text string
}

// KeepPreviews stores previews of messages of one mailbox, of those that are
// still there. They can be computed again at any time, so nobody waits for
// their sync, and nothing else of the mailbox changes.
func (s *Store) KeepPreviews(ctx context.Context, id kv.Account, m MailboxID, previews []Preview) error {
	if len(previews) == 0 {
		return nil
	}
	return s.db.Update(ctx, []kv.Account{id}, func(ktx kv.Tx) error {
		space := ktx.Account(id)
		there := make([]bool, len(previews))
		for i, p := range previews {
			switch _, err := space.Get(appendItemKey(nil, kindMeta, m, uint32(p.UID))); {
			case err == nil:
				there[i] = true
			case !errors.Is(err, kv.ErrNotFound):
				return err
			}
		}
		for i, p := range previews {
			if !there[i] {
				continue
			}
			if err := space.Set(appendItemKey(nil, kindPreview, m, uint32(p.UID)), appendPreview(nil, []byte(p.Text))); err != nil {
				return err
			}
		}
		return nil
	})
}
