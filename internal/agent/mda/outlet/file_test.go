package outlet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tram/internal/directory"
	"tram/internal/mail/address"
)

const letter = "Subject: hello\r\nFrom: a@there.example\r\n\r\nFrom here on\r\n>From there\r\n>>Fromage\r\nthe end\r\n"

func testMessage(text string) *Message {
	return &Message{
		ID: "0123456789abc", Sender: address.Address{Local: "a", Domain: "there.example"},
		Recipient: address.Address{Local: "log", Domain: "here.example"},
		Received:  time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Text: strings.NewReader(text),
	}
}

func target(t testing.TB, text string) directory.Target {
	t.Helper()
	target, err := directory.ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// safeDir is a directory that nobody else can write to.
func safeDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const inMbox = "From a@there.example Sun Mar  1 12:00:00 2026\n" +
	"Subject: hello\nFrom: a@there.example\n\n>From here on\n>>From there\n>>Fromage\nthe end\n\n"

func TestMbox(t *testing.T) {
	file := safeDir(t) + "/log"
	d := New(Options{})
	for range 2 {
		if err := d.Deliver(t.Context(), target(t, file), testMessage(letter)); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, file); got != inMbox+inMbox {
		t.Errorf("%q", got)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

// TestMboxUnfinished: what another program has left half is closed first.
func TestMboxUnfinished(t *testing.T) {
	file := safeDir(t) + "/log"
	if err := os.WriteFile(file, []byte("From x\n\nhalf a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New(Options{}).Deliver(t.Context(), target(t, file), testMessage(letter)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, file); got != "From x\n\nhalf a li\n\n"+inMbox {
		t.Errorf("%q", got)
	}
}

// failing is a message that breaks off.
type failing struct{ left int }

func (f *failing) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, syscall.EIO
	}
	n := min(len(p), f.left)
	f.left -= n
	return n, nil
}

// TestMboxCutBack: a delivery that fails halfway leaves the file as it was,
// also when it is the disk that is full.
func TestMboxCutBack(t *testing.T) {
	file := safeDir(t) + "/log"
	d := New(Options{})
	if err := d.Deliver(t.Context(), target(t, file), testMessage(letter)); err != nil {
		t.Fatal(err)
	}
	m := testMessage("")
	m.Text = &failing{left: 3 * textBuffer}
	var failure *Failure
	if err := d.Deliver(t.Context(), target(t, file), m); !errors.As(err, &failure) || !failure.Temporary || !errors.Is(err, syscall.EIO) {
		t.Errorf("%v", err)
	}
	if got := read(t, file); got != inMbox {
		t.Errorf("%d bytes are left", len(got))
	}
}

// TestMboxTogether: deliveries to one file do not run into each other.
func TestMboxTogether(t *testing.T) {
	file := safeDir(t) + "/log"
	d := New(Options{})
	long := "Subject: long\r\n\r\n" + strings.Repeat("all work and no play\r\n", 20_000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := d.Deliver(t.Context(), target(t, file), testMessage(long)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	one := strings.ReplaceAll(long, "\r\n", "\n") + "\n"
	if got := read(t, file); strings.Count(got, one) != 8 {
		t.Errorf("%d whole messages", strings.Count(got, one))
	}
}

// TestMboxLocked: another program's lock is waited for, not for ever.
func TestMboxLocked(t *testing.T) {
	file := safeDir(t) + "/log"
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &whole); err != nil {
		t.Fatal(err)
	}
	g, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := lock(t.Context(), g, 50*time.Millisecond); !errors.Is(err, errLocked) {
		t.Errorf("%v", err)
	}
	f.Close()
	if err := lock(t.Context(), g, time.Second); err != nil {
		t.Error(err)
	}
	if err := fileFailure(errLocked).(*Failure); err.Reply != replyLocked || !err.Temporary {
		t.Errorf("%+v", err)
	}
}

// TestUnsafe: paths that others could turn against the server.
func TestUnsafe(t *testing.T) {
	dir := safeDir(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, mode os.FileMode) {
		t.Helper()
		must(os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		must(os.Chmod(filepath.Join(dir, name), mode))
	}
	write("real", 0o600)
	must(os.Symlink("real", dir+"/link"))
	must(os.Symlink("missing", dir+"/dangling"))
	must(os.Mkdir(dir+"/sub", 0o700))
	must(os.Symlink("sub", dir+"/linked"))
	write("two", 0o600)
	must(os.Link(dir+"/two", dir+"/two-again"))
	must(syscall.Mkfifo(dir+"/fifo", 0o600))
	write("program", 0o755)
	for _, name := range []string{"group", "others", "sticky"} {
		must(os.Mkdir(filepath.Join(dir, name), 0o700))
	}
	must(os.Chmod(dir+"/group", 0o770))
	must(os.Chmod(dir+"/others", 0o707))
	must(os.Chmod(dir+"/sticky", 0o777|os.ModeSticky))
	must(os.MkdirAll(dir+"/others/deep", 0o700))
	must(os.MkdirAll(dir+"/sticky/deep", 0o700))
	must(os.MkdirAll(dir+"/md/cur", 0o700))
	must(os.Symlink("../sub", dir+"/md/new"))
	d := New(Options{})
	for _, test := range []struct {
		path string
		want string // "" is delivered
	}{
		{"/link", replyUnsafe}, {"/dangling", replyUnsafe}, {"/linked/box", replyUnsafe}, {"/two", replyUnsafe},
		{"/fifo", replyUnsafe}, {"/program", replyUnsafe}, {"/group/box", replyUnsafe}, {"/others/box", replyUnsafe},
		{"/others/deep/box", replyUnsafe}, {"/sticky/box", replyUnsafe}, {"/sub", replyUnsafe}, {"/real/box", replyUnsafe},
		{"/missing/box", replyFile}, {"/link/", replyUnsafe}, {"/group/md/", replyUnsafe}, {"/md/", replyUnsafe},
		{"/real", ""}, {"/sub/box", ""}, {"/sticky/deep/box", ""}, {"/sub/md/", ""},
	} {
		err := d.Deliver(t.Context(), target(t, dir+test.path), testMessage(letter))
		var failure *Failure
		switch errors.As(err, &failure); {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.path, err)
		case test.want != "" && (failure == nil || failure.Reply != test.want || !failure.Temporary):
			t.Errorf("%s: %v, want %s", test.path, err, test.want)
		}
	}
}

// TestFull: what the sender hears when the disk has no room.
func TestFull(t *testing.T) {
	for err, reply := range map[error]string{syscall.ENOSPC: replySpace, syscall.EDQUOT: replyQuota, syscall.EROFS: replyFile} {
		if got := fileFailure(err).(*Failure); got.Reply != reply || !got.Temporary {
			t.Errorf("%v: %+v", err, got)
		}
	}
}

func TestMaildir(t *testing.T) {
	dir := safeDir(t)
	d := New(Options{Hostname: "mail.example"})
	box := target(t, dir+"/box/")
	deliver := func(repeated bool) {
		t.Helper()
		m := testMessage(letter)
		m.Repeated = repeated
		if err := d.Deliver(t.Context(), box, m); err != nil {
			t.Fatal(err)
		}
	}
	count := func(sub string) int {
		names, _ := filepath.Glob(dir + "/box/" + sub + "/*")
		return len(names)
	}
	deliver(false)
	name := "1772366400.Q0123456789abc.mail.example"
	if got := read(t, dir+"/box/new/"+name); got != strings.ReplaceAll(letter, "\r\n", "\n") {
		t.Errorf("%q", got)
	}
	deliver(true) // after a crash: it is there
	if count("new") != 1 {
		t.Errorf("%d in new", count("new"))
	}
	if err := os.Rename(dir+"/box/new/"+name, dir+"/box/cur/"+name+":2,S"); err != nil {
		t.Fatal(err)
	}
	deliver(true) // and read in the meantime
	if count("new") != 0 || count("cur") != 1 {
		t.Errorf("%d in new, %d in cur", count("new"), count("cur"))
	}
	// Half a file of a crash is written anew.
	if err := os.Remove(dir + "/box/cur/" + name + ":2,S"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/box/tmp/"+name, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	deliver(true)
	if got := read(t, dir+"/box/new/"+name); len(got) < 50 || count("tmp") != 0 {
		t.Errorf("%q, %d in tmp", got, count("tmp"))
	}
}

// TestMaildirFails: a message that cannot be read leaves nothing behind.
func TestMaildirFails(t *testing.T) {
	dir := safeDir(t)
	m := testMessage("")
	m.Text = &failing{left: 100}
	if err := New(Options{}).Deliver(t.Context(), target(t, dir+"/box/"), m); err == nil {
		t.Error("no error")
	}
	if names, _ := filepath.Glob(dir + "/box/*/*"); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// TestRoot: paths are below it.
func TestRoot(t *testing.T) {
	dir := safeDir(t)
	if err := New(Options{Root: dir}).Deliver(t.Context(), target(t, "/log"), testMessage(letter)); err != nil {
		t.Fatal(err)
	}
	read(t, dir+"/log")
}
