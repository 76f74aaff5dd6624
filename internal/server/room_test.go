package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tram/internal/server/control"
)

// small mounts a file system of a size for the data of a server.
func small(t *testing.T, size string) (dir string, resize func(size string)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	dir = t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	mount := func(flags uintptr, size string) error {
		return syscall.Mount("tmpfs", data, "tmpfs", flags, "size="+size)
	}
	if err := mount(0, size); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(data, 0); err != nil {
			t.Error(err)
		}
	})
	return dir, func(size string) {
		if err := mount(syscall.MS_REMOUNT, size); err != nil {
			t.Fatal(err)
		}
	}
}

const threeDoors = `
[[listener]]
protocol = "smtp"
address = "127.0.0.1:0"
[[listener]]
protocol = "imap"
address = "127.0.0.3:0"
plaintext_login = "always"
[[listener]]
protocol = "pop3"
address = "127.0.0.4:0"
plaintext_login = "always"
[queue]
free_disk = "24MiB"
`

// TestNearlyFullDisk fills a real disk with mail: it is refused in time, the
// store never fails, what is there can be read and deleted, and mail is taken
// again when there is room.
func TestNearlyFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a disk")
	}
	dir, resize := small(t, "64m")
	r := startIn(t, dir, threeDoors)
	t.Cleanup(func() { // before the file system goes
		r.stop()
		if err := <-r.done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	r.must(r.admin.AddDomain(t.Context(), control.Domain{Name: "example.org"}))
	r.must(r.admin.AddAccount(t.Context(), control.NewAccount{Address: "an@example.org", Password: "secret"}))

	sent := r.fill()
	t.Logf("%d messages were taken", sent)
	room := r.pressure.Room()
	if sent < 10 || room.Reason == "" || room.FreeBytes < room.WantedBytes/2 {
		t.Fatalf("after %d messages: %+v", sent, room)
	}
	if reasons := r.health.Reasons(); len(reasons) != 1 || !strings.HasPrefix(reasons[0], "new mail: ") {
		t.Errorf("health says %v", reasons)
	}
	r.delivered(sent)
	r.readAndDelete()

	resize("128m")
	for began := time.Now(); r.pressure.Check(0) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatal("mail is not taken again")
		}
	}
	if !r.send() {
		t.Error("mail is refused although there is room")
	}
	select {
	case err := <-r.done:
		r.done <- err
		t.Fatalf("the server has stopped: %v", err)
	default:
	}
}

func (r *running) must(_ any, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// fill sends mail until it is refused.
func (r *running) fill() (sent int) {
	const most = 500
	for r.send() {
		if sent++; sent == most {
			r.t.Fatalf("%d messages were taken", most)
		}
	}
	return sent
}

// send sends a message of 512 KiB and reports whether it was taken. Only 452
// 4.3.1, at MAIL or after the text, may refuse it.
func (r *running) send() bool {
	s := r.dial("smtp")
	defer s.Close()
	s.expect("", "220 ")
	s.expect("EHLO client.example.net", "250 ")
	answer := s.expect("MAIL FROM:<binh@example.net>", "")
	if !strings.HasPrefix(answer, "250 ") {
		return r.refused(answer)
	}
	s.expect("RCPT TO:<an@example.org>", "250 ")
	s.expect("DATA", "354 ")
	fmt.Fprint(s, "Subject: large\r\n\r\n"+strings.Repeat(strings.Repeat("x", 62)+"\r\n", 8<<10))
	answer = s.expect(".", "")
	return strings.HasPrefix(answer, "250 ") || r.refused(answer)
}

func (r *running) refused(answer string) bool {
	if !strings.HasPrefix(answer, "452 4.3.1 ") {
		r.t.Fatalf("refused with %q", answer)
	}
	return false
}

// delivered waits until the mailbox has what was sent.
func (r *running) delivered(n int) {
	for began := time.Now(); r.stores.Queue.Len() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			r.t.Fatalf("%d of %d messages are still in the queue", r.stores.Queue.Len(), n)
		}
	}
}

// readAndDelete does what must still be possible, and what must not.
func (r *running) readAndDelete() {
	imap := r.dial("imap")
	imap.expect("", "* OK ")
	imap.expect("a login an@example.org secret", "a OK ")
	imap.expect("b append inbox {100}", "b NO [LIMIT] ")
	imap.expect("c select inbox", "c OK ")
	imap.expect("d fetch 1 body[]", "d OK ")
	imap.expect(`e store 1:5 +flags (\deleted)`, "e OK ")
	imap.expect("f expunge", "f OK ")
	imap.expect("g copy 1 inbox", "g OK ") // costs no room worth speaking of
	imap.expect("h logout", "h OK ")

	pop := r.dial("pop3")
	pop.expect("", "+OK ")
	pop.expect("user an@example.org", "+OK")
	pop.expect("pass secret", "+OK")
	pop.expect("retr 1", ".\r\n")
	pop.expect("dele 1", "+OK")
	pop.expect("quit", "+OK")
}
