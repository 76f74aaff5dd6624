// Package disk keeps message bodies in append-only pack files. It implements
// package blob.
//
//	blobs/LOCK                  held while the store is open
//	blobs/packs/00000001.pack   bodies, in the order in which they came
//	blobs/packs/00000001.moved  where the survivors of a removed pack are now
//	blobs/tmp/                  bodies too large for memory, on their way in
//
// # A pack
//
// A pack starts with a head of 32 bytes and goes on with records, each at a
// multiple of 8. Numbers are little-endian, checksums CRC-32C.
//
//	head of a pack                      head of a record
//	 0  8  "tram.pak"                    0  4  tag of the pack
//	 8  2  version, 1                    4  1  version, 1
//	10  2  flags: 1 made by Collect      5  1  kind: 'B' body, 'S' seal
//	12  4  number                        6  2  0
//	16  4  tag: random                   8  4  length of the body, in bytes
//	20  8  when made, Unix ns           12  4  number of the first pack
//	28  4  checksum of 0…27             16  4  offset in the first pack
//	                                    20  8  when committed, Unix ns
//	                                    28  4  checksum of 4…27 and the table
//	                                    32 4n  table: a checksum for each
//	                                           block of 64 KiB of the body
//	                                     …     body, then zeros up to 8
//
// A reader of a range verifies the head and the blocks that it touches. The tag
// keeps a body that looks like a record from being taken for one when a damaged
// pack is searched: its sender cannot know the tag.
//
// A pack that has reached its size ends with a seal: a head of kind 'S' without
// a body, whose time is that of the newest body of the pack.
//
// # The name of a body
//
//	0 4 first pack   4 4 offset   8 4 length   12 4 checksum of the head
//
// all big-endian. So a body is opened without any index, a small one with one
// read, and a made-up name is refused. A body that Collect moves keeps its name
// and its record, byte for byte but for the tag; "first pack" and "offset" tell
// where it was once, and the .moved file of that pack where it is now.
//
// # A .moved file
//
//	 0  8  "tram.mov"   8 2 version, 1   10 2 0   12 4 number of the pack
//	16  4  count       20 8 0            28 4 checksum of 0…27
//	then count entries in ascending order of the old offset:
//	 0  4  old offset   4 4 pack   8 4 offset
//	12  4  checksum of the number of the old pack and 0…11
//
// It is derived: lost or damaged, it is made again from the records.
//
// # Durability
//
// Commit appends a record and waits for one fdatasync that all who wait share.
// Stage leaves that to the log of names, for small bodies: see stage.go and
// redo.go. The name of a new pack is synced before anything in it is acknowledged. After
// a failed write or sync of a pack nothing is acknowledged any more
// (blob.ErrFailed); reading goes on. What a crash leaves is written down state
// by state in docs/storage/ground.md.
//
// When the store is opened, bodies that only the log has are written again; then
// only the last pack is read: if all of its records
// are whole it is continued, else it stays as it is and a new one is begun, so
// nothing is ever appended behind a torn record. Pack numbers only grow: the
// highest pack is never removed, not even when it is empty of live bodies.
package disk
