package stores

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tram/internal/config"
)

func TestOneProcessADirectory(t *testing.T) {
	c := config.Default()
	c.Data = filepath.Join(t.TempDir(), "a", "data")
	log := slog.New(slog.DiscardHandler)
	first, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), c, log)
	locked := new(LockedError)
	if !errors.As(err, &locked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(c.Data); err != nil || info.Mode().Perm() != 0o700 {
		t.Error(info.Mode(), err)
	}
}

// What is opened before something fails is closed again.
func TestFailedOpenLetsGo(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	if err := os.WriteFile(filepath.Join(c.Data, "blobs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	for range 2 {
		if _, err := Open(t.Context(), c, log); err == nil || !strings.Contains(err.Error(), "open blob store") {
			t.Error(err)
		}
	}
}
