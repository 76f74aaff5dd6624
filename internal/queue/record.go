package queue

import (
	"encoding/binary"
	"errors"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// The record of an entry, version 1. Numbers are big-endian or, where "v"
// stands, varints of encoding/binary (u = unsigned); texts are a uv length
// and the bytes; times are v Unix milliseconds, 0 = none.
//
//	 0   1  version
//	 1   1  flags: 1 hold, 2 SMTPUTF8, 4 8BITMIME, 8 some recipient was tried
//	 2   8  earliest Next of the recipients, Unix milliseconds, 0 = at once
//	10  16  body
//	26      size uv · received · sender local, domain · header · client IP
//	        (text of 0, 4 or 16 bytes) · helo · user · account uv · protocol ·
//	        ret · envid · number of recipients uv, and for each: number uv (it
//	        rises), local, domain, orcpt, notify, attempts uv, tried, next,
//	        last reply
//
// The first 26 bytes are all that the schedule and the collection of bodies
// need, so opening a large queue decodes nothing else.
const (
	recordVersion = 1
	headLength    = 26

	flagHold     = 1
	flagSMTPUTF8 = 2
	flagEightBit = 4
	flagTried    = 8
	flagsKnown   = 15
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
	errTrailing   = errors.New("record has bytes after its end")
	errMark       = errors.New("queue: mark of a shard cannot be read, or is newer than this version")
)

// head is the fixed part of a record.
type head struct {
	flags byte
	next  int64 // Unix milliseconds
	body  blob.ID
}

func decodeHead(v []byte) (h head, err error) {
	if len(v) < headLength {
		return h, errShort
	}
	if v[0] != recordVersion || v[1]&^flagsKnown != 0 {
		return h, errNewVersion
	}
	h.flags = v[1]
	h.next = int64(binary.BigEndian.Uint64(v[2:]))
	copy(h.body[:], v[10:])
	return h, nil
}

// appendRecord appends the record of e to b.
func appendRecord(b []byte, e *Entry) []byte {
	b = append(b, recordVersion, flagsOf(e))
	b = binary.BigEndian.AppendUint64(b, uint64(e.next()))
	b = append(b, e.Body[:]...)

	b = binary.AppendUvarint(b, uint64(e.Size))
	b = appendTime(b, e.Received)
	b = appendAddress(b, e.Sender)
	b = binary.AppendUvarint(b, uint64(len(e.Header)))
	b = append(b, e.Header...)
	b = appendOrigin(b, &e.Origin)
	b = appendText(b, e.Ret)
	b = appendText(b, e.EnvID)
	b = binary.AppendUvarint(b, uint64(len(e.Rcpts)))
	for i := range e.Rcpts {
		b = appendRcpt(b, &e.Rcpts[i])
	}
	return b
}

func flagsOf(e *Entry) (f byte) {
	if e.Hold {
		f |= flagHold
	}
	if e.SMTPUTF8 {
		f |= flagSMTPUTF8
	}
	if e.EightBit {
		f |= flagEightBit
	}
	if e.tried() {
		f |= flagTried
	}
	return f
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
