package idle

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tram/internal/config"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/server/stores"
	"tram/internal/storage/kv"
)

// fillBatch is how many messages one commit takes.
const fillBatch = 1000

// letter is what all messages say. They share one body.
const letter = "From: an@example.org\r\nTo: binh@example.org\r\nSubject: one of many\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\ntext\r\n"

// fill puts n read messages into INBOX of each of the first users, of a server
// that does not run, and indexes their text.
func (s *server) fill(users, n int) {
	s.t.Helper()
	began := time.Now()
	c, err := config.Load(s.config())
	check(s.t, err)
	st, err := stores.Open(s.t.Context(), c, slog.New(slog.DiscardHandler))
	check(s.t, err)
	d := delivery(s.t, st)
	for user := range users {
		account, err := st.Directory.AccountByAddress(s.t.Context(), address(user))
		check(s.t, err)
		for done := 0; done < n; done += fillBatch {
			batch := make([]mailstore.Delivery, min(fillBatch, n-done))
			for i := range batch {
				batch[i] = d
			}
			check(s.t, deliver(s.t.Context(), st, account.ID, batch))
		}
		// As it would be: the text index follows the mail within seconds. Making it
		// for a million messages is work of its own, once, after an import.
		check(s.t, st.Mail.UpdateIndex(s.t.Context(), account.ID))
	}
	check(s.t, st.Close())
	s.t.Logf("%d mailboxes filled with %d messages in %v", users, n, time.Since(began).Round(time.Millisecond))
}

func deliver(ctx context.Context, st *stores.Stores, id kv.Account, batch []mailstore.Delivery) error {
	err := st.KV.Update(ctx, []kv.Account{id}, func(tx kv.Tx) error {
		_, err := st.Mail.AppendTx(tx, id, batch)
		return err
	})
	if err != nil {
		return fmt.Errorf("deliver to %d: %w", id, err)
	}
	st.Mail.Committed(id)
	return nil
}

// delivery stores the body.
func delivery(t *testing.T, st *stores.Stores) mailstore.Delivery {
	t.Helper()
	digest, err := message.Scan(bytes.NewReader([]byte(letter)))
	check(t, err)
	w, err := st.Blobs.Create(t.Context())
	check(t, err)
	_, err = w.Write([]byte(letter))
	check(t, err)
	id, err := w.Commit(t.Context())
	check(t, err)
	return mailstore.Delivery{Blob: id, BlobSize: int64(len(letter)), Digest: digest, Flags: mailstore.Seen,
		InternalDate: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}
