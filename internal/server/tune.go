package server

import (
	"log/slog"
	"os"
	"runtime/debug"
	"syscall"

	"tram/internal/config"
)

const (
	// wantFiles is how many open files there should be room for. The Go
	// runtime raises the soft limit to the hard one by itself.
	wantFiles = 65536
	// fewFiles is when an administrator should know.
	fewFiles = 8192
	// filesInReserve are kept for stores, deliveries and logs.
	filesInReserve = 512
)

// tune sets the limits of the process. What the environment sets explicitly
// (GOGC, GOMEMLIMIT) stays.
func tune(c *config.Config, log *slog.Logger) {
	memory := softMemory(c, os.DirFS("/"))
	if os.Getenv("GOGC") == "" {
		startCollector(memory)
	}
	if memory > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur >= wantFiles {
		return
	}
	more := syscall.Rlimit{Cur: wantFiles, Max: max(files.Max, wantFiles)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more); err != nil && files.Cur < fewFiles {
		log.Warn("few open files are allowed, so few connections are taken", "files", files.Cur, "advice", "raise the limit (ulimit -n, LimitNOFILE in systemd)")
	}
}

// connectionLimit is the connections of all listeners together: what the
// configuration says, and no more than the open files allow.
func connectionLimit(c *config.Config) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < filesInReserve*2 {
		files.Cur = filesInReserve * 2
	}
	return max(1, min(c.Limits.Connections, int(min(files.Cur, 1<<30)-filesInReserve)))
}
