package server

import (
	"testing"
	"testing/fstest"

	"tram/internal/config"
)

// TestSoftMemory: what the configuration says, else three quarters of what the
// control group allows.
func TestSoftMemory(t *testing.T) {
	const mib = 1 << 20
	for _, x := range []struct {
		name  string
		files map[string]string
		said  int64
		want  int64
	}{
		{"no control groups", nil, 0, 0},
		{"configured", map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "268435456\n"}, 100 * mib, 100 * mib},
		{"version 2", map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "268435456\n"}, 0, 192 * mib},
		{"version 2, no limit", map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 0, 0},
		{"the group above", map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "4194304\n", "sys/fs/cgroup/a/b/memory.max": "max\n"}, 0, 3 * mib},
		{"a container", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "8388608\n"}, 0, 6 * mib},
		{"version 1", map[string]string{"proc/self/cgroup": "3:cpu,cpuacct:/x\n2:memory:/K\n0::/\n", "sys/fs/cgroup/memory/K/memory.limit_in_bytes": "4194304\n"}, 0, 3 * mib},
		{"version 1, no limit", map[string]string{"proc/self/cgroup": "2:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0, 0},
		{"nonsense", map[string]string{"proc/self/cgroup": "x\n\n0::\n", "sys/fs/cgroup/memory.max": "-5\n"}, 0, 0},
	} {
		root := fstest.MapFS{}
		for name, text := range x.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		c := new(config.Config)
		c.Limits.Memory = config.Size(x.said)
		if got := softMemory(c, root); got != x.want {
			t.Errorf("%s: %d, want %d", x.name, got, x.want)
		}
	}
}
