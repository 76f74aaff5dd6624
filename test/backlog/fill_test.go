package backlog

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tram/internal/config"
	"tram/internal/mail/address"
	"tram/internal/queue"
	"tram/internal/server/stores"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

const (
	deadDomains = 1000
	silentShare = 10  // one domain in so many takes connections and says nothing
	freshShare  = 10  // one entry in so many was never tried
	fillBatch   = 500 // entries a commit
)

// fill puts n entries into the queue of a server that does not run: as if they
// had been tried for hours, and all of them due since the server went down.
func fill(t *testing.T, c *config.Config, n int) {
	t.Helper()
	began := time.Now()
	s, err := stores.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	body := store(t, s)
	for done := 0; done < n; done += fillBatch {
		if err := fillSome(t.Context(), s, body, done); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("filled with %d entries in %v", n, time.Since(began).Round(time.Millisecond))
}

// store stores the body that all entries share.
func store(t *testing.T, s *stores.Stores) blob.ID {
	t.Helper()
	w, err := s.Blobs.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("Subject: waiting\r\n\r\nStill here.\r\n")); err != nil {
		t.Fatal(err)
	}
	id, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// fillSome adds a batch, and defers those that were tried.
func fillSome(ctx context.Context, s *stores.Stores, body blob.ID, from int) error {
	q := s.Queue
	first := q.NewID()
	shard := queue.Shard(first)
	var added []*queue.Pending
	for i := range fillBatch {
		p, err := q.Prepare(letter(from+i, body))
		if err != nil {
			return err
		}
		added = append(added, p)
	}
	var accounts []kv.Account
	for _, p := range added {
		accounts = append(accounts, p.Shard())
	}
	accounts = append(accounts, shard)
	err := s.KV.Update(ctx, accounts, func(tx kv.Tx) error {
		for _, p := range added {
			if err := q.AddTx(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range added {
		q.Added(p)
	}
	return deferSome(ctx, s, accounts)
}

// deferSome takes all that is fresh and defers most of it, to a time that will
// have passed when the server starts. What the schedule says meanwhile does not
// matter: it is made anew from the records then.
func deferSome(ctx context.Context, s *stores.Stores, accounts []kv.Account) error {
	q := s.Queue
	var taken []*queue.Entry
	for {
		e, err := q.TryNext(ctx)
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		if e.Rcpts[0].Attempts > 0 { // due again already
			q.Postpone(e, time.Now().Add(time.Hour))
			continue
		}
		taken = append(taken, e)
	}
	reply := []queue.Outcome{{Result: queue.Deferred, Next: time.Now(), Reply: "451 4.4.1 [192.0.2.1]: at connect: connection refused"}}
	err := s.KV.Update(ctx, accounts, func(tx kv.Tx) error {
		for i, e := range taken {
			if i%freshShare == 0 {
				continue
			}
			if err := q.SettleTx(tx, e, reply); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, e := range taken {
		if i%freshShare == 0 {
			q.Postpone(e, time.Now().Add(time.Hour)) // in memory: fresh again after the start
		} else {
			q.Settled(e)
		}
	}
	return nil
}

// letter is one of the messages that wait.
func letter(n int, body blob.ID) queue.Message {
	domain := n % deadDomains
	kind := "dead"
	if domain%silentShare == silentShare/2 { // fresh and tried ones among them
		kind = "silent"
	}
	return queue.Message{
		Sender: address.Address{Local: "an", Domain: "example.org"},
		Rcpts:  []queue.Rcpt{{To: address.Address{Local: fmt.Sprintf("user%d", n), Domain: fmt.Sprintf("d%d.%s.example", domain, kind)}}},
		Body:   body, Size: 32,
		Header: []byte("Received: from client.example.org (client.example.org [192.0.2.7])\r\n" +
			"\tby mail.example.org (Tram) with ESMTPS (TLS 1.3 TLS_AES_128_GCM_SHA256)\r\n" +
			"\tid 06ah0kaye0002; Sat, 21 Nov 2026 23:28:27 +0000\r\n"),
		Received: time.Now().Add(-time.Hour),
		Origin:   queue.Origin{Helo: "client.example.org", Protocol: "ESMTPS"},
	}
}
