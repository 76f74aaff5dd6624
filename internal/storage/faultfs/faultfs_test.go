package faultfs

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func create(t *testing.T, fs vfs.FS, name string) vfs.File {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, fs vfs.FS, name string) string {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		return "no file"
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func syncDir(t *testing.T, fs vfs.FS) {
	t.Helper()
	d, err := fs.OpenDir("/")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		t.Fatal(err)
	}
}

func TestCrashAfterEveryOperation(t *testing.T) {
	mem := vfs.NewCrashableMem()
	disk := New(mem)
	var seen []string
	disk.After(Any, func(op Op) {
		seen = append(seen, op.Kind.String()+"="+content(t, Clone(mem, 0, 1, op), "/a"))
	})
	f := create(t, disk, "/a")
	syncDir(t, disk)
	f.Write([]byte("one"))
	f.Sync()
	f.Write([]byte(" two"))
	f.SyncData()
	f.Close()
	disk.Rename("/a", "/b")
	want := "create=no file sync= write= sync=one write=one sync=one two rename=one two"
	if got := strings.Join(seen, " "); got != want {
		t.Errorf("after each operation:\n got %s\nwant %s", got, want)
	}
	if n := disk.Count(Write | Sync); n != 5 {
		t.Errorf("Count = %d, want 5", n)
	}
}

func TestCloneDependsOnlyOnSeed(t *testing.T) {
	mem := vfs.NewCrashableMem()
	f := create(t, mem, "/a")
	syncDir(t, mem)
	f.Write(bytes.Repeat([]byte("x"), 64*4096))
	op := Op{Seq: 7}
	a, b := content(t, Clone(mem, 50, 1, op), "/a"), content(t, Clone(mem, 50, 1, op), "/a")
	if a != b {
		t.Error("same seed, different clones")
	}
	if c := content(t, Clone(mem, 50, 2, op), "/a"); a == c {
		t.Error("other seed, same clone")
	}
}

func TestFaults(t *testing.T) {
	write := func(f vfs.File) error { _, err := f.Write([]byte("abcd")); return err }
	sync := func(f vfs.File) error { return f.Sync() }
	for _, c := range []struct {
		name  string
		fault Fault
		want  string // one letter per step: . fine, E failed
		left  string
	}{
		{"second write", Fault{Nth: 2, Kinds: Write, Err: syscall.ENOSPC}, "..E..", "abcdabcd"},
		{"second write and later", Fault{Nth: 2, Kinds: Write, Err: syscall.ENOSPC, Later: true}, "..E.E", "abcd"},
		{"short", Fault{Nth: 3, Kinds: Write, Err: syscall.EIO, Short: true}, "....E", "abcdabcdab"},
		{"first sync", Fault{Nth: 1, Kinds: Sync, Err: syscall.EIO}, ".E...", "abcdabcdabcd"},
		{"any, both kinds", Fault{Nth: 4, Err: syscall.EIO, Later: true}, "...EE", "abcdabcd"},
		{"other path", Fault{Nth: 1, Err: syscall.EIO, Match: func(p string) bool { return p == "/b" }}, ".....", "abcdabcdabcd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := New(vfs.NewMem())
			f := create(t, disk, "/a")
			disk.Inject(c.fault)
			got := ""
			for _, step := range []func(vfs.File) error{write, sync, write, sync, write} {
				switch err := step(f); {
				case err == nil:
					got += "."
				case errors.Is(err, c.fault.Err):
					got += "E"
				default:
					t.Errorf("error %v does not wrap %v", err, c.fault.Err)
				}
			}
			if got != c.want || content(t, disk, "/a") != c.left {
				t.Errorf("got %s and %q, want %s and %q", got, content(t, disk, "/a"), c.want, c.left)
			}
			if fired := disk.Fired() != nil; fired != strings.Contains(c.want, "E") {
				t.Errorf("Fired = %v", disk.Fired())
			}
		})
	}
}

func TestLie(t *testing.T) {
	mem := vfs.NewCrashableMem()
	disk := New(mem)
	a, b := create(t, disk, "/a"), create(t, disk, "/b")
	syncDir(t, disk)
	disk.Lie(func(path string) bool { return path == "/a" })
	for _, f := range []vfs.File{a, b} {
		f.Write([]byte("x"))
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	left := Clone(mem, 0, 1, Op{})
	if content(t, left, "/a") != "" || content(t, left, "/b") != "x" {
		t.Errorf("a %q, b %q after the crash", content(t, left, "/a"), content(t, left, "/b"))
	}
}
