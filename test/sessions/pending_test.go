package sessions

import (
	"fmt"
	"slices"
)

// kind is what a command does to messages.
type kind uint8

const (
	appending kind = iota + 1
	storing
	copying
	moving
	removing
)

// pending is a command without an answer. When the server is killed, it was
// done or not; what is there afterwards says which.
type pending struct {
	kind    kind
	box     box
	dest    box      // copying, moving
	uids    []uint32 // of the messages that it names, ascending
	records []*record
	change  change
}

// resolve finds out whether the command was done and, if so, takes it into the
// world. What was done by half is found by the comparison that follows.
func (p *pending) resolve(w *world, now map[box]*listing) error {
	switch p.kind {
	case appending:
		_, err := p.arrived(w, p.box, now)
		return err
	case copying, moving:
		done, err := p.arrived(w, p.dest, now)
		if err == nil && p.kind == moving {
			w.leave(p.box, p.uids, false)
			if done {
				w.remove(p.box, p.uids)
			}
		}
		return err
	case removing:
		w.leave(p.box, p.uids, false)
		if _, there := now[p.box].messages[p.uids[0]]; !there {
			w.remove(p.box, p.uids)
		}
	case storing:
		for _, uid := range p.uids {
			m, there := now[p.box].messages[uid]
			if _, known := w.get(p.box, uid); there && known && m.flags.has(p.change.name) == p.change.on {
				continue
			} else if there && known {
				return nil
			}
		}
		w.store(p.box, p.uids, p.change)
	}
	return nil
}

// arrived finds the messages that the command would have put into a mailbox,
// in their order, behind everything that is known.
func (p *pending) arrived(w *world, b box, now map[box]*listing) (bool, error) {
	var uids []uint32
	for uid, m := range now[b].messages {
		ours := slices.ContainsFunc(p.records, func(r *record) bool { return r.id == m.id })
		if _, known := w.get(b, uid); ours && !known && !w.has(b, uid) {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	if len(uids) == 0 {
		return false, nil
	}
	if len(uids) != len(p.records) {
		return false, fmt.Errorf("%s: a command on %d messages was done by half: there are UIDs %v", b, len(p.records), uids)
	}
	for i, uid := range uids {
		if err := w.add(b, uid, p.records[i]); err != nil {
			return false, err
		}
	}
	return true, nil
}
