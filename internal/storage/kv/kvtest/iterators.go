package kvtest

import (
	"context"
	"fmt"
	"testing"

	"tram/internal/storage/kv"
)

// walk is a list of steps on one iterator and where each must end: a key, or
// "." for nowhere.
type walk struct {
	lo, hi string // "" means nil
	steps  string
}

func testIterators(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user-1, "a", "", "z", "")
	set(t, db, user, "b", "B", "d", "D", "f", "F", "h", "H")
	set(t, db, user+1, "a", "", "z", "")
	for _, w := range []walk{
		{"", "", "n:b n:d n:f n:h n:. n:."},
		{"b", "h", "n:b n:d n:f n:."},
		{"c", "g", "n:d n:f n:."},
		{"c", "d", "n:. l:."},
		{"d", "c", "n:. s(c):. l:."},
		{"d", "d", "n:."},
		{"x", "", "n:. s(y):. l:."},
		{"", "", "l:h n:."},
		{"", "g", "l:f n:."},
		{"c", "g", "l:f s(d):d n:f n:. s(e):f n:."},
		{"", "", "s(c):d n:f s(b):b n:d s(h):h n:. s(a):b"},
		{"", "", "s(i):. s(f):f l:h s(b):b n:d"},
		{"", "", "n:b s(b):b n:d l:h l:h n:. l:h"},
	} {
		check := func(r kv.Reader) error {
			if got := steps(t, r, w); got != "" {
				t.Errorf("scan %q to %q, %s: %s", w.lo, w.hi, w.steps, got)
			}
			return nil
		}
		view(t, db, user, check)
		update(t, db, user, func(s kv.Space) error { return check(s) })
	}
	inTransaction(t, open)
}

// inTransaction walks over records that are half stored and half written by
// the transaction itself.
func inTransaction(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user, "a", "", "b", "old", "f", "F", "g", "")
	update(t, db, user, func(s kv.Space) error {
		for _, key := range []string{"d", "h", "b"} {
			if err := s.Set([]byte(key), []byte{key[0] - 32}); err != nil {
				return err
			}
		}
		for _, key := range []string{"a", "g"} {
			if err := s.Delete([]byte(key)); err != nil {
				return err
			}
		}
		for _, w := range []walk{
			{"", "", "n:b n:d n:f n:h n:."},
			{"", "", "l:h s(a):b s(c):d n:f s(g):h n:."},
			{"c", "g", "l:f n:. s(d):d n:f n:."},
		} {
			if got := steps(t, s, w); got != "" {
				t.Errorf("own writes, scan %q to %q, %s: %s", w.lo, w.hi, w.steps, got)
			}
		}
		return nil
	})
	expect(t, db, user, "b=B d=D f=F h=H")
}

// steps carries out a walk and returns what was wrong.
func steps(t *testing.T, r kv.Reader, w walk) string {
	t.Helper()
	it := r.Scan(bound(w.lo), bound(w.hi))
	defer it.Close()
	for i := 0; i < len(w.steps); i += 1 {
		var step, want byte
		var key string
		switch step = w.steps[i]; step {
		case ' ':
			continue
		case 's':
			key, want, i = string(w.steps[i+2]), w.steps[i+5], i+5
		default:
			want, i = w.steps[i+2], i+2
		}
		ok := false
		switch step {
		case 'n':
			ok = it.Next()
		case 'l':
			ok = it.Last()
		case 's':
			ok = it.Seek([]byte(key))
		}
		got := "."
		if ok {
			got = string(it.Key())
			if len(it.Value()) != 1 || it.Value()[0] != it.Key()[0]-32 {
				return fmt.Sprintf("key %s has the value %q", it.Key(), it.Value())
			}
		}
		if got != string(want) {
			return fmt.Sprintf("step %c%s ended at %s, want %c", step, key, got, want)
		}
	}
	if err := it.Err(); err != nil {
		return err.Error()
	}
	if err := it.Close(); err != nil {
		return err.Error()
	}
	return ""
}

func bound(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func testIteratorPicture(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user, "a", "1", "b", "1", "c", "1")
	update(t, db, user, func(s kv.Space) error {
		it := s.Scan(nil, nil)
		defer it.Close()
		seen := ""
		for it.Next() {
			seen += string(it.Key()) + string(it.Value())
			if err := s.Set(it.Key(), []byte("2")); err != nil {
				return err
			}
			if err := s.Set(append([]byte("b"), it.Key()...), []byte("new")); err != nil {
				return err
			}
		}
		if seen != "a1b1c1" {
			t.Errorf("a walk that changes what it walks over saw %q", seen)
		}
		return it.Err()
	})
	expect(t, db, user, "a=2 b=2 ba=new bb=new bc=new c=2")
	err := db.View(context.Background(), user, func(r kv.Reader) error {
		it := r.Scan(nil, nil)
		defer it.Close()
		it.Next()
		update(t, db, user, func(s kv.Space) error { return s.DeleteRange(nil, nil) })
		n := 1
		for it.Next() {
			n++
		}
		if n != 6 {
			t.Errorf("a walk in a View saw %d records, want 6: it noticed a later commit", n)
		}
		return it.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
