// Package mda is the mail delivery agent (RFC 5598 4.3.3): it takes mail that
// is for us out of the queue and puts it into mailboxes, hands it to files and
// programs (package outlet), and makes of a message to a list one for each
// member.
//
// # The promise
//
// A message is in the mailbox exactly once (promise 2, owned by
// [Deliverer.Deliver]): leaving the queue and entering all mailboxes is one
// commit over the shard of the queue and the accounts. The commit need not be
// on disk when Deliver returns. A crash keeps a prefix of the commits, so it
// either keeps this one whole or falls back to the queue entry, which was
// synced before its sender got a 250. What an alias or a list sends elsewhere,
// and the notification about a success, become new entries of the queue in the
// same commit.
//
// What is outside of the store cannot be part of a commit. A file or program is
// therefore a recipient of its own in an entry of its own (queue.Rcpt.Outlet),
// with its own attempts and its own bounce, and is settled right after it has
// the message. A crash between the two repeats it: a Maildir finds the message
// under its name, an mbox or a program gets it twice.
//
// # What a delivered message looks like
//
// The body is not copied: mailbox and queue name the same blob. In front of it
// stand the lines of this delivery (mailstore's Own):
//
//	Return-Path: <sender@example.org>
//	Delivered-To: user@example.com
//
// and before those of an earlier station, such as the lines of a list
// (listheader.go).
//
// # What becomes of a recipient
//
//   - Delivered: everybody that the address stands for has the message, or an
//     entry of the queue does that sees to the rest.
//   - Deferred, 4.2.2: the mailbox is full. It is tried again until the message
//     expires; people who make room should not have lost mail. 4.2.4: a file
//     with recipients cannot be read; nobody gets the message before it can.
//   - Failed: nobody is there (5.1.1), the account is disabled (5.2.1), the
//     author may not post to the list (5.7.2), or the message was delivered to
//     this address before (5.4.6, a loop). The caller bounces it.
//   - Untouched: a file or program was cut off by the end of the server.
package mda
