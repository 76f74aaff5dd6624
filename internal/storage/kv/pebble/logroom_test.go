package pebble

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
)

const testStep = 64 << 10 / 4 // with the memtables of these tests

func openSmall(t *testing.T, fs vfs.FS) *DB {
	t.Helper()
	db, err := Open("kv", Options{FS: fs, MemTableBytes: 64 << 10, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// TestLogGrowsInSteps looks at the log while riders make it longer, and reopens
// the store from the log with its zeros.
func TestLogGrowsInSteps(t *testing.T) {
	mem := vfs.NewMem()
	db := openSmall(t, mem)
	sizes := map[int]bool{}
	const commits = 60
	written := 0
	for i := range commits {
		if err := attach(db, i); err != nil {
			t.Fatal(err)
		}
		if err := db.Sync(t.Context(), kv.FirstUser); err != nil {
			t.Fatal(err)
		}
		_, log := lastLog(t, mem)
		sizes[len(log)] = true
		written = len(bytes.TrimRight(log, "\x00"))
		if len(log)%testStep != 0 || len(log) < written {
			t.Fatalf("after %d commits %d bytes of log for %d", i+1, len(log), written)
		}
	}
	if most := written/testStep + 2; len(sizes) > most || written < 4*testStep {
		t.Errorf("a log of %d bytes had %d sizes, want no more than %d", written, len(sizes), most)
	}
	after := copyOf(t, mem)
	db.Close()
	if got := riders(t, after); len(got) != commits {
		t.Errorf("%d riders, want %d", len(got), commits)
	}
	openSmall(t, after).Close()
}

// smallDisk has so many bytes free.
type smallDisk struct {
	vfs.FS
	free uint64
}

func (d smallDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free}, nil
}

// TestLogRoom follows the room of one file.
func TestLogRoom(t *testing.T) {
	const step = 100 << 10
	for _, c := range []struct {
		name string
		free uint64
		old  int   // bytes that the file has
		n    []int // bytes written, one after the other
		want int   // bytes of the file before the last is written
	}{
		{"the first bytes", logRoomSteps * step, 0, []int{1}, step},
		{"within a step", logRoomSteps * step, 0, []int{1, step - 1}, step},
		{"over a step", logRoomSteps * step, 0, []int{1, step}, 2 * step},
		{"more than a step", logRoomSteps * step, 0, []int{step + 1}, 0},
		{"after more than a step", logRoomSteps * step, 0, []int{step + 1, 1}, 2*step + 1},
		{"used again", logRoomSteps * step, step + 5, []int{step + 5}, step + 5},
		{"used again and longer", logRoomSteps * step, step + 5, []int{step + 5, 1}, 2*step + 5},
		{"a disk that is nearly full", logRoomSteps*step - 1, 0, []int{1}, 0},
	} {
		fs := smallDisk{vfs.NewMem(), c.free}
		file, err := fs.Create("1.log", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt(bytes.Repeat([]byte{1}, c.old), 0); err != nil {
			t.Fatal(err)
		}
		r, at := newLogRoom(fs, file, "1.log", step), 0
		for i, n := range c.n {
			if err := r.reserve(n); err != nil {
				t.Fatal(err)
			}
			if i < len(c.n)-1 {
				if _, err := file.WriteAt(make([]byte, n), int64(at)); err != nil {
					t.Fatal(err)
				}
				at += n
			}
		}
		if info, err := file.Stat(); err != nil || info.Size() != int64(c.want) {
			t.Errorf("%s: %d bytes, want %d, %v", c.name, info.Size(), c.want, err)
		}
	}
}

// TestLogRoomFails: a disk without room for zeros may have some for the log; any
// other error is final.
func TestLogRoomFails(t *testing.T) {
	for _, c := range []struct{ err, want error }{{syscall.ENOSPC, nil}, {syscall.EIO, syscall.EIO}} {
		disk := faultfs.New(vfs.NewMem())
		file, err := disk.Create("1.log", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		disk.Inject(faultfs.Fault{Nth: 3, Err: c.err})
		if err := newLogRoom(disk, file, "1.log", 4*logPiece).reserve(1); !errors.Is(err, c.want) {
			t.Errorf("%v is told as %v", c.err, err)
		}
	}
}

// TestPieces counts how often the disk begins with a table.
func TestPieces(t *testing.T) {
	for _, c := range []struct {
		whole bool
		want  int
	}{{false, 4}, {true, 1}} {
		file := &begins{whole: c.whole}
		p := pieces{file: file}
		for range 5 * tablePiece / 1000 {
			if err := p.wrote(1000); err != nil {
				t.Fatal(err)
			}
		}
		if file.n != c.want {
			t.Errorf("began %d times, want %d", file.n, c.want)
		}
	}
}

// begins counts SyncTo.
type begins struct {
	vfs.File
	whole bool
	n     int
}

func (b *begins) SyncTo(int64) (bool, error) {
	b.n++
	return b.whole, nil
}

// TestLogRoomReturns: a disk that was full has room again. The zeros of the next
// step go behind what was written meanwhile.
func TestLogRoomReturns(t *testing.T) {
	const step = 4 * logPiece
	for nth := int64(1); nth <= 4; nth++ {
		mem := vfs.NewMem()
		disk := faultfs.New(mem)
		file, err := disk.Create("1.log", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		disk.Inject(faultfs.Fault{Nth: nth, Err: syscall.ENOSPC, Short: true})
		r := newLogRoom(disk, file, "1.log", step)
		var want []byte
		for i := range 3 * step / 1000 {
			record := bytes.Repeat([]byte{byte(1 + i%255)}, 1000)
			if err := r.reserve(len(record)); err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteAt(record, int64(len(want))); err != nil {
				t.Fatal(err)
			}
			want = append(want, record...)
		}
		got := make([]byte, len(want))
		if _, err := file.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("no room for piece %d: the log is not what was written, %v", nth, err)
		}
		file.Close()
	}
}
