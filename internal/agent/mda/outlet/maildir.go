package outlet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// maildir writes a message into a Maildir, which is made if it is missing.
func (d *Deliverer) maildir(ctx context.Context, dir string, m *Message) error {
	dir = path.Clean(dir)
	if err := d.makeMaildir(dir); err != nil {
		return err
	}
	tmp, err := d.openDir(dir + "/tmp")
	if err != nil {
		return err
	}
	defer tmp.Close()
	arrived, err := d.openDir(dir + "/new")
	if err != nil {
		return err
	}
	defer arrived.Close()
	name := d.maildirName(m)
	there, err := d.delivered(dir, arrived, name, m.Repeated)
	if err != nil {
		return err
	}
	if !there {
		if err := writeMaildir(ctx, tmp, arrived, name, m); err != nil {
			return fmt.Errorf("write to %s: %w", dir, err)
		}
	}
	// The rename is the delivery; it is on disk when its directory is.
	if err := arrived.Sync(); err != nil {
		return fmt.Errorf("sync %s/new: %w", dir, err)
	}
	return nil
}

// maildirName is "seconds.Qid.host": the same each time a message is tried.
func (d *Deliverer) maildirName(m *Message) string {
	host := strings.NewReplacer("/", `\057`, ":", `\072`).Replace(d.o.Hostname)
	return fmt.Sprintf("%d.Q%s.%s", m.Received.Unix(), m.ID, host)
}

// makeMaildir makes the directory and its three, those that are missing.
func (d *Deliverer) makeMaildir(dir string) error {
	parent, err := d.openDir(path.Dir(dir))
	if err != nil {
		return err
	}
	defer parent.Close()
	if err := makeDir(parent, path.Base(dir)); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	own, err := d.openDir(dir)
	if err != nil {
		return err
	}
	defer own.Close()
	for _, name := range []string{"tmp", "new", "cur"} {
		if err := makeDir(own, name); err != nil {
			return fmt.Errorf("make %s/%s: %w", dir, name, err)
		}
	}
	return nil
}

// makeDir makes one directory and syncs its parent; one that is there is fine.
func makeDir(parent *os.File, name string) error {
	err := unix.Mkdirat(int(parent.Fd()), name, 0o700)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err != nil {
		return err
	}
	return parent.Sync()
}

// delivered reports whether the message is there already. A reader moves it to
// cur and appends flags to its name, so after a crash cur is looked through;
// that takes a while, and an ordinary first attempt does without.
func (d *Deliverer) delivered(dir string, arrived *os.File, name string, repeated bool) (bool, error) {
	if exists(arrived, name) {
		return true, nil
	}
	if !repeated {
		return false, nil
	}
	cur, err := d.openDir(dir + "/cur")
	if err != nil {
		return false, err
	}
	defer cur.Close()
	names, err := cur.Readdirnames(-1)
	if err != nil {
		return false, fmt.Errorf("read %s/cur: %w", dir, err)
	}
	for _, n := range names {
		if base, _, _ := strings.Cut(n, ":"); base == name {
			return true, nil
		}
	}
	return false, nil
}

func exists(dir *os.File, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// writeMaildir writes and syncs the file in tmp and renames it into new.
func writeMaildir(ctx context.Context, tmp, arrived *os.File, name string, m *Message) (err error) {
	_ = unix.Unlinkat(int(tmp.Fd()), name, 0) // half a file that a crash has left
	const how = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(int(tmp.Fd()), name, how, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	err = copyUnix(ctx, f, m.Text, verbatim)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = unix.Renameat(int(tmp.Fd()), name, int(arrived.Fd()), name)
	}
	if err != nil {
		_ = unix.Unlinkat(int(tmp.Fd()), name, 0)
	}
	return err
}
