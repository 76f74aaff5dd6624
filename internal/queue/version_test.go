package queue

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// golden reads the samples of a golden file back from their dumps.
func golden(t *testing.T, name string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	samples := make(map[string][]byte)
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		title, dump, _ := strings.Cut(part, "\n")
		for line := range strings.SplitSeq(dump, "\n") {
			// "00000000  65 01 02 …  |e..|"
			columns, _, _ := strings.Cut(line, "|")
			b, err := hex.DecodeString(strings.Join(strings.Fields(columns)[1:], ""))
			if err != nil {
				t.Fatalf("%s: %v", title, err)
			}
			samples[title] = append(samples[title], b...)
		}
	}
	return samples
}

// TestVersion1 reads what the first version wrote: what it did not know is
// absent, everything else is as it was.
func TestVersion1(t *testing.T) {
	samples := golden(t, "record-v1.golden")
	full := fullEntry()
	full.Binary, full.RequireTLS, full.Priority, full.HoldReason = false, false, 0, ""
	full.Release, full.By = time.Time{}, DeliverBy{}
	for i := range full.Rcpts {
		full.Rcpts[i].Outlet, full.Rcpts[i].Warned = "", false
	}
	for name, want := range map[string]*Entry{"small": smallEntry(), "full": full} {
		got, err := decodeRecord(samples[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !same(got, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", name, got, want)
		}
		again, err := decodeRecord(recordOf(nil, got))
		if err != nil || !same(again, got) {
			t.Errorf("%s: written anew: %+v, %v", name, again, err)
		}
	}
	// Flags of the second version mean nothing in the first.
	strange := append([]byte(nil), samples["small"]...)
	strange[1] |= flagBinary
	if _, err := decodeRecord(strange); err == nil {
		t.Error("an unknown flag was accepted")
	}
}
