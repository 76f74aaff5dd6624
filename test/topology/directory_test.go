package topology

import (
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// directory is what the test needs to know of a file for "tram apply".
type directory struct {
	Domain  []domain
	Account []account
}

type domain struct{ Name string }

type account struct{ Address, Password string }

func (d *directory) account(address string) *account {
	for i := range d.Account {
		if d.Account[i].Address == address {
			return &d.Account[i]
		}
	}
	return nil
}

// book is the file with its directory.
func (h *host) book() string { return strings.TrimSuffix(h.file, ".toml") + ".directory.toml" }

// furnish fills the directory of the host from its file.
func (h *host) furnish() {
	h.t.Helper()
	file := h.book()
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := toml.Unmarshal(text, &h.directory); err != nil {
		h.t.Fatalf("%s: %v", file, err)
	}
	h.must("", "apply", file)
}
