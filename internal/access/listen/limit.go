package listen

import (
	"net/netip"
	"sync"
	"syscall"
)

// limiter counts connections in all and per address.
type limiter struct {
	max, perAddress int
	exempt          []netip.Prefix

	mu    sync.Mutex
	total int
	by    map[netip.Prefix]int
}

func newLimiter(opts Options) limiter {
	return limiter{max: opts.MaxConnections, perAddress: opts.MaxPerAddress, exempt: opts.Exempt, by: map[netip.Prefix]int{}}
}

// enter counts a connection in, or returns why it is refused.
func (l *limiter) enter(remote netip.Addr) (refused Reason) {
	key, counted := l.key(remote)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.total >= l.max:
		return TooMany
	case counted && l.by[key] >= l.perAddress:
		return TooManyForAddress
	}
	l.total++
	if counted {
		l.by[key]++
	}
	return ""
}

// recount makes a connection that was counted for no address count for remote,
// or returns why not.
func (l *limiter) recount(remote netip.Addr) (refused Reason) {
	key, counted := l.key(remote)
	if !counted {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[key] >= l.perAddress {
		return TooManyForAddress
	}
	l.by[key]++
	return ""
}

// leave counts a connection out that enter let in.
func (l *limiter) leave(remote netip.Addr) {
	key, counted := l.key(remote)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if !counted {
		return
	}
	if l.by[key]--; l.by[key] == 0 {
		delete(l.by, key)
	}
}

func (l *limiter) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// key is the network that counts as one client: an IPv4 address, or the /64
// that an IPv6 host has to itself. Not counted: exempt networks, and addresses
// that are no IP (Unix sockets, proxies before they have said for whom).
func (l *limiter) key(remote netip.Addr) (key netip.Prefix, counted bool) {
	if !remote.IsValid() {
		return key, false
	}
	if contains(l.exempt, remote) {
		return key, false
	}
	bits := 32
	if remote.Is6() {
		bits = 64
	}
	key, err := remote.WithZone("").Prefix(bits)
	return key, err == nil
}

// connectionsForFiles is how many connections leave enough open files for
// everything else.
func connectionsForFiles(files uint64) int {
	const least = 16
	if files > maxConnections+reservedFiles {
		return maxConnections
	}
	if files < reservedFiles+least {
		return least
	}
	return int(files) - reservedFiles
}

// openFiles is the limit on open files of this process.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return limit.Cur
}
