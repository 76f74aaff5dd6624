// Package queue keeps accepted mail until it has reached the next station: a
// mailbox here or another host. It is the memory between the agents: one puts
// a message in, another takes it out, and between the two it is on disk.
//
//	id, err := q.Add(ctx, queue.Message{Sender: from, Rcpts: rcpts, Body: blobID, …})
//	// nil: queued and synced. Only now may "250" be said.
//
//	for {
//		e, err := q.Next(ctx)          // waits for a due entry
//		outcomes := deliver(e)         // one for each of e.Rcpts
//		err = db.Update(ctx, append(mailboxAccounts, queue.Shard(e.ID)), func(tx kv.Tx) error {
//			… append to the mailboxes, AddTx the bounces …
//			return q.SettleTx(tx, e, outcomes)
//		})
//		if err != nil { q.Release(e) } else { q.Settled(e) }
//	}
//
// # Promises
//
//   - Add returns nil only when the message is committed and synced. There is
//     no other way in but AddTx, which rides on the caller's commit.
//   - An entry leaves only through SettleTx, in the commit that puts the
//     message where it belongs, or by an administrator's Delete.
//   - One entry is in one flight at a time.
//   - After a failure of the store nothing is added and nothing handed out.
//
// # The life of an entry
//
//	        Add                Next              SettleTx, nobody left
//	───────────────▶ fresh ───────────▶ in flight ───────────────────▶ gone
//	                   ▲                 │  ▲  │
//	           Release │                 │  │  │ SettleTx, some deferred
//	                   └─────────────────┘  │  ▼
//	held ◀── Hold ── fresh, waiting         waiting
//	held ─ Unhold ─▶ fresh, waiting     Next, when its time has come
//
// "In flight" lives in memory only: after a crash the entry is fresh or
// waiting again, so what an agent did without SettleTx is done again, and what
// it did together with SettleTx is not.
//
// An entry is handed out when one of its recipients is due, and also when its
// sender is to be told of the delay or its deadline has come: Entry.Due,
// Entry.WarnDue and Entry.Overdue say which.
//
// # On disk
//
// The entries are spread over the shards, which are accounts of the key-value
// store from kv.FirstQueue on: "e"+ID → record (record.go), and one mark "m"
// (clock.go) that keeps IDs unique when the clock jumps back. Each entry is
// one value. docs/storage/queue.md describes every byte and every crash state.
//
// # In memory
//
// A schedule of about 70 bytes an entry, rebuilt by a scan when the queue is
// opened. It has lanes by priority (class.go) and a slow line for what is for
// domains that cannot be reached (backlog.go): the agent says so with Block.
// Entries themselves are read when they are due; only what Add has just taken
// is handed on from memory, up to [MaxRemembered].
package queue
