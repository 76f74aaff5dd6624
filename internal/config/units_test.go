package config

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "1B": 1, "64KiB": 64 << 10, "50MiB": 50 << 20, "50 mib": 50 << 20,
		"1.5GiB": 3 << 29, "20MB": 20e6, "3kB": 3000, "2TiB": 2 << 40,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "MiB", "-1MiB", "1XB", "1e99GiB", "nanB", "infMiB", "1 2B"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "90s": 90 * time.Second, "5d": 120 * time.Hour, "1d12h": 36 * time.Hour, "1h30m": 90 * time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got.Std() != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "-5m", "d", "1d2d", "99999999d", "x", "-1d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}

// What is printed can be read again.
func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Range(0, 1<<50).Draw(t, "size"))
		if got, err := ParseSize(s.String()); err != nil || got != s {
			t.Fatalf("%d printed as %s, read as %d, %v", s, s, got, err)
		}
		d := Duration(rapid.Int64Range(0, 5000*24*3600).Draw(t, "seconds")) * Duration(time.Second)
		if got, err := ParseDuration(d.String()); err != nil || got != d {
			t.Fatalf("%d printed as %s, read as %d, %v", d, d, got, err)
		}
	})
	if got := (Day + Duration(10*time.Minute)).String(); got != "1d10m" {
		t.Error(got)
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	text, _ := Secret("hunter2").MarshalText()
	if strings.Contains(string(text)+Secret("hunter2").String(), "hunter2") || Secret("").String() != "" {
		t.Error("a secret was printed")
	}
}
