package tram

import (
	"os"
	"regexp"
	"testing"
)

// namedFiles are files of the source named in a document: `internal/x/y.go`.
var namedFiles = regexp.MustCompile("`((?:internal|cmd|test|docs)/[a-z0-9_./-]+\\.(?:go|md|txtar))`")

// TestNamedFilesExist keeps the map and the land together.
func TestNamedFilesExist(t *testing.T) {
	for document, least := range map[string]int{"docs/architecture.md": 15, "docs/storage.md": 0, "README.md": 0, "CONTRIBUTING.md": 1} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Error(err)
			continue
		}
		found := namedFiles.FindAllSubmatch(text, -1)
		if len(found) < least {
			t.Errorf("%s names only %d files", document, len(found))
		}
		for _, m := range found {
			if _, err := os.Stat(string(m[1])); err != nil {
				t.Errorf("%s names %s: %v", document, m[1], err)
			}
		}
	}
}
