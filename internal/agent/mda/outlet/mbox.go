package outlet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// lockTime is how long to wait for another program's lock on an mbox.
	lockTime = 10 * time.Second
	// lockPause lies between two tries.
	lockPause = 20 * time.Millisecond
)

// errLocked says that another program has held the lock for all of lockTime.
var errLocked = errors.New("the file is locked")

// mbox appends a message to an mbox file, which is made if it is missing.
func (d *Deliverer) mbox(ctx context.Context, file string, m *Message) error {
	dir, err := d.openDir(path.Dir(file))
	if err != nil {
		return err
	}
	defer dir.Close()
	f, err := openMbox(dir, path.Base(file), file)
	if err != nil {
		return err
	}
	defer f.Close() // gives the lock back
	if err := lock(ctx, f, lockTime); err != nil {
		return fmt.Errorf("lock %s: %w", file, err)
	}
	// After the lock: whoever held it may have put another file in the place
	// of this one, and then it has no name any more.
	if err := checkFile(f, file); err != nil {
		return err
	}
	if err := appendMbox(ctx, f, m); err != nil {
		return fmt.Errorf("append to %s: %w", file, err)
	}
	// A file that was just made must not vanish in a crash. It costs little to
	// sync a directory that has not changed.
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync the directory of %s: %w", file, err)
	}
	return nil
}

// openMbox opens or makes the file. O_NONBLOCK keeps a FIFO from hanging us.
func openMbox(dir *os.File, name, at string) (*os.File, error) {
	const how = unix.O_RDWR | unix.O_APPEND | unix.O_CREAT | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(int(dir.Fd()), name, how, 0o600)
	switch {
	case errors.Is(err, unix.ELOOP):
		return nil, refuse(at, "is a symbolic link")
	case errors.Is(err, unix.EISDIR):
		return nil, refuse(at, `is a directory; a Maildir is written with "/" at the end`)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", at, err)
	}
	return os.NewFile(uintptr(fd), at), nil
}

// lock takes the whole file. The lock belongs to the open file, not to the
// process as the older kind does, so deliveries of ours exclude each other too;
// against other programs' fcntl locks both kinds are one.
func lock(ctx context.Context, f *os.File, patience time.Duration) error {
	whole := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	for began := time.Now(); ; {
		err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &whole)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EINTR) {
			return err
		}
		if time.Since(began) > patience {
			return errLocked
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// appendMbox appends and syncs, all of it or nothing.
func appendMbox(ctx context.Context, f *os.File, m *Message) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	err = writeMbox(ctx, f, end, m)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return nil
	}
	// Half a message would swallow the next one. If cutting fails too, the
	// first error is still the one that matters.
	if cut := f.Truncate(end); cut != nil {
		return errors.Join(err, fmt.Errorf("cut back to %d bytes: %w", end, cut))
	}
	_ = f.Sync()
	return err
}

func writeMbox(ctx context.Context, f *os.File, end int64, m *Message) error {
	from := fromLine(m.Sender, m.Received)
	if unfinished(f, end) {
		from = "\n\n" + from
	}
	if _, err := io.WriteString(f, from); err != nil {
		return err
	}
	if err := copyUnix(ctx, f, m.Text, mboxrd); err != nil {
		return err
	}
	_, err := io.WriteString(f, "\n")
	return err
}

// unfinished reports whether the file does not end in a whole line: somebody
// else's crash must not make our From_ line part of a message.
func unfinished(f *os.File, end int64) bool {
	last := []byte{'\n'}
	if end > 0 {
		_, _ = f.ReadAt(last, end-1) // an error shows again when writing
	}
	return last[0] != '\n'
}
