package outlet

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// A server that runs as root and writes into files that others can move about
// can be made to write anywhere: a link in the place of a mailbox, and the
// message is appended to /etc/passwd. So:
//
//   - no part of a path may be a symbolic link;
//   - every directory on the way belongs to root or to the server's user, and
//     only these may write to it. One that everybody may write to with the
//     sticky bit (/tmp) is suffered on the way, not as the last;
//   - the file is a regular one with one name, belongs to the server's user,
//     and is no program.
//
// Each directory is opened from the one before it, so that what was checked is
// what is used.

// errUnsafe says that a path could be tampered with.
var errUnsafe = errors.New("refused")

func refuse(path, why string) error { return fmt.Errorf("%w: %s %s", errUnsafe, path, why) }

// place says where in a path a directory stands.
type place bool

const (
	onTheWay place = false
	theLast  place = true
)

// openDir opens the directory at a path below Root, checked on all its way.
func (d *Deliverer) openDir(dir string) (*os.File, error) {
	parts := strings.FieldsFunc(path.Clean(dir), func(r rune) bool { return r == '/' })
	fd, err := unix.Open(d.o.Root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.o.Root, err)
	}
	at := "/"
	for _, part := range parts {
		if err := trusted(fd, at, onTheWay); err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
		at = path.Join(at, part)
		// O_PATH: to pass needs no right to read.
		next, err := unix.Openat(fd, part, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		_ = unix.Close(fd)
		if err != nil {
			return nil, stepError(at, err)
		}
		fd = next
	}
	defer func() { _ = unix.Close(fd) }()
	if err := trusted(fd, at, theLast); err != nil {
		return nil, err
	}
	last, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", at, err)
	}
	return os.NewFile(uintptr(last), at), nil
}

func stepError(at string, err error) error {
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return refuse(at, "is a symbolic link or no directory")
	}
	return fmt.Errorf("open %s: %w", at, err)
}

// trusted refuses a directory in which strangers can change names.
func trusted(fd int, at string, p place) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("look at %s: %w", at, err)
	}
	if !ours(st.Uid) && st.Uid != 0 {
		return refuse(at, "belongs to another user")
	}
	open := st.Mode&0o022 != 0
	sticky := st.Mode&unix.S_ISVTX != 0
	if open && (!sticky || p == theLast) {
		return refuse(at, "can be written to by group or others")
	}
	return nil
}

func ours(uid uint32) bool { return int(uid) == os.Geteuid() }

// checkFile refuses an open file that is no mailbox of ours.
func checkFile(f *os.File, at string) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("look at %s: %w", at, err)
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return refuse(at, "is no regular file")
	case st.Nlink != 1:
		return refuse(at, "has other names, or none any more")
	case !ours(st.Uid):
		return refuse(at, "belongs to another user")
	case st.Mode&0o7111 != 0:
		return refuse(at, "is a program: take its executable bits away")
	}
	return nil
}
