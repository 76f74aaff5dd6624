package server

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"

	"tram/internal/config"
)

// The kernel ends a process that takes more memory than its control group may,
// and with it all sessions. The collector of Go knows nothing of the group: it
// lets garbage grow as large as what is alive. So without limits.memory a part
// of what the group allows is the soft limit, near which it collects more often.
const groupShare = 4 // a quarter is for what is not on the heap of Go

// softMemory is the soft limit of the memory of the process; 0 for none.
func softMemory(c *config.Config, root fs.FS) int64 {
	if c.Limits.Memory > 0 {
		return int64(c.Limits.Memory)
	}
	limit := groupMemory(root)
	return limit - limit/groupShare
}

// groupMemory is the least memory that the control group of the process, or one
// above it, allows; 0 for no limit. It knows both versions of control groups.
func groupMemory(root fs.FS) int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		// hierarchy-ID:controllers:path; version 2 has no controllers (cgroups(7)).
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		mount, file := "sys/fs/cgroup", "memory.max"
		switch {
		case parts[1] == "memory":
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case parts[1] != "":
			continue
		}
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			least = min(least, limitIn(root, path.Join(mount, group, file)))
			if group == "/" {
				break
			}
		}
	}
	if least >= noGroupLimit {
		return 0
	}
	return least
}

// noGroupLimit is what stands for no limit in version 1: the largest number of
// whole pages.
const noGroupLimit = math.MaxInt64 &^ (64<<10 - 1)

// limitIn reads a limit; "max", or no such file, is no limit.
func limitIn(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n <= 0 {
		return math.MaxInt64
	}
	return n
}
