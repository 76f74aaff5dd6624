package pebble

import "github.com/cockroachdb/pebble/v2/vfs"

// tablePiece is how many bytes of a table are written before the disk begins
// with them. What the page cache holds back until the sync at the end of a table
// reaches the disk at once, and whoever syncs a log meanwhile waits for all of
// it.
const tablePiece = 128 << 10

// pieces hands a table to the disk piece by piece.
type pieces struct {
	file  vfs.File
	size  int64 // of the table so far
	begun int64 // the disk has begun with the bytes before this
	whole bool  // the file system syncs whole files only: that would cost more than it gives
}

// wrote counts n more bytes. At the end of a piece it waits until the one before
// is on the disk.
func (p *pieces) wrote(n int) (err error) {
	p.size += int64(n)
	if p.whole || p.size-p.begun < tablePiece {
		return nil
	}
	p.begun = p.size
	p.whole, err = p.file.SyncTo(p.size)
	return err
}
