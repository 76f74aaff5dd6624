package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// SocketName is the name of the socket in the data directory.
const SocketName = "control.sock"

// maxSocketPath is what fits into a socket address with its final zero.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// Listen opens the socket in the data directory. The caller holds the lock of
// the directory, so a socket that is there already belongs to a server that
// has died.
func Listen(data string) (net.Listener, error) {
	path, done, err := socketPath(data)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	// The name may have gone through a directory handle that is closed by then.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("protect control socket: %w", err)
	}
	return &guarded{l}, nil
}

// dial connects to the socket in the data directory.
func dial(ctx context.Context, data string) (net.Conn, error) {
	path, done, err := socketPath(data)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// Answers reports whether a server listens on the socket in a data directory.
func Answers(data string) bool {
	c, err := dial(context.Background(), data)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// socketPath is the way to the socket. A path that is too long for a socket
// address goes through a handle of the directory, which done closes.
func socketPath(data string) (path string, done func(), err error) {
	path = filepath.Join(data, SocketName)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, fmt.Errorf("control socket: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), SocketName), func() { dir.Close() }, nil
}

// guarded accepts only connections of root and of our own user.
type guarded struct{ net.Listener }

func (g *guarded) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(c)
		if err == nil && (uid == 0 || int(uid) == os.Geteuid()) {
			return c, nil
		}
		c.Close()
	}
}

// peerUID is the user of the process at the other end.
func peerUID(c net.Conn) (uint32, error) {
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return 0, err
	}
	return cred.Uid, nil
}
