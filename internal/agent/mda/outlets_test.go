package mda_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tram/internal/queue"
)

// script makes a shell script that everybody may run; $OUT is a file beside it
// that everybody may write to.
func script(t testing.TB, text string) (path, out string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "mda")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path, out = dir+"/program", dir+"/out"
	for _, err := range []error{
		os.Chmod(dir, 0o755),
		os.WriteFile(out, nil, 0o600), os.Chmod(out, 0o666),
		os.WriteFile(path, []byte("#!/bin/sh\nOUT="+out+"\n"+text+"\n"), 0o755), os.Chmod(path, 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return path, out
}

func (w *world) file(path string) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.files, path))
	w.must(err)
	return string(b)
}

// TestOutlets: each file and program of an alias is an entry of its own, with
// its own attempts and its own failure.
func TestOutlets(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	good, out := script(t, `cat >>$OUT; echo "$SENDER $RECIPIENT $ORIGINAL_RECIPIENT" >>$OUT`)
	bad, _ := script(t, `echo "no such ticket"; exit 67`)
	later, _ := script(t, `exit 75`)
	w.alias("desk@here.example", "an@here.example", "x@far.example", "/log", "/box/", "|"+good, "|"+bad, "|"+later)
	e := w.add(letter, true, func(m *queue.Message) { m.Rcpts[0].ORcpt = "rfc822;first@there.example" }, "desk@here.example")
	if got := w.deliver(e); got != "delivered 250" {
		t.Fatal(got)
	}
	if len(w.inbox("an")) != 1 {
		t.Error("no copy for an")
	}
	got := map[string]string{}
	for range 6 {
		e := w.next()
		if e.Rcpts[0].Outlet == "" {
			w.queue.Postpone(e, time.Now().Add(time.Hour))
			continue
		}
		if len(e.Rcpts) != 1 || e.Rcpts[0].To.Path() != "<desk@here.example>" {
			t.Errorf("%+v", e.Rcpts)
		}
		name := strings.TrimPrefix(e.Rcpts[0].Outlet, "|")
		got[name] = w.deliver(e)
	}
	for name, want := range map[string]string{"/log": "delivered 250", "/box/": "delivered 250", good: "delivered 250", bad: "failed 550", later: "deferred 451"} {
		if got[name] != want {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
	front := "Return-Path: <a@there.example>\nDelivered-To: desk@here.example\n"
	text := front + strings.ReplaceAll(letter, "\r\n", "\n")
	if log := w.file("log"); !strings.HasPrefix(log, "From a@there.example ") || !strings.HasSuffix(log, "\n"+text+"\n") {
		t.Errorf("mbox: %q", log)
	}
	names, _ := filepath.Glob(w.files + "/box/new/*")
	if len(names) != 1 || w.file("box/new/"+filepath.Base(names[0])) != text {
		t.Errorf("Maildir: %v", names)
	}
	b, err := os.ReadFile(out)
	w.must(err)
	if !strings.HasSuffix(string(b), text+"a@there.example desk@here.example first@there.example\n") {
		t.Errorf("program: %q", b)
	}
}

// TestOutletRepeated: after a crash between the file and the commit a Maildir
// has its message once, a file of the other kind twice.
func TestOutletRepeated(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.alias("log@here.example", "/log")
	w.alias("box@here.example", "/box/")
	for _, to := range []string{"log@here.example", "box@here.example"} {
		w.deliver(w.add(letter, true, nil, to))
		e := w.next()
		again := *e // as it is found after the crash
		again.Digest = nil
		if got := w.deliver(e); got != "delivered 250" {
			t.Fatal(got)
		}
		w.must(w.Deliver(t.Context(), &again, []int{0}, w.found(&again), make([]queue.Outcome, 1)))
	}
	if n := strings.Count(w.file("log"), "Subject: hello"); n != 2 {
		t.Errorf("%d in the mbox", n)
	}
	if names, _ := filepath.Glob(w.files + "/box/new/*"); len(names) != 1 {
		t.Errorf("Maildir: %v", names)
	}
}

// TestOutletOutlives: an entry for a file is delivered there although the alias
// and its domain are gone.
func TestOutletOutlives(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.alias("log@here.example", "/log")
	w.deliver(w.add(letter, true, nil, "log@here.example"))
	w.must(w.dir.DeleteAlias(t.Context(), "log@here.example"))
	if got := w.deliver(w.next()); got != "delivered 250" {
		t.Error(got)
	}
	w.file("log")
}

// TestMixedEntry: an entry may hold people and files.
func TestMixedEntry(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	e := w.add(letter, true, func(m *queue.Message) { m.Rcpts[1].Outlet, m.Rcpts[3].Outlet = "/log", "/missing/log" },
		"an@here.example", "an@here.example", "nobody@here.example", "an@here.example")
	if got := w.deliver(e); got != "delivered 250, delivered 250, failed 550, deferred 451" {
		t.Error(got)
	}
	if len(w.inbox("an")) != 1 || w.file("log") == "" {
		t.Error("not there")
	}
}

// TestInclude: a file of recipients that cannot be read delays the mail, and
// nobody gets it before the others.
func TestInclude(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	file := safeDir(t) + "/members"
	w.alias("team@here.example", "an@here.example", ":include:"+file)
	e := w.add(letter, true, nil, "team@here.example")
	if got := w.deliver(e); got != "deferred 451" {
		t.Errorf("missing: %s", got)
	}
	if len(w.inbox("an")) != 0 {
		t.Error("an has it already")
	}
	w.must(os.WriteFile(file, []byte("binh@here.example\n"), 0o600))
	if got := w.deliver(w.add(letter, true, nil, "team@here.example")); got != "delivered 250" {
		t.Errorf("there: %s", got)
	}
	if len(w.inbox("an")) != 1 || len(w.inbox("binh")) != 1 {
		t.Error("not both have it")
	}
}
