package idle

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// cage is a control group that limits the memory of a process, the page cache
// of its files included, as a small machine would.
type cage struct{ dir, limit, peak string }

// newCage makes a control group, of version 2 or 1, whichever the machine has;
// nil where that is not allowed.
func newCage(t *testing.T, bytes int64) *cage {
	t.Helper()
	name := fmt.Sprintf("tram-idle-%d", os.Getpid())
	for _, c := range []cage{
		{filepath.Join("/sys/fs/cgroup/memory", name), "memory.limit_in_bytes", "memory.max_usage_in_bytes"},
		{filepath.Join("/sys/fs/cgroup", name), "memory.max", "memory.peak"},
	} {
		if _, err := os.Stat(filepath.Dir(c.dir)); err != nil || os.Mkdir(c.dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { os.Remove(c.dir) })
		if os.WriteFile(filepath.Join(c.dir, c.limit), []byte(strconv.FormatInt(bytes, 10)), 0) == nil {
			return &c
		}
	}
	return nil
}

// hold puts a process into the group.
func (c *cage) hold(t *testing.T, pid int) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(c.dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0))
}

// most is the most memory that the group had, with the page cache.
func (c *cage) most() int64 {
	text, _ := os.ReadFile(filepath.Join(c.dir, c.peak))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}
