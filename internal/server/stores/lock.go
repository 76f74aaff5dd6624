package stores

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// LockedError says that another process uses the data directory.
type LockedError struct {
	Data   string
	Holder string // what the other process wrote about itself; may be empty
}

func (e *LockedError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("data directory %s is in use by %s", e.Data, holder)
}

// lock is the flock of the data directory. The kernel lets go of it when the
// process ends, however it ends; the file itself stays.
type lock struct{ file *os.File }

// takeLock makes the directory when it is missing and takes its lock.
func takeLock(data string) (*lock, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		defer f.Close()
		return nil, &LockedError{Data: data, Holder: readHolder(f)}
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("lock data directory %s: %w", data, err)
	}
	l := &lock{f}
	if err := l.sign(); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	return l, nil
}

// sign writes who has the lock, for the message of the next one who wants it.
func (l *lock) sign() error {
	holder := fmt.Sprintf("%s (process %d, since %s)\n",
		strings.Join(append([]string{"tram"}, os.Args[1:min(len(os.Args), 3)]...), " "),
		os.Getpid(), time.Now().Format(time.DateTime))
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(holder), 0)
	return err
}

// readHolder is what the holder wrote, bounded and on one line.
func readHolder(f *os.File) string {
	buf := make([]byte, 256)
	n, _ := f.ReadAt(buf, 0) // without it the message only says less
	line, _, _ := strings.Cut(string(buf[:n]), "\n")
	return line
}

func (l *lock) release() error { return l.file.Close() }
