package disk

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/blob/blobtest"
)

// small are options that let a test see every way of the store with few bytes.
func small(fs vfs.FS) Options {
	return Options{FS: fs, PackBytes: 100_000, MemoryBody: 20_000, MemoryBudget: 200_000, OpenPacks: 3}
}

func openAt(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open("data/blobs", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blob.Store { return openAt(t, small(vfs.NewMem())) })
}

func TestContractRiding(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blob.Store { return openAt(t, riding(vfs.NewMem())) })
}

// riding are small options of a store whose riders are kept.
func riding(fs vfs.FS) Options {
	o := small(fs)
	o.Redo = func(func([]byte) error) error { return nil }
	return o
}

func TestContractOnDisk(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blob.Store {
		s, err := Open(t.TempDir(), Options{PackBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
