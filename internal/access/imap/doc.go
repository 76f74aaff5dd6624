// Package imap is the IMAP door: one session engine for IMAP4rev1 (RFC 3501)
// and its extensions over the mail store.
//
// # How a command runs
//
// conn → command table → one file a command. command.go reads the tag and the
// name and finds the entry of the [command] table, which says in which states
// the command may run and whether the client may be told of expunged messages
// when it ends. The handler reads its arguments as the grammar is written,
// does the work, and writes its untagged responses; then the changes of the
// mailbox are announced (sync.go), and reply.go turns the handler's error into
// the tagged response. A new command is one file and one line in the table.
//
// # What a connection costs
//
// An idle connection is one goroutine that blocks in a read into a small
// buffer of its own, on a stack that never grew. What arrives is worked on by
// a borrowed goroutine (crew.go) that brings the large stack, the decoder and
// the encoder with it, and is given back when all that arrived has been
// answered. A session in IDLE is woken by the store's watchers and written to
// by a few shared goroutines (push.go); so is one that used NOTIFY, between its
// commands too. What such a client has to hear of is not kept for it: the log
// of the store is the queue (notifier.go).
//
// # What a client sees of a mailbox
//
// A session holds an immutable [mailstore.View]. Sequence numbers are positions
// in it, so nothing that other sessions do can shift them in the middle of a
// command. Between commands the view is replaced by the newest one and the
// difference is announced; where an EXPUNGE may not be sent (RFC 3501 7.4.1),
// by the newest one that still keeps what is gone.
package imap
