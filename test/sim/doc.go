// Package sim takes Tram through crashes and failing disks and holds what is
// left against what was acknowledged.
//
// A round makes a store on a file system in memory that can crash, starts the
// agents and the doors on it, and lets real SMTP and IMAP sessions work:
// messages are accepted, delivered to one mailbox, through an alias to two,
// through a list, and into a Maildir, appended, flagged, moved, expunged, and
// sent to another host that refuses some at first, loses its reply to others,
// and does not know everybody. For some of them the sender is owed one
// notification, of success or of failure. A [model] notes what each client was
// told, no more.
//
// After every write and every sync of the disk the world stands still, and the
// disk is cloned three times as a power cut would leave it, with 0, 50 and
// 100 % of what was not synced. Each clone is a crash point: it is opened,
// read and compared with the model, then all space that nothing uses is
// reclaimed, its queue is worked off, and it is compared again; at one point of
// 16 with another host at hand, until nothing is left in the queue. What is
// outside of the stores, the Maildir and the other host, does not crash with
// them.
//
//	0 acknowledged messages lost, torn or delivered twice
//	0 notifications missing, or sent twice
//	0 UIDs that name another message than the one that was shown
//	0 UIDNEXT and HIGHESTMODSEQ that went back
//	0 problems found by the store's own verification
//
// The other host may have a message twice only when its reply was lost; such
// doubles are counted.
//
// The same rounds run with the Nth write or sync failing: after a failed sync
// nothing may be acknowledged.
//
// A violation is printed with the seed of its round, which replays it:
//
//	go run ./test/sim/crash -seed N
package sim
