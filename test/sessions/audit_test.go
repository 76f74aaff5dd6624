package sessions

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// listing is what a fresh session finds in a mailbox.
type listing struct {
	view     *view
	messages map[uint32]found
}

// found is one message as it is.
type found struct {
	id    string
	flags flags
}

// audit looks at all mailboxes of an account with a session of its own.
func audit(address, password, account string, boxes []box) (map[box]*listing, error) {
	a := &actor{n: -1, address: address, account: account, password: password, boxes: boxes}
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	defer c.nc.Close()
	a.c = c
	out := map[box]*listing{}
	a.v = newView(boxes[0])
	if _, err := a.command("LOGIN %q %q", account, password); err != nil {
		return nil, err
	}
	for _, b := range boxes {
		if out[b], err = a.list(b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// list reads one mailbox, and holds its STATUS against what is in it.
func (a *actor) list(b box) (*listing, error) {
	a.v = newView(b)
	a.c.told = a.v.tell
	if _, err := a.command("EXAMINE %q (CONDSTORE)", b.name); err != nil {
		return nil, err
	}
	l := &listing{view: a.v, messages: map[uint32]found{}}
	if len(a.v.uids) == 0 {
		return l, a.status(l)
	}
	if _, err := a.command("FETCH 1:* (UID FLAGS MODSEQ RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"); err != nil {
		return nil, err
	}
	for uid, it := range a.v.bodies {
		_, id, _ := strings.Cut(fmt.Sprint(it["BODY[HEADER.FIELDS (MESSAGE-ID)]"]), "<")
		id, _, _ = strings.Cut(id, "@")
		if size := fmt.Sprint(len(messageText(id))); fmt.Sprint(it["RFC822.SIZE"]) != size {
			return nil, fmt.Errorf("%s UID %d (%s): RFC822.SIZE is %v, it must be %s", b, uid, id, it["RFC822.SIZE"], size)
		}
		l.messages[uid] = found{id: id, flags: a.v.flags[uid]}
	}
	return l, a.status(l)
}

// status compares the counters with the messages.
func (a *actor) status(l *listing) error {
	var status map[string]string
	a.c.told = func(r response) error {
		if len(r.fields) == 4 && r.fields[1] == atom("STATUS") {
			list, _ := r.fields[3].([]any)
			status = map[string]string{}
			for i := 0; i+1 < len(list); i += 2 {
				status[fmt.Sprint(list[i])] = fmt.Sprint(list[i+1])
			}
		}
		return nil
	}
	if _, err := a.command("STATUS %q (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ SIZE)", l.view.box.name); err != nil {
		return err
	}
	unseen, size, last := 0, 0, uint32(0)
	for uid, m := range l.messages {
		last = max(last, uid)
		size += len(messageText(m.id))
		if !m.flags.has(`\Seen`) {
			unseen++
		}
	}
	want := map[string]string{"MESSAGES": fmt.Sprint(len(l.messages)), "UNSEEN": fmt.Sprint(unseen), "SIZE": fmt.Sprint(size),
		"UIDNEXT": fmt.Sprint(l.view.uidNext), "UIDVALIDITY": fmt.Sprint(l.view.validity), "HIGHESTMODSEQ": fmt.Sprint(l.view.highest)}
	if !maps.Equal(status, want) || last >= l.view.uidNext {
		return fmt.Errorf("%s: STATUS says %v, there is %v, the last UID is %d", l.view.box, status, want, last)
	}
	return nil
}

// compare holds what is there against what must be there, and takes over what
// was not known: which keywords of others a copy has.
func (w *world) compare(now map[box]*listing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all error
	for b, l := range now {
		for uid, r := range w.boxes[b] {
			m, there := l.messages[uid]
			if !there {
				all = errors.Join(all, fmt.Errorf("%s: UID %d (%s) is lost", b, uid, r.id))
				continue
			}
			all = errors.Join(all, r.compare(b, uid, m))
		}
		for uid, m := range l.messages {
			if w.boxes[b][uid] == nil {
				all = errors.Join(all, fmt.Errorf("%s: UID %d (%s) must not be there", b, uid, m.id))
			}
		}
		if l.view.uidNext < w.next[b] {
			all = errors.Join(all, fmt.Errorf("%s: UIDNEXT was %d and is %d", b, w.next[b], l.view.uidNext))
		}
		w.next[b] = l.view.uidNext
		clear(w.early[b])
	}
	return all
}

func (r *record) compare(b box, uid uint32, m found) error {
	for k, state := range r.keywords {
		has := triOf(m.flags.has(keyword(k)))
		if state == unknown {
			r.keywords[k] = has
		} else if state != has {
			return fmt.Errorf("%s: UID %d (%s) has flags %q, which is wrong about %s", b, uid, r.id, m.flags, keyword(k))
		}
	}
	for _, name := range append(slices.Clone(systemFlags), `\Deleted`) {
		if m.flags.has(name) != r.system.has(name) {
			return fmt.Errorf("%s: UID %d (%s) has flags %q, it must have %q", b, uid, r.id, m.flags, r.system)
		}
	}
	if m.id != r.id {
		return fmt.Errorf("%s: UID %d is %s, it must be %s", b, uid, m.id, r.id)
	}
	return nil
}

// has reports whether the world has a message, leaving or not.
func (w *world) has(b box, uid uint32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.boxes[b][uid] != nil
}

// compareView holds what a session at rest believes against what is there.
func (a *actor) compareView(l *listing) error {
	there := slices.Sorted(maps.Keys(l.messages))
	if !slices.Equal(a.v.uids, there) {
		return fmt.Errorf("session %d believes that %s has %v, it has %v", a.n, a.v.box, a.v.uids, there)
	}
	for _, uid := range there {
		if a.v.flags[uid] != l.messages[uid].flags {
			return fmt.Errorf("session %d was told that UID %d of %s has %q, it has %q", a.n, uid, a.v.box, a.v.flags[uid], l.messages[uid].flags)
		}
	}
	return nil
}
