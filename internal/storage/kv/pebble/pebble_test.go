package pebble

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/kv"
	"tram/internal/storage/kv/kvtest"
)

// openAt opens a store in a directory of a file system.
func openAt(t testing.TB, fs vfs.FS) *DB {
	t.Helper()
	db, err := Open("kv", Options{FS: fs, MemTableBytes: 64 << 10, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		kvtest.Run(t, func(t testing.TB) kv.DB { return openAt(t, vfs.NewMem()) })
	})
}

func TestContractOnDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	kvtest.Run(t, func(t testing.TB) kv.DB {
		db, err := Open(t.TempDir(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}
