package disk

import (
	"errors"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
)

// TestOnFailure: whoever shares the promise hears of a failed sync before the
// writer whose body it was.
func TestOnFailure(t *testing.T) {
	fs := faultfs.New(vfs.NewMem())
	var heard error
	s, err := Open("blobs", Options{FS: fs, OnFailure: func(err error) { heard = err }})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("body")); err != nil {
		t.Fatal(err)
	}
	fs.Inject(faultfs.Fault{Nth: 1, Kinds: faultfs.Sync, Err: syscall.EIO})
	if _, err := w.Commit(t.Context()); err == nil {
		t.Fatal("a commit whose sync failed was acknowledged")
	}
	if !errors.Is(heard, syscall.EIO) {
		t.Errorf("heard %v, want EIO", heard)
	}
	if err := s.Close(); err == nil {
		t.Log("closed without an error") // either is fine: the failure was told
	}
}
