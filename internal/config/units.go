package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes, written with a unit: "50MiB", "2GiB", "0".
type Size int64

// Sizes with a binary unit, as they are written in the file.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
	TiB Size = 1 << 40
)

var sizeUnits = []struct {
	name string
	size Size
}{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

// ParseSize reads "50MiB", "1.5 GiB", "20MB" or "0".
func ParseSize(s string) (Size, error) {
	text := strings.TrimSpace(s)
	if text == "0" {
		return 0, nil
	}
	for _, u := range sizeUnits {
		if len(text) <= len(u.name) || !strings.EqualFold(text[len(text)-len(u.name):], u.name) {
			continue
		}
		number, err := strconv.ParseFloat(strings.TrimSpace(text[:len(text)-len(u.name)]), 64)
		bytes := number * float64(u.size)
		if err != nil || number < 0 || math.IsNaN(bytes) || bytes >= math.MaxInt64 {
			break
		}
		return Size(bytes), nil
	}
	return 0, fmt.Errorf("%q is not a size; write a number with a unit, as in \"50MiB\" (kB, MB, GB, KiB, MiB, GiB)", s)
}

// String is the size with the largest binary unit that divides it.
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	for _, u := range sizeUnits[:4] {
		if s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// UnmarshalText is ParseSize; a mistake leaves the old value.
func (s *Size) UnmarshalText(text []byte) error {
	size, err := ParseSize(string(text))
	if err == nil {
		*s = size
	}
	return err
}

// MarshalText is String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Duration is a span of time, written with units: "30s", "5m", "1h30m", "5d".
type Duration time.Duration

// Day is the one unit that package time lacks; here it has always 24 hours.
const Day = Duration(24 * time.Hour)

var errDuration = errors.New("is not a span of time; write numbers with units, as in \"30s\", \"5m\", \"1h30m\" or \"5d\"")

// ParseDuration reads what package time does, and days in front: "5d", "1d12h".
func ParseDuration(s string) (Duration, error) {
	fail := fmt.Errorf("%q %w", s, errDuration)
	rest := strings.TrimSpace(s)
	var days Duration
	if number, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return 0, fail
		}
		days, rest = Duration(n)*Day, after
		if rest == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, fail
	}
	return days + Duration(d), nil
}

// Std is the value as package time knows it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String is the span without units that are zero: "5d", "1h30m".
func (d Duration) String() string {
	var b strings.Builder
	if days := d / Day; days > 0 {
		fmt.Fprintf(&b, "%dd", days)
		if d %= Day; d == 0 {
			return b.String()
		}
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return b.String() + text
}

// UnmarshalText is ParseDuration; a mistake leaves the old value.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := ParseDuration(string(text))
	if err == nil {
		*d = span
	}
	return err
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Secret is text that is never printed.
type Secret string

// String hides the secret, so that no log line holds it by accident.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "********"
}

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
