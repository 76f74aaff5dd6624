package mailstore

// flush writes what was collected. recent returns the UID from which on
// messages of a mailbox are \Recent as far as sessions have said.
func (t *tx) flush(recent func(MailboxID) UID) error {
	for _, b := range t.boxes {
		if err := t.flushBox(b, recent); err != nil {
			return err
		}
	}
	if !t.wide.empty() {
		t.dirty = true
		if err := t.writeLog(0, &t.wide); err != nil {
			return err
		}
	}
	if !t.dirty {
		return nil
	}
	t.acct.modSeq = t.seq
	if err := t.cutLog(); err != nil {
		return err
	}
	t.value = t.acct.append(t.value[:0])
	return t.space.Set(accountKey, t.value)
}

func (t *tx) flushBox(b *box, recent func(MailboxID) UID) error {
	if b.change.empty() {
		return nil
	}
	t.dirty = true
	if err := t.writeLog(b.id, &b.change); err != nil || b.deleted {
		return err
	}
	b.highest = t.seq
	b.recent = min(max(b.recent, recent(b.id)), b.uidNext)
	for i := range b.blocks {
		if err := t.writeBlock(b, &b.blocks[i]); err != nil {
			return err
		}
	}
	if b.tableChanged {
		t.key = appendBoxKey(t.key[:0], kindKeywords, b.id)
		t.value = appendKeywords(t.value[:0], b.table)
		if err := t.space.Set(t.key, t.value); err != nil {
			return err
		}
	}
	t.key = appendBoxKey(t.key[:0], kindCounters, b.id)
	t.value = b.counters.append(t.value[:0])
	return t.space.Set(t.key, t.value)
}

func (t *tx) writeBlock(b *box, l *loaded) error {
	if !l.changed {
		return nil
	}
	t.key = appendItemKey(t.key[:0], kindFlags, b.id, l.num)
	if len(l.entries) == 0 {
		return t.space.Delete(t.key)
	}
	t.value = l.append(t.value[:0])
	return t.space.Set(t.key, t.value)
}

func (t *tx) writeLog(m MailboxID, c *change) error {
	t.key = appendLogKey(t.key[:0], t.seq, m)
	t.value = c.append(t.value[:0])
	return t.space.Set(t.key, t.value)
}

// delta is what a committed transaction did to one mailbox, for the views.
type delta struct {
	mailbox MailboxID
	before  ModSeq
	after   counters
	table   []string // nil when it did not change
	blocks  []*block // those that changed; without entries when they are gone
}

func (t *tx) deltas() []delta {
	var all []delta
	for _, b := range t.boxes {
		if b.change.empty() || b.deleted {
			continue
		}
		d := delta{mailbox: b.id, before: b.before, after: b.counters}
		if b.tableChanged {
			d.table = b.table
		}
		for _, l := range b.blocks {
			if l.changed {
				d.blocks = append(d.blocks, l.block)
			}
		}
		all = append(all, d)
	}
	return all
}
