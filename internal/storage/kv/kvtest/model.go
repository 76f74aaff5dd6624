package kvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tram/internal/storage/kv"
)

// model is what a store should hold: account → key → value.
type model map[kv.Account]map[string]string

func (m model) clone() model {
	c := model{}
	for a, records := range m {
		c[a] = maps.Clone(records)
	}
	return c
}

// in returns the keys of an account between lo and hi in ascending order.
func (m model) in(a kv.Account, lo, hi []byte) []string {
	var keys []string
	for k := range m[a] {
		if k >= string(lo) && (hi == nil || k < string(hi)) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

var errRollback = errors.New("rolled back on purpose")

// testModel carries out random transactions on a store and on a model and
// compares every answer. rapid shrinks what fails.
func testModel(t *testing.T, open Open) {
	rapid.Check(t, func(rt *rapid.T) {
		db := open(t)
		defer db.Close()
		m := model{1: {}, user: {}, user + 1: {}}
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			accounts := rapid.SliceOfN(rapid.SampledFrom([]kv.Account{1, user, user + 1}), 1, 3).Draw(rt, "accounts")
			next := m.clone()
			rollback := rapid.IntRange(0, 4).Draw(rt, "rollback") == 0
			err := db.Update(context.Background(), accounts, func(tx kv.Tx) error {
				for range rapid.IntRange(0, 15).Draw(rt, "steps") {
					a := rapid.SampledFrom(accounts).Draw(rt, "account")
					step(rt, tx.Account(a), next, a)
				}
				if rollback {
					return errRollback
				}
				return nil
			})
			switch {
			case rollback && !errors.Is(err, errRollback):
				rt.Fatalf("Update = %v, want the rollback", err)
			case !rollback && err != nil:
				rt.Fatalf("Update: %v", err)
			case !rollback:
				m = next
			}
			for a := range m {
				check(rt, db.View(context.Background(), a, func(r kv.Reader) error {
					compare(rt, r, m, a, nil, nil)
					return nil
				}))
			}
		}
	})
}

func keyGen() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune{0, 'a', 'b', 0x7f}), 0, 3, -1)
}

// drawBound draws a bound of a range, nil now and then.
func drawBound(rt *rapid.T, name string) []byte {
	if rapid.IntRange(0, 3).Draw(rt, name+" is nil") == 0 {
		return nil
	}
	return []byte(keyGen().Draw(rt, name))
}

// step is one random operation inside a transaction.
func step(rt *rapid.T, s kv.Space, m model, a kv.Account) {
	key := keyGen().Draw(rt, "key")
	switch rapid.SampledFrom([]string{"set", "set", "delete", "range", "get", "scan"}).Draw(rt, "operation") {
	case "set":
		value := rapid.StringN(0, 5, -1).Draw(rt, "value")
		check(rt, s.Set([]byte(key), []byte(value)))
		m[a][key] = value
	case "delete":
		check(rt, s.Delete([]byte(key)))
		delete(m[a], key)
	case "range":
		lo, hi := drawBound(rt, "lo"), drawBound(rt, "hi")
		check(rt, s.DeleteRange(lo, hi))
		for _, k := range m.in(a, lo, hi) {
			delete(m[a], k)
		}
	case "get":
		value, err := s.Get([]byte(key))
		want, ok := m[a][key]
		if ok != (err == nil) || string(value) != want || !ok && !errors.Is(err, kv.ErrNotFound) {
			rt.Fatalf("Get(%q) = %q, %v; want %q, %v", key, value, err, want, ok)
		}
	case "scan":
		compare(rt, s, m, a, drawBound(rt, "lo"), drawBound(rt, "hi"))
	}
}

// compare walks over a range, then jumps about in it.
func compare(rt *rapid.T, r kv.Reader, m model, a kv.Account, lo, hi []byte) {
	keys := m.in(a, lo, hi)
	it := r.Scan(lo, hi)
	defer it.Close()
	at := func(i int, ok bool, what string) {
		if ok != (i < len(keys)) {
			rt.Fatalf("%s in %q to %q of account %d: found %v, want %v of %q", what, lo, hi, a, ok, i < len(keys), keys)
		}
		if ok && (string(it.Key()) != keys[i] || string(it.Value()) != m[a][keys[i]]) {
			rt.Fatalf("%s in %q to %q of account %d: %q=%q, want %q=%q", what, lo, hi, a, it.Key(), it.Value(), keys[i], m[a][keys[i]])
		}
	}
	for i := range len(keys) + 1 {
		at(i, it.Next(), "Next")
	}
	for range rapid.IntRange(0, 3).Draw(rt, "jumps") {
		if len(keys) == 0 {
			break
		}
		i := rapid.IntRange(0, len(keys)-1).Draw(rt, "to")
		at(i, it.Seek([]byte(keys[i])), fmt.Sprintf("Seek(%q)", keys[i]))
		at(i+1, it.Next(), "Next after Seek")
		at(len(keys)-1, it.Last(), "Last")
	}
	check(rt, it.Err())
}

func check(rt *rapid.T, err error) {
	if err != nil {
		rt.Fatal(err)
	}
}
