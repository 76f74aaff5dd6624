package mailstore

import (
	"errors"
	"slices"

	"tram/internal/storage/kv"
)

func (r *rebuild) mailboxes() error {
	for _, id := range r.order {
		if err := r.mailbox(id); err != nil {
			return err
		}
	}
	return nil
}

// mailbox makes the flags of a mailbox fit its messages, and its counters both.
func (r *rebuild) mailbox(id MailboxID) error {
	key := appendBoxKey(nil, kindCounters, id)
	was, err := readCounters(r.space, key)
	lost := errors.Is(err, ErrNoMailbox) || errors.Is(err, ErrCorrupt)
	if err != nil && !lost {
		return err
	}
	table, err := readKeywords(r.space, id)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return err
	}
	is := counters{uidValidity: r.known[id].UIDValidity, uidNext: was.uidNext, highest: was.highest, recent: was.recent,
		keywords: uint32(len(table))}
	blocks, err := r.truth(id, allowedFlags(len(table)))
	if err != nil {
		return err
	}
	for _, b := range blocks {
		for i := range b.entries {
			is.count(&b.entries[i], 1)
			is.uidNext = max(is.uidNext, b.entries[i].UID+1)
			is.highest = max(is.highest, b.entries[i].ModSeq)
		}
	}
	r.acct.messages += int64(is.messages)
	r.acct.bytes += is.size
	is.uidNext = max(is.uidNext, 1)
	if err := r.keepUniqueIDs(r.known[id], is.uidNext); err != nil {
		return err
	}
	changed, err := r.writeTruth(id, blocks)
	if err != nil || !lost && !changed && is == was {
		return err
	}
	if lost {
		// Which UIDs were given out is forgotten: they must mean nothing any more.
		is.uidValidity = r.newValidity()
		r.known[id].UIDValidity = is.uidValidity
		if err := r.setMailbox(r.known[id]); err != nil {
			return err
		}
	}
	is.highest = r.seq
	r.fixed(id, 0, "counters: %d messages, %d unseen, %d deleted, %d bytes, UIDNEXT %d",
		is.messages, is.unseen, is.deleted, is.size, is.uidNext)
	return r.space.Set(key, is.append(nil))
}

// truth returns the blocks of flags as they must be: an entry for each message
// that has a record, with the flags that it has and that have a name.
func (r *rebuild) truth(id MailboxID, allowed Flags) (blocks []*block, err error) {
	have := map[uint32]*block{}
	if err := r.eachBlock(id, func(b *block) { have[b.num] = b }); err != nil {
		return nil, err
	}
	it := r.space.Scan(appendBoxKey(nil, kindMeta, id), appendBoxKey(nil, kindMeta, id+1))
	defer it.Close()
	var z zones
	for it.Next() {
		uid := UID(itemOf(it.Key()))
		var msg Message
		if err := msg.decodeMeta(it.Value(), &z); err != nil {
			r.found = append(r.found, Problem{Account: r.id, Mailbox: id, UID: uid, Text: "cannot be repaired", Err: err, Damaged: true})
			continue
		}
		r.acct.lastEmail = max(r.acct.lastEmail, msg.EmailID, msg.ContentID)
		e := Entry{UID: uid, Size: uint32(msg.Size), ModSeq: r.seq}
		if old := have[blockOf(uid)]; old != nil {
			if i, ok := old.find(uid); ok {
				e = old.entries[i]
			}
		}
		if e.Size != uint32(msg.Size) || e.Flags&^allowed != 0 {
			e.Size, e.Flags, e.ModSeq = uint32(msg.Size), e.Flags&allowed, r.seq
		}
		if n := len(blocks); n == 0 || blocks[n-1].num != blockOf(uid) {
			blocks = append(blocks, &block{num: blockOf(uid)})
		}
		last := blocks[len(blocks)-1]
		last.entries = append(last.entries, e)
	}
	return blocks, it.Err()
}

// writeTruth writes the blocks that are stored otherwise, and reports each
// message that it changes.
func (r *rebuild) writeTruth(id MailboxID, blocks []*block) (changed bool, err error) {
	it := r.space.Scan(appendBoxKey(nil, kindFlags, id), appendBoxKey(nil, kindFlags, id+1))
	stored := map[uint32][]byte{}
	for it.Next() {
		stored[itemOf(it.Key())] = slices.Clone(it.Value())
	}
	if err := errors.Join(it.Err(), it.Close()); err != nil {
		return false, err
	}
	for _, b := range blocks {
		was, err := decodeBlock(b.num, stored[b.num], 0)
		delete(stored, b.num)
		if err == nil && slices.Equal(was.entries, b.entries) {
			continue
		}
		changed = true
		r.explain(id, was, b)
		if err := r.space.Set(appendItemKey(nil, kindFlags, id, b.num), b.append(nil)); err != nil {
			return true, err
		}
	}
	for num, value := range stored {
		changed = true
		was, _ := decodeBlock(num, value, 0)
		r.explain(id, was, &block{num: num})
		if err := r.space.Delete(appendItemKey(nil, kindFlags, id, num)); err != nil && !errors.Is(err, kv.ErrNotFound) {
			return true, err
		}
	}
	return changed, nil
}

func (r *rebuild) explain(id MailboxID, was, is *block) {
	if was == nil {
		was = &block{}
	}
	eachEntry(was.entries, is.entries, func(i, j int) bool {
		switch {
		case j < 0:
			r.fixed(id, was.entries[i].UID, "had flags but no record: it is gone")
		case i < 0:
			r.fixed(id, is.entries[j].UID, "had a record but no flags: it is back, unread")
		case was.entries[i] != is.entries[j]:
			r.fixed(id, is.entries[j].UID, "flags and size")
		}
		return true
	})
}
