package legacy

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
)

var update = flag.Bool("update", false, "write golden files")

// TestGolden reads a directory of each system: the book and every note.
func TestGolden(t *testing.T) {
	for _, system := range []System{Postfix, Sendmail} {
		t.Run(string(system), func(t *testing.T) {
			r, err := Read(Options{
				System: system, Dir: filepath.Join("testdata", string(system)), Hostname: "mail.local.example",
				HasAccount: func(addr string) bool { return addr == "cuc@local.example" },
			})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, string(system)+".golden", result(t, r))
		})
	}
}

// result is what was read as text.
func result(t *testing.T, r *Result) string {
	var out bytes.Buffer
	if err := toml.NewEncoder(&out).Encode(r.Book); err != nil {
		t.Fatal(err)
	}
	out.WriteString("\n# Notes\n")
	for _, n := range r.Notes {
		out.WriteString(n.String() + "\n")
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}
