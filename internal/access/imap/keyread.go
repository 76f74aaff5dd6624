package imap

import (
	"bytes"
	"hash/maphash"

	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// want is the records that the key is computed from.
func (k keyKind) want() mailstore.Want {
	switch k {
	case keyArrival, keyDate:
		return mailstore.WantMeta
	}
	return mailstore.WantHeader // and WantMeta where that is not enough, see loadMeta
}

// maxThreadRefs is how many references of a message are looked at: the last
// ones, which are the nearest.
const maxThreadRefs = 200

// idSeed makes Message-IDs hash in a way that no sender can foresee.
var idSeed = maphash.MakeSeed()

// keyReader computes one key of messages.
type keyReader struct {
	kind    keyKind
	col     *column
	c       candidate
	scratch []byte
}

// add appends the key of a message to the column.
func (r *keyReader) add(m *mailstore.Message) error {
	r.c.begin(m)
	col := r.col
	col.uids = append(col.uids, m.UID)
	switch r.kind {
	case keyArrival:
		col.numbers = append(col.numbers, m.InternalDate.Unix())
	case keyDate:
		col.numbers = append(col.numbers, message.SortDate(m.SentDate, m.InternalDate).Unix())
	case keySubject:
		value, _ := message.FieldValue(r.header(), "Subject")
		base, reply := message.BaseSubject(r.decode(value))
		col.strings = append(col.strings, string(appendFolded(nil, []byte(base))))
		isReply := int64(0)
		if reply {
			isReply = 1
		}
		col.numbers = append(col.numbers, isReply)
	case keyFrom:
		col.strings = append(col.strings, r.mailbox("From"))
	case keyTo:
		col.strings = append(col.strings, r.mailbox("To"))
	case keyCc:
		col.strings = append(col.strings, r.mailbox("Cc"))
	case keyThread:
		r.addThread()
	}
	return nil
}

// header is the lines of the cached fields, or the whole header.
func (r *keyReader) header() []byte {
	if h := r.c.msg.Header; h != nil {
		return h
	}
	return r.c.header()
}

func (r *keyReader) decode(value []byte) string {
	r.scratch = message.AppendDecoded(r.scratch[:0], value)
	return string(r.scratch)
}

// mailbox is the local part of the first address of a field (RFC 5256 3).
func (r *keyReader) mailbox(field string) string {
	value, ok := message.FieldValue(r.header(), field)
	if !ok {
		return ""
	}
	list := message.ParseAddressList(value)
	if len(list) == 0 {
		return ""
	}
	name := mailboxOf(list[0])
	if list[0].Kind == message.GroupStart {
		name = list[0].Name
	}
	return string(appendFolded(nil, []byte(name)))
}

// addThread reads Message-ID and References, or without them the first ID of
// In-Reply-To (RFC 5256 2.1, 3).
func (r *keyReader) addThread() {
	col := r.col
	var id, references, inReplyTo []byte
	for f := range message.Fields(r.header()) {
		switch {
		case id == nil && f.Is("Message-ID"):
			id = f.Value
		case references == nil && f.Is("References"):
			references = f.Value
		case inReplyTo == nil && f.Is("In-Reply-To"):
			inReplyTo = f.Value
		}
	}
	var own uint64
	if msgID, _ := nextMessageID(id); msgID != nil {
		own = hashID(msgID)
	}
	col.ids = append(col.ids, own)
	start := len(col.refs)
	for {
		ref, rest := nextMessageID(references)
		if ref == nil {
			break
		}
		col.refs = append(col.refs, hashID(ref))
		references = rest
	}
	if over := len(col.refs) - start - maxThreadRefs; over > 0 {
		col.refs = append(col.refs[:start], col.refs[start+over:]...)
	}
	if len(col.refs) == start {
		if ref, _ := nextMessageID(inReplyTo); ref != nil {
			col.refs = append(col.refs, hashID(ref))
		}
	}
	col.numbers = append(col.numbers, int64(len(col.refs)))
}

// nextMessageID finds the next <left@right> in a field's value, without the
// brackets.
func nextMessageID(value []byte) (id, rest []byte) {
	for {
		open := bytes.IndexByte(value, '<')
		if open < 0 {
			return nil, nil
		}
		value = value[open+1:]
		end := bytes.IndexByte(value, '>')
		if end < 0 {
			return nil, nil
		}
		// A second "<" begins anew: what was before it is not an ID.
		if again := bytes.LastIndexByte(value[:end], '<'); again >= 0 {
			value, end = value[again+1:], end-again-1
		}
		id, value = value[:end], value[end+1:]
		if at := bytes.LastIndexByte(id, '@'); at > 0 && at < len(id)-1 {
			return id, value
		}
	}
}

// hashID hashes a Message-ID, which is compared as it is written. 0 is kept for
// "none".
func hashID(id []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(idSeed)
	for _, c := range id {
		// Folded in the middle, or quoted where that changes nothing.
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '"' {
			h.WriteByte(c)
		}
	}
	return max(h.Sum64(), 1)
}
