package server

import (
	"testing"
	"time"
)

// TestSoberTime: a clock that jumps makes nothing older than it is.
func TestSoberTime(t *testing.T) {
	began := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		name      string
		passed    time.Duration
		now, want time.Time
	}{
		{"a clock that goes", time.Hour, began.Add(time.Hour), began.Add(time.Hour)},
		{"set forward", time.Hour, began.AddDate(10, 0, 0), began.Add(time.Hour)},
		{"set back", time.Hour, began.AddDate(-10, 0, 0), began.AddDate(-10, 0, 0)},
		{"a little fast", time.Hour, began.Add(time.Hour + time.Second), began.Add(time.Hour)},
	} {
		if got := soberTime(began, x.passed, x.now); !got.Equal(x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}
