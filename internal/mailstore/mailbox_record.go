package mailstore

import (
	"encoding/binary"
	"errors"
	"time"

	"tram/internal/storage/kv"
)

// appendMailbox appends the value of kindMailbox.
func appendMailbox(dst []byte, m *Mailbox) []byte {
	dst = append(dst, version1)
	dst = binary.AppendUvarint(dst, uint64(m.UIDValidity))
	dst = binary.AppendUvarint(dst, uint64(homeOf(m.SpecialUse)))
	dst = binary.AppendUvarint(dst, uint64(m.Created.Unix()))
	return append(dst, m.Name...)
}

func decodeMailbox(id MailboxID, value []byte) (Mailbox, error) {
	d := decode(value)
	m := Mailbox{ID: id, UIDValidity: d.uint32()}
	use := d.uint()
	if use >= homes {
		d.bad = true
		use = 0
	}
	m.SpecialUse = homeMailboxes[use].use
	m.Created = time.Unix(int64(d.uint()), 0).UTC()
	m.Name = string(d.b)
	return m, d.err("mailbox")
}

// readMailbox returns the record of a mailbox, or ErrNoMailbox.
func readMailbox(r kv.Reader, id MailboxID) (Mailbox, error) {
	value, err := r.Get(appendBoxKey(nil, kindMailbox, id))
	if errors.Is(err, kv.ErrNotFound) {
		return Mailbox{}, ErrNoMailbox
	}
	if err != nil {
		return Mailbox{}, err
	}
	return decodeMailbox(id, value)
}

// appendMailboxID appends the value of kindName.
func appendMailboxID(dst []byte, id MailboxID) []byte {
	return binary.AppendUvarint(append(dst, version1), uint64(id))
}

// readName returns the mailbox of a name, or ErrNoMailbox.
func readName(r kv.Reader, name string) (MailboxID, error) {
	value, err := r.Get(appendNameKey(nil, kindName, name))
	if errors.Is(err, kv.ErrNotFound) {
		return 0, ErrNoMailbox
	}
	if err != nil {
		return 0, err
	}
	d := decode(value)
	id := MailboxID(d.uint32())
	return id, d.err("mailbox name")
}

// counters is the record of kindCounters: all that STATUS shows.
type counters struct {
	uidValidity uint32
	uidNext     UID
	highest     ModSeq // of the last change that touched the mailbox
	messages    uint32
	unseen      uint32
	deleted     uint32
	size        int64
	recent      UID    // messages from here on are \Recent
	keywords    uint32 // length of the table of keywords
}

func (c *counters) append(dst []byte) []byte {
	dst = append(dst, version1)
	for _, v := range [...]uint64{uint64(c.uidValidity), uint64(c.uidNext), uint64(c.highest), uint64(c.messages),
		uint64(c.unseen), uint64(c.deleted), uint64(c.size), uint64(c.recent), uint64(c.keywords)} {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}

func decodeCounters(value []byte) (counters, error) {
	d := decode(value)
	c := counters{
		uidValidity: d.uint32(),
		uidNext:     UID(d.uint32()),
		highest:     ModSeq(d.uint()),
		messages:    d.uint32(),
		unseen:      d.uint32(),
		deleted:     d.uint32(),
		size:        int64(d.uint()),
		recent:      UID(d.uint32()),
		keywords:    d.uint32(),
	}
	return c, d.err("counters")
}

// readCounters returns the counters of a mailbox, or ErrNoMailbox.
func readCounters(r kv.Reader, key []byte) (counters, error) {
	value, err := r.Get(key)
	if errors.Is(err, kv.ErrNotFound) {
		return counters{}, ErrNoMailbox
	}
	if err != nil {
		return counters{}, err
	}
	return decodeCounters(value)
}

func (c *counters) status() Status {
	return Status{Messages: c.messages, Unseen: c.unseen, Deleted: c.deleted, UIDNext: c.uidNext,
		UIDValidity: c.uidValidity, HighestModSeq: c.highest, Size: c.size}
}

// count adds a message to the counters (n = 1) or takes it away (n = -1).
func (c *counters) count(e *Entry, n int) {
	c.messages += uint32(n)
	if e.Flags&Seen == 0 {
		c.unseen += uint32(n)
	}
	if e.Flags&Deleted != 0 {
		c.deleted += uint32(n)
	}
	c.size += int64(n) * int64(e.Size)
}

// appendKeywords appends the value of kindKeywords.
func appendKeywords(dst []byte, table []string) []byte {
	dst = append(dst, version1)
	for _, k := range table {
		dst = binary.AppendUvarint(dst, uint64(len(k)))
		dst = append(dst, k...)
	}
	return dst
}

func decodeKeywords(value []byte) ([]string, error) {
	d := decode(value)
	var table []string
	for len(d.b) > 0 && !d.bad {
		table = append(table, string(d.bytes(d.uint())))
	}
	if len(table) > MaxKeywords {
		d.bad = true
	}
	return table, d.err("keywords")
}

// readKeywords returns the table of keywords of a mailbox.
func readKeywords(r kv.Reader, id MailboxID) ([]string, error) {
	value, err := r.Get(appendBoxKey(nil, kindKeywords, id))
	if errors.Is(err, kv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeKeywords(value)
}
