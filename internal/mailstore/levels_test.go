package mailstore

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// listedNames are the names that LIST shows without a mailbox.
func listedNames(t *testing.T, e *env) (names []string) {
	t.Helper()
	all, err := e.Mailboxes(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.ID == 0 {
			names = append(names, m.Name)
		}
	}
	return names
}

// TestLevels deletes what is below names, and then the names.
func TestLevels(t *testing.T) {
	e := newEnv(t)
	run := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want ...string) {
		t.Helper()
		if got := listedNames(t, e); !slices.Equal(got, want) {
			t.Fatalf("names %q, want %q", got, want)
		}
	}
	for _, name := range []string{"a/b/c", "m", "m/n"} {
		_, err := e.Create(t.Context(), alice, name, "")
		run(err)
	}
	run(e.Delete(t.Context(), alice, "a/b/c"))
	run(e.Delete(t.Context(), alice, "m"))
	expect("a", "a/b", "m")
	if err := e.Delete(t.Context(), alice, "a"); !errors.Is(err, ErrNoMailbox) {
		t.Error("a name with another below it:", err)
	}
	if err := e.Delete(t.Context(), alice, "m"); !errors.Is(err, ErrNoMailbox) {
		t.Error("a name with a mailbox below it:", err)
	}
	run(e.Delete(t.Context(), alice, "m/n"))
	run(e.Delete(t.Context(), alice, "a/b"))
	expect("a", "m")
	run(e.Rename(t.Context(), alice, "m", "a/m"))
	expect("a", "a/m")
	_, err := e.Create(t.Context(), alice, "a", "")
	run(err)
	expect("a/m")
	run(e.Delete(t.Context(), alice, "a/m"))
	expect()
	if err := e.Delete(t.Context(), alice, "a/m"); !errors.Is(err, ErrNoMailbox) {
		t.Error("a name that is gone:", err)
	}
	if err := e.Verify(t.Context(), alice, func(p Problem) { t.Error(p) }); err != nil {
		t.Error(err)
	}
}

// TestMaxLevels leaves a thousand names; one more goes with its mailbox.
func TestMaxLevels(t *testing.T) {
	e := newEnv(t)
	for i := range MaxLevels + 1 {
		name := fmt.Sprintf("a%d/b", i)
		if _, err := e.Create(t.Context(), alice, name, ""); err != nil {
			t.Fatal(err)
		}
		if err := e.Delete(t.Context(), alice, name); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(listedNames(t, e)); n != MaxLevels {
		t.Errorf("%d names stayed, want %d", n, MaxLevels)
	}
}
