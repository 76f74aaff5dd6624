package server

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"tram/internal/config"
)

// The space that is kept free when the configuration does not say: two hundredths
// of the file system, within these bounds, and never more than a tenth of a
// small one.
const (
	leastSpace = int64(512 * config.MiB)
	mostSpace  = int64(4 * config.GiB)
)

// wantedSpace is how many bytes must stay free on a file system of a size.
func wantedSpace(configured, size int64) int64 {
	if configured > 0 {
		return configured
	}
	return min(max(size/50, leastSpace), mostSpace, size/10)
}

// disk is the room on a file system.
type disk struct {
	size, free   int64 // bytes; free: for those who are not root
	inodes       int64
	countsInodes bool // btrfs and others make them as they need them
}

// diskOf looks at the file systems of the data directory, of which kv and blobs
// may have one of their own: the one with the least room counts.
func diskOf(data string) func() (disk, error) {
	places := []string{data, filepath.Join(data, "kv"), filepath.Join(data, "blobs")}
	return func() (least disk, err error) {
		for i, place := range places {
			d, err := statfs(place)
			if i > 0 && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return disk{}, err
			}
			if i == 0 || d.free < least.free {
				least = d
			}
		}
		return least, nil
	}
}

func statfs(path string) (disk, error) {
	var st syscall.Statfs_t
	for {
		err := syscall.Statfs(path, &st)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return disk{}, fmt.Errorf("free space of %s: %w", path, err)
		}
		block := st.Bsize
		return disk{
			size: int64(st.Blocks) * block, free: int64(st.Bavail) * block,
			inodes: int64(st.Ffree), countsInodes: st.Files > 0,
		}, nil
	}
}
