package topology

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tram/internal/config"
)

// maxReadmeLines is one screen.
const maxReadmeLines = 60

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

// checkFolder sees that a README of one screen names each host and that each
// host has a directory and addresses that no other host has.
func checkFolder(t *testing.T, name string) {
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
	files, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		host, isConfig := strings.CutSuffix(filepath.Base(file), ".toml")
		if strings.HasSuffix(host, ".directory") || !isConfig {
			continue
		}
		c, err := config.Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(readme), c.Listeners[0].Address[:strings.LastIndex(c.Listeners[0].Address, ":")]) {
			t.Errorf("%s/README.md does not say where %s is", name, host)
		}
		if _, err := os.Stat(filepath.Join(dir, host+".directory.toml")); err != nil {
			t.Error(err)
		}
	}
}
