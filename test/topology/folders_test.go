package topology

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tram/internal/config"
)

// maxReadmeLines is one screen.
const maxReadmeLines = 60

// TestExamplesAreComplete sees that each folder of examples has its files, is
// in the table of the test, and uses addresses that no other one uses: so any
// of them can run beside each other.
func TestExamplesAreComplete(t *testing.T) {
	tested := map[string]bool{}
	for _, topology := range topologies {
		tested[topology.name] = true
	}
	taken := map[string]string{}
	for _, name := range folders(t) {
		if !tested[name] {
			t.Errorf("%s is not tested", name)
		}
		delete(tested, name)
		checkFolder(t, name, taken)
	}
	for name := range tested {
		t.Errorf("there is no example %s", name)
	}
}

// folders are the names of the examples.
func folders(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// checkFolder checks one of them. taken are the addresses in use, and by whom.
func checkFolder(t *testing.T, name string, taken map[string]string) {
	t.Helper()
	dir := filepath.Join(examples, name)
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Error(err)
	}
	if n := strings.Count(string(readme), "\n"); n > maxReadmeLines {
		t.Errorf("%s/README.md has %d lines, more than a screen", name, n)
	}
	if _, err := os.Stat(filepath.Join(dir, "zone")); err != nil {
		t.Error(err)
	}
	for _, file := range hostFiles(t, dir) {
		host := strings.TrimSuffix(file, ".toml")
		if _, err := os.Stat(host + ".directory.toml"); err != nil {
			t.Error(err)
		}
		c, err := config.Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, l := range c.Listeners {
			if by := taken[l.Address]; by != "" {
				t.Errorf("%s: %s belongs to %s", file, l.Address, by)
			}
			taken[l.Address] = file
			if ip, _, _ := net.SplitHostPort(l.Address); !strings.Contains(string(readme), ip) {
				t.Errorf("%s/README.md does not say where %s is", name, filepath.Base(host))
			}
		}
	}
}

// hostFiles are the configurations in a folder.
func hostFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".directory.toml") })
	if len(files) == 0 {
		t.Fatalf("no hosts in %s", dir)
	}
	return files
}
