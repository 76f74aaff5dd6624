package imap

import (
	"hash/maphash"
	"slices"

	"tram/internal/mail/fold"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// maxThreadRefs is how many references of a message are looked at: the last
// ones, which are the nearest.
const maxThreadRefs = 200

// maxSortKey is how many bytes of a folded text are compared.
const maxSortKey = 1024

// fill reads the keys that rows lacks. Columns that begin at the same row are
// filled together, so that each record is read once. It ends with errPause, and
// what it has, when it is time to tell the client.
func (s *session) fill(in *target, rows *keyRows, kinds []keyKind, p *progress) error {
	missing := slices.Clone(kinds)
	for {
		missing = slices.DeleteFunc(missing, func(k keyKind) bool { return rows.filled(k) >= len(rows.uids) })
		if len(missing) == 0 {
			return nil
		}
		r := keyReader{rows: rows, row: rows.filled(missing[0]), progress: p, c: candidate{s: s, in: in}}
		for _, kind := range missing {
			if rows.filled(kind) == r.row {
				r.begin(kind)
			}
		}
		news := mailstore.UIDSet{{First: rows.uids[r.row], Last: rows.uids[len(rows.uids)-1]}}
		err := s.mail.Messages(s.ctx, in.account, in.id, news, r.want, r.add)
		r.c.close()
		if err != nil {
			return err
		}
		for r.row < len(rows.uids) {
			r.take(&mailstore.Message{}, nil)
		}
	}
}

// keyReader fills columns.
type keyReader struct {
	rows     *keyRows
	row      int // the next one
	progress *progress
	has      [numKinds]bool
	want     mailstore.Want

	c       candidate
	fields  keyFields
	scratch []byte
	folded  []byte
	ids     [][]byte
}

// keyFields is the raw values of the header fields that keys are made of.
type keyFields struct {
	subject, from, to, cc            []byte
	messageID, references, inReplyTo []byte
}

// begin makes room for a column.
func (r *keyReader) begin(kind keyKind) {
	r.has[kind] = true
	switch kind {
	case keyDates:
		r.want |= mailstore.WantMeta
	case keyThread:
		r.want |= mailstore.WantHeader // and WantMeta where that is not enough, see loadMeta
		if c := &r.rows.threads; c.table == nil {
			c.table = new(idTable)
		}
	default:
		r.want |= mailstore.WantHeader
		if c := &r.rows.texts[kind-firstText]; c.table == nil {
			c.table = newTextTable()
		}
	}
}

// add takes the keys of a message.
func (r *keyReader) add(m *mailstore.Message) error {
	r.seek(m)
	if r.progress.stepDue() {
		return errPause
	}
	return nil
}

// seek fills the rows up to the one of a message. Those before its own are of
// messages that are gone.
func (r *keyReader) seek(m *mailstore.Message) {
	for r.row < len(r.rows.uids) && r.rows.uids[r.row] < m.UID {
		r.take(&mailstore.Message{}, nil)
	}
	if r.row == len(r.rows.uids) || r.rows.uids[r.row] != m.UID {
		return
	}
	var header []byte
	if r.want&mailstore.WantHeader != 0 {
		r.c.begin(m)
		if header = m.Header; header == nil {
			header = r.c.header()
		}
	}
	r.take(m, header)
}

// take fills the next row.
func (r *keyReader) take(m *mailstore.Message, header []byte) {
	r.row++
	rows := r.rows
	if r.has[keyDates] {
		rows.arrival = append(rows.arrival, m.InternalDate.Unix())
		rows.date = append(rows.date, message.SortDate(m.SentDate, m.InternalDate).Unix())
		rows.arrivalDay = append(rows.arrivalDay, dayNumber(m.InternalDate))
		rows.sentDay = append(rows.sentDay, sentDay(m))
		rows.savedDay = append(rows.savedDay, dayNumber(m.SavedDate))
	}
	if r.want&mailstore.WantHeader == 0 {
		return
	}
	r.fields.read(header)
	if r.has[keySubject] {
		r.addSubject()
	}
	for kind := keyFrom; kind <= keyDisplayTo; kind++ {
		if r.has[kind] {
			r.addAddress(kind)
		}
	}
	if r.has[keyThread] {
		r.addThread()
	}
}

// read finds the first field of each name.
func (k *keyFields) read(header []byte) {
	*k = keyFields{}
	for f := range message.Fields(header) {
		var value *[]byte
		switch {
		case f.Is("Subject"):
			value = &k.subject
		case f.Is("From"):
			value = &k.from
		case f.Is("To"):
			value = &k.to
		case f.Is("Cc"):
			value = &k.cc
		case f.Is("Message-ID"):
			value = &k.messageID
		case f.Is("References"):
			value = &k.references
		case f.Is("In-Reply-To"):
			value = &k.inReplyTo
		default:
			continue
		}
		if *value == nil {
			*value = f.Value
		}
	}
}

// addSubject takes the base subject (RFC 5256 2.1).
func (r *keyReader) addSubject() {
	col := &r.rows.texts[keySubject-firstText]
	r.scratch = message.AppendDecoded(r.scratch[:0], r.fields.subject)
	base, reply := message.BaseSubject(string(r.scratch))
	n := 2 * col.table.number(r.fold(base))
	if reply {
		n++
	}
	col.numbers = append(col.numbers, n)
}

// fold gives a text in the form in which it is compared.
func (r *keyReader) fold(text string) []byte {
	r.folded = fold.AppendCased(r.folded[:0], []byte(text))
	return r.folded[:min(len(r.folded), maxSortKey)]
}

// addAddress takes what the first address of a field is known by.
func (r *keyReader) addAddress(kind keyKind) {
	value := r.fields.from
	switch kind {
	case keyTo, keyDisplayTo:
		value = r.fields.to
	case keyCc:
		value = r.fields.cc
	}
	var text string
	if list := message.ParseAddressList(value); len(list) > 0 {
		if text = r.mailbox(list[0]); kind == keyDisplayFrom || kind == keyDisplayTo {
			text = r.display(list[0])
		}
	}
	col := &r.rows.texts[kind-firstText]
	col.numbers = append(col.numbers, col.table.number(r.fold(text)))
}

// mailbox is the addr-mailbox of an address (RFC 5256 3).
func (r *keyReader) mailbox(a message.Address) string {
	if a.Kind == message.GroupStart {
		return a.Name
	}
	return mailboxOf(a)
}

// display is the name of an address, or else the address (RFC 5957 3).
func (r *keyReader) display(a message.Address) string {
	if a.Kind == message.GroupStart {
		return a.Name
	}
	r.scratch = message.AppendDecoded(r.scratch[:0], []byte(a.Name))
	if len(r.scratch) > 0 {
		return string(r.scratch)
	}
	return mailboxOf(a) + "@" + domainOf(a)
}

// addThread takes Message-ID and References, or without them the first ID of
// In-Reply-To (RFC 5256 2.1, 3).
func (r *keyReader) addThread() {
	col := &r.rows.threads
	own := uint32(0)
	if msgID, _ := message.NextMessageID(r.fields.messageID); msgID != nil {
		own = r.idNumber(msgID)
	}
	col.ids = append(col.ids, own)
	for _, ref := range r.references() {
		col.refs = append(col.refs, r.idNumber(ref))
	}
	col.ends = append(col.ends, uint32(len(col.refs)))
}

// references are the IDs that the message refers to, the oldest first.
func (r *keyReader) references() [][]byte {
	r.ids = r.ids[:0]
	for ref, rest := message.NextMessageID(r.fields.references); ref != nil; ref, rest = message.NextMessageID(rest) {
		r.ids = append(r.ids, ref)
	}
	if len(r.ids) == 0 {
		if ref, _ := message.NextMessageID(r.fields.inReplyTo); ref != nil {
			r.ids = append(r.ids, ref)
		}
	}
	return r.ids[max(0, len(r.ids)-maxThreadRefs):]
}

// idNumber is the number of a Message-ID.
func (r *keyReader) idNumber(id []byte) uint32 {
	r.scratch = message.AppendMessageID(r.scratch[:0], id)
	return r.rows.threads.table.number(maphash.Bytes(hashSeed, r.scratch))
}
