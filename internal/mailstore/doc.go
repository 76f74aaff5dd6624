// Package mailstore is the memory: mailboxes, messages, flags and what changed
// when, for any number of sessions at once.
//
// # What it keeps
//
// Everything of one account lies in that account's records of a kv store, and
// message bodies in a blob store; docs/storage/mailstore.md has every key and value. An
// account has mailboxes, a mailbox has messages, and a message is a body shared
// by reference, a few header lines of its own in front of it ([Message.Own]),
// its flags, and what was computed from it once, at arrival (envelope,
// structure, part offsets, often wanted header lines).
//
// # What it promises
//
//   - UIDs of a mailbox only grow and are never used again. A mailbox that is
//     made again under an old name has a new UIDVALIDITY. MODSEQ is one counter
//     an account and never goes back.
//   - Counters, quota and the change log are written by the transaction that
//     changes the messages: they are exact or the change did not happen.
//   - Nothing is shown before it is on disk: [Store.View], [Store.Status],
//     [Store.Mailboxes] and [Store.Messages] wait for the sync of what they
//     read, which costs nothing when there is nothing to sync.
//   - A method that changes something returns after the change is on disk. The
//     one exception is [Store.AppendTx], which joins the transaction of a local
//     delivery: the queue still has the message if that commit is lost.
//
// # Views
//
// A [View] is an immutable picture of one mailbox at one MODSEQ. All sessions
// that look at a mailbox share it, and the next version shares all blocks that
// did not change, so a hundred sessions on one mailbox cost one:
//
//	v, err := store.View(ctx, account, mailbox)
//	for i, block := range v.Blocks(0) { … }   // entries: UID, flags, modseq, size
//	…
//	next, err := store.View(ctx, account, mailbox)
//	for c := range mailstore.Diff(v, next) { … } // expunged, changed, added
//
// A session in IDLE asks [Store.Watch] to be told of changes; that costs no
// goroutine, and [Store.Run] does the work for all of them.
package mailstore
