package mailstore

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// The operations of the model on mailboxes.

var genName = rapid.SampledFrom([]string{"a", "a/b", "a/b/c", "a/d", "b", "Junk", "INBOX/x", "Thư", "inbox"})

func (m *machine) create(t *rapid.T) {
	id := rapid.SampledFrom(modelAccounts).Draw(t, "account")
	a := m.model[id]
	name := genName.Draw(t, "name")
	box, err := m.e.Create(context.Background(), id, name, "")
	switch {
	case name == "inbox":
		if !errors.Is(err, ErrInbox) {
			t.Fatalf("CREATE inbox: %v", err)
		}
	case a.boxes[name] != nil:
		if !errors.Is(err, ErrMailboxExists) {
			t.Fatalf("CREATE %s: %v", name, err)
		}
	default:
		m.ok(err)
		m.learn(id, box, a.change())
		delete(a.levels, name)
	}
}

func (m *machine) delete(t *rapid.T) {
	id := rapid.SampledFrom(modelAccounts).Draw(t, "account")
	a := m.model[id]
	name := genName.Draw(t, "name")
	before := m.seqOf(id)
	err := m.e.Delete(context.Background(), id, name)
	switch {
	case name == "inbox":
		if !errors.Is(err, ErrInbox) {
			t.Fatalf("DELETE inbox: %v", err)
		}
	case a.boxes[name] == nil && (!a.levels[name] || a.hasBelow(name)):
		if !errors.Is(err, ErrNoMailbox) {
			t.Fatalf("DELETE %s: %v", name, err)
		}
	case a.boxes[name] == nil:
		m.ok(err)
		a.seq += m.seqOf(id) - before // whether it counts as a change is not promised
		delete(a.levels, name)
		a.keepAbove(name)
	default:
		m.ok(err)
		a.change()
		delete(a.boxes, name)
		a.keepAbove(name)
	}
}

// listed are the names of an account that are no mailboxes.
func (a *modelAccount) listed() []string {
	names := map[string]bool{}
	maps.Copy(names, a.levels)
	for name := range a.boxes {
		names[name] = true
	}
	for name := range maps.Clone(names) {
		for name = path.Dir(name); name != "."; name = path.Dir(name) {
			names[name] = true
		}
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return a.boxes[name] != nil })
	return slices.Sorted(maps.Keys(names))
}

func (a *modelAccount) hasBelow(name string) bool {
	for other := range a.boxes {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	for other := range a.levels {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

func (a *modelAccount) keepAbove(name string) {
	for name = path.Dir(name); name != "."; name = path.Dir(name) {
		if a.boxes[name] == nil {
			a.levels[name] = true
		}
	}
}

func (m *machine) rename(t *rapid.T) {
	id := rapid.SampledFrom(modelAccounts).Draw(t, "account")
	a := m.model[id]
	from, to := genName.Draw(t, "from"), genName.Draw(t, "to")
	before := m.seqOf(id)
	err := m.e.Rename(context.Background(), id, from, to)
	if from == "inbox" {
		if to == "inbox" || a.boxes[to] != nil {
			if !errors.Is(err, ErrMailboxExists) {
				t.Fatalf("RENAME inbox %s: %v", to, err)
			}
			return
		}
		m.ok(err)
		delete(a.levels, to)
		a.boxes[to] = a.boxes["INBOX"]
		seq := a.change(a.boxes[to])
		box, err := m.e.Lookup(context.Background(), id, "INBOX")
		m.ok(err)
		m.learn(id, box, seq)
		return
	}
	to = strings.Replace(to, "inbox", "INBOX", 1)
	want, wantErr := renameModel(a, from, to)
	if wantErr != nil {
		if !errors.Is(err, wantErr) {
			t.Fatalf("RENAME %s %s: %v, want %v", from, to, err, wantErr)
		}
		return
	}
	m.ok(err)
	if maps.Equal(a.boxes, want) { // nothing but levels
		a.seq = a.seq - 1 + m.seqOf(id) - before
	}
	a.boxes = want
	for name := range maps.Clone(a.levels) {
		if name == from || strings.HasPrefix(name, from+"/") {
			delete(a.levels, name)
			a.levels[to+name[len(from):]] = true
		}
	}
	maps.DeleteFunc(a.levels, func(name string, _ bool) bool { return a.boxes[name] != nil })
}

func renameModel(a *modelAccount, from, to string) (map[string]*modelBox, error) {
	if strings.HasPrefix(to, from+"/") {
		return nil, ErrMailboxName
	}
	boxes := map[string]*modelBox{}
	var tree []string
	for name, b := range a.boxes {
		if name == from || strings.HasPrefix(name, from+"/") {
			tree = append(tree, name)
		} else {
			boxes[name] = b
		}
	}
	if len(tree) == 0 && !a.levels[from] && !a.hasBelow(from) {
		return nil, ErrNoMailbox
	}
	if boxes[to] != nil || from == to || len(tree) == 0 && a.levels[to] {
		return nil, ErrMailboxExists
	}
	for _, name := range tree {
		if boxes[to+name[len(from):]] != nil {
			return nil, ErrMailboxExists
		}
		boxes[to+name[len(from):]] = a.boxes[name]
	}
	var changed []*modelBox
	for _, name := range tree {
		changed = append(changed, a.boxes[name])
	}
	a.change(changed...)
	return boxes, nil
}

func (m *machine) subscribe(t *rapid.T) {
	id := rapid.SampledFrom(modelAccounts).Draw(t, "account")
	name := genName.Draw(t, "name")
	before := m.seqOf(id)
	if rapid.Bool().Draw(t, "on") {
		m.ok(m.e.Subscribe(context.Background(), id, name))
	} else {
		m.ok(m.e.Unsubscribe(context.Background(), id, name))
	}
	m.model[id].seq += m.seqOf(id) - before // whether it counts as a change is not promised
}
