// Package sim takes Tram through crashes and failing disks and holds what is
// left against what was acknowledged.
//
// A round makes a store on a file system in memory that can crash, starts the
// agents and the doors on it, and lets real SMTP and IMAP sessions work:
// messages are accepted, delivered to one mailbox and through an alias to two,
// appended, flagged, moved, expunged, and sent to another host that refuses at
// first. A [model] notes what each client was told, no more.
//
// After every write and every sync of the disk the world stands still, and the
// disk is cloned three times as a power cut would leave it, with 0, 50 and
// 100 % of what was not synced. Each clone is a crash point: it is opened,
// read and compared with the model, then its queue is worked off and it is
// compared again.
//
//	0 acknowledged messages lost, torn or delivered twice
//	0 UIDs that name another message than the one that was shown
//	0 UIDNEXT and HIGHESTMODSEQ that went back
//	0 problems found by the store's own verification
//
// The same rounds run with the Nth write or sync failing: after a failed sync
// nothing may be acknowledged.
//
// A violation is printed with the seed of its round, which replays it:
//
//	go run ./test/sim/crash -seed N
package sim
