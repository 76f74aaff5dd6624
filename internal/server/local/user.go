package local

import (
	"errors"
	"net"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// who is a user of this machine.
type who struct{ login, name string }

func nameOf(uid uint32) who {
	text := strconv.FormatUint(uint64(uid), 10)
	u, err := user.LookupId(text)
	if err != nil {
		return who{login: "uid" + text}
	}
	name, _, _ := strings.Cut(u.Name, ",")
	return who{login: u.Username, name: strings.ReplaceAll(name, "&", u.Username)}
}

// peerUser is the user of the process at the other end.
func peerUser(conn *net.UnixConn) (uint32, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) { cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err = errors.Join(err, credErr); err != nil {
		return 0, err
	}
	return cred.Uid, nil
}
