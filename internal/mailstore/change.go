package mailstore

import (
	"encoding/binary"

	"tram/internal/storage/kv"
)

// change is the record of kindLog: what one transaction did to one mailbox.
type change struct {
	added    UIDSet
	flags    UIDSet
	expunged UIDSet
	emails   []uint64 // email IDs of expunged, in the same order

	created, deleted, renamed bool

	// was is the name before, of one that was renamed or deleted: nobody else
	// remembers it.
	was string
	// subscriptions and entries are names whose state may be another one now:
	// of subscriptions (with mailbox 0), and of annotations (mailbox 0: of the
	// server).
	subscriptions, entries []string
	rights                 bool // who may do what
}

// The fields of a log record. Each begins with its tag; a tag that is not
// known is damage.
const (
	logAdded    = 1 // UIDs
	logFlags    = 2 // UIDs
	logExpunged = 3 // UIDs, then an email ID for each
	logCreated  = 4 // the mailbox was made
	logDeleted  = 5 // it was deleted with its messages
	logRenamed  = 6
	logWas      = 7  // the name before: length, name
	logSubs     = 8  // a name that was subscribed or unsubscribed: length, name
	logEntry    = 9  // an annotation that was set or removed: length, name
	logRights   = 10 // the access control list changed
)

// empty reports whether nothing happened.
func (c *change) empty() bool {
	return len(c.added) == 0 && len(c.flags) == 0 && len(c.expunged) == 0 && !c.created && !c.deleted && !c.renamed &&
		len(c.subscriptions) == 0 && len(c.entries) == 0 && !c.rights
}

func (c *change) append(dst []byte) []byte {
	dst = append(dst, version1)
	for _, f := range [...]struct {
		tag byte
		set UIDSet
	}{{logAdded, c.added}, {logFlags, c.flags}, {logExpunged, c.expunged}} {
		if len(f.set) > 0 {
			dst = appendUIDs(append(dst, f.tag), f.set)
		}
		if f.tag == logExpunged {
			dst = appendEmails(dst, c.emails)
		}
	}
	for _, f := range [...]struct {
		tag byte
		is  bool
	}{{logCreated, c.created}, {logDeleted, c.deleted}, {logRenamed, c.renamed}, {logRights, c.rights}} {
		if f.is {
			dst = append(dst, f.tag)
		}
	}
	if c.was != "" {
		dst = appendLogName(dst, logWas, c.was)
	}
	for _, name := range c.subscriptions {
		dst = appendLogName(dst, logSubs, name)
	}
	for _, name := range c.entries {
		dst = appendLogName(dst, logEntry, name)
	}
	return dst
}

func appendLogName(dst []byte, tag byte, name string) []byte {
	dst = binary.AppendUvarint(append(dst, tag), uint64(len(name)))
	return append(dst, name...)
}

// appendUIDs appends the number of ranges and for each the distance from the
// one before and its length less one.
func appendUIDs(dst []byte, set UIDSet) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(set)))
	last := UID(0)
	for _, r := range set {
		dst = binary.AppendUvarint(dst, uint64(r.First-last))
		dst = binary.AppendUvarint(dst, uint64(r.Last-r.First))
		last = r.Last
	}
	return dst
}

// appendEmails appends the distances from one to the next.
func appendEmails(dst []byte, ids []uint64) []byte {
	last := uint64(0)
	for _, id := range ids {
		dst = binary.AppendVarint(dst, int64(id-last))
		last = id
	}
	return dst
}

func decodeChange(value []byte) (change, error) {
	d := decode(value)
	var c change
	for len(d.b) > 0 && !d.bad {
		switch d.uint() {
		case logAdded:
			c.added = d.uids()
		case logFlags:
			c.flags = d.uids()
		case logExpunged:
			c.expunged = d.uids()
			c.emails = d.emails(c.expunged.Len())
		case logCreated:
			c.created = true
		case logDeleted:
			c.deleted = true
		case logRenamed:
			c.renamed = true
		case logRights:
			c.rights = true
		case logWas:
			c.was = d.name()
		case logSubs:
			c.subscriptions = append(c.subscriptions, d.name())
		case logEntry:
			c.entries = append(c.entries, d.name())
		default:
			d.bad = true
		}
	}
	return c, d.err("change log")
}

func (d *decoder) name() string {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return ""
	}
	return string(d.bytes(n))
}

func (d *decoder) uids() UIDSet {
	n := d.uint()
	if n > uint64(len(d.b)) { // a range has two bytes at least: no count can make us allocate more than was read
		d.bad = true
		return nil
	}
	set := make(UIDSet, 0, n)
	last := uint64(0)
	for range n {
		first := last + d.uint()
		end := first + d.uint()
		if d.bad || end > 1<<32-1 || end < first || first <= last {
			d.bad = true
			return nil
		}
		set = append(set, UIDRange{UID(first), UID(end)})
		last = end
	}
	return set
}

func (d *decoder) emails(n int) []uint64 {
	if n > len(d.b) {
		d.bad = true
		return nil
	}
	ids := make([]uint64, 0, n)
	last := uint64(0)
	for range n {
		last += uint64(d.int())
		ids = append(ids, last)
	}
	return ids
}

// eachChange calls fn for the log records after a MODSEQ, in order, until it
// returns false.
func eachChange(r kv.Reader, since ModSeq, fn func(seq ModSeq, m MailboxID, value []byte) (bool, error)) error {
	it := r.Scan(appendLogKey(nil, since+1, 0), []byte{kindLog + 1})
	defer it.Close()
	for it.Next() {
		seq, m, _ := logKeyOf(it.Key())
		more, err := fn(seq, m, it.Value())
		if err != nil || !more {
			return err
		}
	}
	return it.Err()
}
