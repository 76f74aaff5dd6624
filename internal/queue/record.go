package queue

import (
	"encoding/binary"
	"errors"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// The record of an entry, version 2. Numbers are big-endian or, where "v"
// stands, varints of encoding/binary (u = unsigned); texts are a uv length
// and the bytes; times are v Unix milliseconds, 0 = none.
//
//	 0   1  version
//	 1   1  flags: 1 hold, 2 SMTPUTF8, 4 8BITMIME, 8 some recipient was tried,
//	        16 BINARYMIME, 32 REQUIRETLS, 64 waits for Release
//	 2   8  when the entry is to be handed out: the earliest Next of the
//	        recipients, or earlier for a warning or deadline; Unix milliseconds,
//	        0 = at once
//	10  16  body
//	26   1  priority, two's complement
//	27      size uv · received · sender local, domain · header · client IP
//	        (text of 0, 4 or 16 bytes) · helo · user · account uv · protocol ·
//	        ret · envid · release · deliver by: until, bits uv (1 return,
//	        2 trace) · hold reason · number of recipients uv, and for each:
//	        number uv (it rises), local, domain, orcpt, notify, outlet, bits uv
//	        (1 warned), attempts uv, tried, next, last reply
//
// Version 1 has no priority (its head ends at 26), no flag above 8, and none
// of release, deliver by, hold reason, outlet and warned.
//
// The head is all that the schedule and the collection of bodies need, with
// the domain of the recipients for the first (see domainOf).
const (
	recordVersion    = 2
	recordVersion1   = 1
	headLength1      = 26
	headLength       = 27
	flagsOfVersion1  = 15
	flagsOfVersion2  = 127
	byReturn         = 1
	byTrace          = 2
	rcptWarned       = 1
	flagHold         = 1
	flagSMTPUTF8     = 2
	flagEightBit     = 4
	flagTried        = 8
	flagBinary       = 16
	flagRequireTLS   = 32
	flagReleaseLater = 64
)

// Keys of entries: "e" and the ID, so that a scan runs from old to new.
const (
	entryPrefix  = 'e'
	entryKeySize = 9
)

var entriesFrom, entriesTo = []byte{entryPrefix}, []byte{entryPrefix + 1}

type entryKey [entryKeySize]byte

func keyOf(id ID) (k entryKey) {
	k[0] = entryPrefix
	binary.BigEndian.PutUint64(k[1:], uint64(id))
	return k
}

// idOf reads the key of an entry in the account of shard.
func idOf(key []byte, shard kv.Account) (ID, bool) {
	if len(key) != entryKeySize || key[0] != entryPrefix {
		return 0, false
	}
	id := ID(binary.BigEndian.Uint64(key[1:]))
	return id, Shard(id) == shard
}

var (
	errShort      = errors.New("record is too short")
	errNewVersion = errors.New("record was written by a newer version")
	errPriority   = errors.New("record has a priority that does not exist")
	errTrailing   = errors.New("record has bytes after its end")
	errMark       = errors.New("queue: mark of a shard cannot be read, or is newer than this version")
)

// head is the fixed part of a record.
type head struct {
	version  byte
	flags    byte
	next     int64 // Unix milliseconds
	body     blob.ID
	priority int8
	length   int
}

func decodeHead(v []byte) (h head, err error) {
	if len(v) < headLength1 {
		return h, errShort
	}
	h.version, h.flags, h.length = v[0], v[1], headLength1
	h.next = int64(binary.BigEndian.Uint64(v[2:]))
	copy(h.body[:], v[10:])
	switch {
	case h.version == recordVersion1 && h.flags&^flagsOfVersion1 == 0:
		return h, nil
	case h.version != recordVersion || h.flags&^flagsOfVersion2 != 0:
		return h, errNewVersion
	case len(v) < headLength:
		return h, errShort
	}
	h.priority, h.length = int8(v[headLength1]), headLength
	if h.priority < -MaxPriority || h.priority > MaxPriority {
		return h, errPriority
	}
	return h, nil
}

// appendRecord appends the record of e, which is to be handed out at wake, to b.
func appendRecord(b []byte, e *Entry, wake int64) []byte {
	b = append(b, recordVersion, flagsOf(e))
	b = binary.BigEndian.AppendUint64(b, uint64(wake))
	b = append(b, e.Body[:]...)
	b = append(b, byte(e.Priority))

	b = binary.AppendUvarint(b, uint64(e.Size))
	b = appendTime(b, e.Received)
	b = appendAddress(b, e.Sender)
	b = binary.AppendUvarint(b, uint64(len(e.Header)))
	b = append(b, e.Header...)
	b = appendOrigin(b, &e.Origin)
	b = appendText(b, e.Ret)
	b = appendText(b, e.EnvID)
	b = appendTime(b, e.Release)
	b = appendBy(b, e.By)
	b = appendText(b, e.HoldReason)
	b = binary.AppendUvarint(b, uint64(len(e.Rcpts)))
	for i := range e.Rcpts {
		b = appendRcpt(b, &e.Rcpts[i])
	}
	return b
}

func flagsOf(e *Entry) (f byte) {
	for _, bit := range [...]struct {
		set  bool
		flag byte
	}{
		{e.Hold, flagHold},
		{e.SMTPUTF8, flagSMTPUTF8},
		{e.EightBit, flagEightBit},
		{e.tried(), flagTried},
		{e.Binary, flagBinary},
		{e.RequireTLS, flagRequireTLS},
		{e.waitsForRelease(), flagReleaseLater},
	} {
		if bit.set {
			f |= bit.flag
		}
	}
	return f
}

// waitsForRelease reports that the time in the head is the sender's wish, and
// may lie farther ahead than any retry.
func (e *Entry) waitsForRelease() bool { return !e.Release.IsZero() && !e.tried() }

func appendBy(b []byte, by DeliverBy) []byte {
	var bits byte
	if by.Return {
		bits |= byReturn
	}
	if by.Trace {
		bits |= byTrace
	}
	return append(appendTime(b, by.Until), bits)
}

func appendOrigin(b []byte, o *Origin) []byte {
	ip := o.Client.Unmap().AsSlice() // no zone: link-local peers are told by the log
	b = binary.AppendUvarint(b, uint64(len(ip)))
	b = append(b, ip...)
	b = appendText(b, o.Helo)
	b = appendText(b, o.User)
	b = binary.AppendUvarint(b, uint64(o.Account))
	return appendText(b, o.Protocol)
}

func appendRcpt(b []byte, r *Rcpt) []byte {
	b = append(b, r.number) // below MaxRcptsPerEntry, so one byte
	b = appendAddress(b, r.To)
	b = appendText(b, r.ORcpt)
	b = appendText(b, r.Notify)
	b = appendText(b, r.Outlet)
	var bits byte
	if r.Warned {
		bits |= rcptWarned
	}
	b = append(b, bits)
	b = binary.AppendUvarint(b, uint64(r.Attempts))
	b = appendTime(b, r.Tried)
	b = appendTime(b, r.Next)
	return appendText(b, r.LastReply)
}

func appendAddress(b []byte, a address.Address) []byte {
	return appendText(appendText(b, a.Local), a.Domain)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTime(b []byte, t time.Time) []byte { return binary.AppendVarint(b, millis(t)) }

// millis is a time as records and the schedule have it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
