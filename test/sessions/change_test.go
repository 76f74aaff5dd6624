package sessions

import (
	"fmt"
	"slices"
	"strings"
)

// append appends one to three messages in one command.
func (a *actor) append() error {
	if a.count() > maxOwned {
		return a.expunge()
	}
	b := a.boxes[a.rng.IntN(len(a.boxes))]
	var records []*record
	command := fmt.Sprintf("APPEND %q", b.name)
	for range 1 + a.rng.IntN(3) {
		a.made++
		r := &record{id: fmt.Sprintf("s%d-%d", a.n, a.made), owner: a.n, keywords: make([]tri, sessionCount)}
		for k := range r.keywords {
			r.keywords[k] = off
		}
		names := []string{}
		for _, f := range systemFlags {
			if a.rng.IntN(3) == 0 {
				names = append(names, f)
				r.system = r.system.with(f, true)
			}
		}
		if a.rng.IntN(3) == 0 {
			names = append(names, keyword(a.n))
			r.keywords[a.n] = on
		}
		text := messageText(r.id)
		command += fmt.Sprintf(" (%s) {%d+}\r\n%s", strings.Join(names, " "), len(text), text)
		records = append(records, r)
	}
	a.pending = &pending{kind: appending, box: b, records: records}
	r, err := a.command("%s", command)
	if err != nil {
		return err
	}
	uids, err := uidsOf(r.code("APPENDUID"), 1, len(records))
	if err != nil {
		return fmt.Errorf("session %d: APPEND to %s: %q: %w", a.n, b, r.text, err)
	}
	a.pending = nil
	return a.place(b, uids, records)
}

// uidsOf is the nth set of a response code of UIDs, with as many as there must
// be.
func uidsOf(code string, nth, count int) ([]uint32, error) {
	words := strings.Fields(code)
	if len(words) <= nth {
		return nil, fmt.Errorf("response code %q is too short", code)
	}
	uids, err := parseSet(words[nth])
	if err == nil && len(uids) != count {
		err = fmt.Errorf("%d UIDs for %d messages", len(uids), count)
	}
	return uids, err
}

// place takes in that messages are at these UIDs.
func (a *actor) place(b box, uids []uint32, records []*record) error {
	for i, r := range records {
		if err := a.world.add(b, uids[i], r); err != nil {
			return err
		}
	}
	return nil
}

// count is how many messages the session has.
func (a *actor) count() int {
	n := 0
	for _, b := range a.boxes {
		n += len(a.world.owned(b, a.n))
	}
	return n
}

// storeOwn changes a system flag of own messages.
func (a *actor) storeOwn() error {
	uids := a.choose(a.mine(), 5)
	if len(uids) == 0 {
		return a.append()
	}
	return a.store(uids, change{name: systemFlags[a.rng.IntN(len(systemFlags))], by: a.n, on: a.rng.IntN(2) == 0})
}

// storeKeyword sets or clears the session's keyword, on anybody's messages.
func (a *actor) storeKeyword() error {
	uids := a.choose(a.v.known(), 20)
	if len(uids) == 0 {
		return a.append()
	}
	return a.store(uids, change{name: keyword(a.n), by: a.n, on: a.rng.IntN(2) == 0})
}

func (a *actor) store(uids []uint32, c change) error {
	sign, silent := "-", ""
	if c.on {
		sign = "+"
	}
	if a.rng.IntN(2) == 0 {
		silent = ".SILENT"
	}
	command := fmt.Sprintf("UID STORE %s", formatSet(uids))
	if a.rng.IntN(3) == 0 {
		command = fmt.Sprintf("STORE %s", formatSet(a.numbers(uids)))
	}
	a.pending = &pending{kind: storing, box: a.v.box, uids: uids, change: c}
	if _, err := a.command("%s %sFLAGS%s (%s)", command, sign, silent, c.name); err != nil {
		return err
	}
	a.pending = nil
	a.world.store(a.v.box, uids, c)
	if silent != "" {
		for _, uid := range uids {
			if f, told := a.v.flags[uid]; told {
				a.v.flags[uid] = f.with(c.name, c.on)
			}
		}
	}
	for _, uid := range uids {
		if err := a.check(uid); err != nil {
			return err
		}
	}
	return a.learn()
}

// check compares what the session was told of a message with what it must be.
func (a *actor) check(uid uint32) error {
	r, there := a.world.get(a.v.box, uid)
	f, told := a.v.flags[uid]
	if !there || !told {
		return nil
	}
	if k := r.keywords[a.n]; k != unknown && triOf(f.has(keyword(a.n))) != k {
		return fmt.Errorf("session %d: %s UID %d was told to have %q, which is wrong about %s", a.n, a.v.box, uid, f, keyword(a.n))
	}
	if r.owner != a.n {
		return nil
	}
	for _, name := range systemFlags {
		if f.has(name) != r.system.has(name) {
			return fmt.Errorf("session %d: %s UID %d was told to have %q, it must have %q", a.n, a.v.box, uid, f, r.system)
		}
	}
	return nil
}

// copy copies own messages to any mailbox.
func (a *actor) copy() error {
	if a.count() > maxOwned {
		return a.expunge()
	}
	return a.transfer("COPY", copying)
}

// move moves own messages to any mailbox.
func (a *actor) move() error { return a.transfer("MOVE", moving) }

func (a *actor) transfer(verb string, kind kind) error {
	uids := a.choose(a.mine(), 5)
	if len(uids) == 0 {
		return a.append()
	}
	slices.Sort(uids)
	from, to := a.v.box, a.boxes[a.rng.IntN(len(a.boxes))]
	p := &pending{kind: kind, box: from, dest: to, uids: uids}
	for _, uid := range uids {
		r, ok := a.world.get(from, uid)
		if !ok {
			return fmt.Errorf("session %d: the model has lost UID %d of %s", a.n, uid, from)
		}
		p.records = append(p.records, copyOf(r))
	}
	a.pending = p
	if kind == moving {
		a.world.leave(from, uids, true)
	}
	r, err := a.command("UID %s %s %q", verb, formatSet(uids), to.name)
	if err != nil {
		return err
	}
	code := r.code("COPYUID")
	if code == "" {
		code = a.v.copied
	}
	dest, err := uidsOf(code, 2, len(uids))
	if source, bad := uidsOf(code, 1, len(uids)); err == nil && (bad != nil || !slices.Equal(source, uids)) {
		err = fmt.Errorf("copied were %v", source)
	}
	if err != nil {
		return fmt.Errorf("session %d: UID %s %v of %s: %q: %w", a.n, verb, uids, from, code+" "+r.text, err)
	}
	a.pending = nil
	if kind == moving {
		a.world.remove(from, uids)
	}
	return a.place(to, dest, p.records)
}

// expunge removes own messages in two steps.
func (a *actor) expunge() error {
	uids := a.choose(a.mine(), 8)
	if len(uids) == 0 {
		return a.noop()
	}
	if err := a.store(uids, change{name: `\Deleted`, by: a.n, on: true}); err != nil {
		return err
	}
	a.pending = &pending{kind: removing, box: a.v.box, uids: uids}
	a.world.leave(a.v.box, uids, true)
	if _, err := a.command("UID EXPUNGE %s", formatSet(uids)); err != nil {
		return err
	}
	a.pending = nil
	a.world.remove(a.v.box, uids)
	for _, uid := range uids {
		if slices.Contains(a.v.uids, uid) {
			return fmt.Errorf("session %d: UID %d of %s was expunged and nobody told us", a.n, uid, a.v.box)
		}
	}
	return a.learn()
}
