package sessions

import (
	"fmt"
	"slices"
	"strings"
)

// fetch reads messages and compares them with what was appended.
func (a *actor) fetch() error {
	uids := a.choose(a.v.known(), 4)
	if len(uids) == 0 {
		return a.append()
	}
	items := []string{"BODY.PEEK[]", "BODY.PEEK[TEXT]", "ENVELOPE", "RFC822.SIZE", "BODY.PEEK[]<10.100>"}
	name := items[a.rng.IntN(len(items))]
	records := map[uint32]record{}
	for _, uid := range uids {
		if r, ok := a.world.get(a.v.box, uid); ok {
			records[uid] = r
		}
	}
	r, err := a.command("UID FETCH %s (FLAGS %s)", formatSet(uids), name)
	if err != nil {
		return err
	}
	for _, uid := range uids {
		rec, known := records[uid]
		it, answered := a.v.bodies[uid]
		_, still := a.world.get(a.v.box, uid)
		switch {
		case !known:
		case !answered && still && !strings.HasPrefix(r.text, "[EXPUNGEISSUED]"):
			return fmt.Errorf("session %d: FETCH of UID %d of %s: nothing came", a.n, uid, a.v.box)
		case answered:
			if err := compareItem(it, name, messageText(rec.id)); err != nil {
				return fmt.Errorf("session %d: UID %d of %s (%s): %w", a.n, uid, a.v.box, rec.id, err)
			}
			if err := a.check(uid); err != nil {
				return err
			}
		}
	}
	return a.learn()
}

// compareItem compares what FETCH gave with the text of the message.
func compareItem(it item, name, text string) error {
	key := strings.Replace(name, ".PEEK", "", 1)
	want := text
	switch name {
	case "BODY.PEEK[TEXT]":
		_, want, _ = strings.Cut(text, "\r\n\r\n")
	case "BODY.PEEK[]<10.100>":
		key, want = "BODY[]<10>", text[10:min(110, len(text))]
	case "RFC822.SIZE":
		want = fmt.Sprint(len(text))
	case "ENVELOPE":
		return compareEnvelope(it, text)
	}
	got, ok := it[key]
	if !ok {
		return nil // a flag update of somebody else, and the message is gone
	}
	if fmt.Sprint(got) != want {
		return fmt.Errorf("%s is %.300q, it must be %.300q", key, fmt.Sprint(got), want)
	}
	return nil
}

func compareEnvelope(it item, text string) error {
	list, ok := it["ENVELOPE"].([]any)
	if !ok {
		return nil
	}
	_, id, _ := strings.Cut(text, "Message-ID: ")
	id, _, _ = strings.Cut(id, "\r\n")
	if len(list) != 10 || list[9] != id {
		return fmt.Errorf("ENVELOPE is %v, the Message-ID must be %s", list, id)
	}
	return nil
}

// search looks for the session's keyword, whose state it knows, or for one
// message.
func (a *actor) search() error {
	if a.rng.IntN(2) == 0 {
		return a.searchMessage()
	}
	name := keyword(a.n)
	before := map[uint32]tri{}
	for _, uid := range a.v.known() {
		if r, ok := a.world.get(a.v.box, uid); ok {
			before[uid] = r.keywords[a.n]
		}
	}
	if _, err := a.command("UID SEARCH KEYWORD %s", name); err != nil {
		return err
	}
	for uid, k := range before {
		_, still := a.world.get(a.v.box, uid)
		found := slices.Contains(a.v.found, uid)
		if still && k != unknown && found != (k == on) {
			return fmt.Errorf("session %d: UID SEARCH KEYWORD %s of %s found %v, wrong about %d", a.n, name, a.v.box, a.v.found, uid)
		}
	}
	return a.learn()
}

// searchMessage looks for one of the session's messages by what is in it.
func (a *actor) searchMessage() error {
	uids := a.mine()
	if len(uids) == 0 {
		return a.append()
	}
	uid := uids[a.rng.IntN(len(uids))]
	r, _ := a.world.get(a.v.box, uid)
	key := [...]string{"HEADER Message-ID %s@", "TEXT \"%s@\"", "SUBJECT \"about %s\"", "BODY \"%s, \""}[a.rng.IntN(4)]
	if _, err := a.command("UID SEARCH "+key, r.id); err != nil {
		return err
	}
	if !slices.Contains(a.v.found, uid) {
		return fmt.Errorf("session %d: UID SEARCH "+key+" of %s found %v, not %d", a.n, r.id, a.v.box, a.v.found, uid)
	}
	for _, other := range a.v.found {
		o, ok := a.world.get(a.v.box, other)
		if ok && o.id != r.id && !strings.HasPrefix(o.id, r.id) {
			return fmt.Errorf("session %d: UID SEARCH "+key+" found %d, which is %s", a.n, r.id, other, o.id)
		}
	}
	return a.learn()
}

// sort must give each message once.
func (a *actor) sort() error {
	known := a.v.known()
	keys := []string{"SUBJECT", "REVERSE ARRIVAL", "DATE", "FROM SIZE"}
	if _, err := a.command("UID SORT (%s) UTF-8 ALL", keys[a.rng.IntN(len(keys))]); err != nil {
		return err
	}
	found := slices.Sorted(slices.Values(a.v.found))
	if len(slices.Compact(slices.Clone(found))) != len(found) {
		return fmt.Errorf("session %d: SORT gave a message twice: %v", a.n, found)
	}
	for _, uid := range known {
		_, still := a.world.get(a.v.box, uid)
		if _, there := slices.BinarySearch(found, uid); !there && still {
			return fmt.Errorf("session %d: SORT of %s left out %d", a.n, a.v.box, uid)
		}
	}
	return a.learn()
}
