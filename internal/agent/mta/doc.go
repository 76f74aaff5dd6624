// Package mta is the message transfer agent (RFC 5598 4.3): it takes mail from
// other hosts, finds the next station of each recipient, and hands the mail on.
//
//	port 25 ─ Receiver ─┐
//	                    ├─ Intake ─ queue.Add ┄ queue.Next ─ MTA.Run ─┬─ LocalDeliverer (mda)
//	465, 587 ─ msa ─────┘                                             └─ smtpclient ─ next host
//
// # In
//
// [Receiver] is the policy of port 25: mail for our own recipients from
// anybody, mail for others only from clients of ours ([Admit] decides, and is a
// pure function). What it accepts goes through [Intake], the one way into the
// queue for every agent: addresses rewritten, copies and footer added, trace
// header, digest, loop check, body and queue entry synced. Only then is
// there a 250 (promise 1, owned by queue.Add).
//
// # On
//
// [MTA.Run] takes entries from the queue. Recipients of ours go to the local
// delivery agent, all in one commit. The others are grouped by next hop
// ([Route] decides, and is a pure function) and sent by a bounded number of
// senders. Each destination has its own window of transactions that opens with
// success and closes with trouble; one that cannot be reached is left alone for
// a growing time, whatever messages wait for it; and none can hold up another
// (dispatch.go, window.go, rank.go, sender.go, putoff.go).
//
// # Back
//
// [Reporter] tells senders of failure, delay and success as they asked (RFC
// 3461), in the commit that settles the recipients: so each is told exactly
// once. Notifications that cannot be delivered go to the postmaster, once.
//
// # Why
//
// [Explainer] says what would become of mail. It calls the functions that
// decide: [RewriteSender], [RewriteRecipient], [Admit], [Route], [Exchangers].
package mta
