// Package sessions has twenty IMAP sessions do random things to the same
// mailboxes, all at once, and compares what each of them was told, and what is
// there, with a model that lives outside the server.
//
// # What can be known when everybody acts at the same time
//
// Each message has an owner, the session that appended it, and only its owner
// changes its system flags, copies, moves or removes it. Each session has a
// keyword of its own that only it sets and clears, on messages of everybody.
// So every flag has one writer, and the model knows at each moment what it must
// be, without knowing in which order the server did what two sessions asked
// for. The one thing that is not known is which keywords of others a copy took
// with it: the model waits until their owner sets them again.
//
// # What is compared
//
//   - every response, when it comes, with what it says of messages whose state
//     is known: flags, bodies, results of searches, UIDs that only grow;
//   - every untagged response with what the session was told before: sequence
//     numbers that fit, no EXPUNGE where none may be sent;
//   - after each round, with all sessions at rest: the view of each of them, and
//     of a fresh one, with the model, message by message and flag by flag.
//
// In some rounds the server is killed with SIGKILL. What was acknowledged is
// there afterwards; each command that had no answer was done whole or not at
// all; and sessions come back by QRESYNC and know what is there.
//
// make sessions runs it for ten minutes; without -time it is short.
package sessions
