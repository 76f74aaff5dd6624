package imap

import (
	"strconv"
	"strings"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// Object IDs (RFC 8474) say with their first letter what they name, for two
// kinds must not share a value. The account is a part of them, because a
// session sees mailboxes of other accounts too: F1f-3 is mailbox 3 of account
// 1f, in hexadecimal digits.
const (
	objectMailbox byte = 'F'
	objectEmail   byte = 'M'
	objectThread  byte = 'T'
)

// appendObjectID appends "(F1f-3)".
func appendObjectID(dst []byte, kind byte, account kv.Account, n uint64) []byte {
	dst = append(dst, '(', kind)
	dst = strconv.AppendUint(dst, uint64(account), 16)
	dst = append(dst, '-')
	dst = strconv.AppendUint(dst, n, 16)
	return append(dst, ')')
}

// mailboxObject is MAILBOXID with its value, as it stands in response codes and
// in STATUS.
func mailboxObject(account kv.Account, id mailstore.MailboxID) string {
	return string(appendObjectID([]byte("MAILBOXID "), objectMailbox, account, uint64(id)))
}

// parseObjectID gives the number of an object ID of one kind and account; false
// when it is none that the server gives out, and so names nothing. IDs are
// compared as they are written (RFC 8474 4).
func parseObjectID(kind byte, account kv.Account, s string) (uint64, bool) {
	owner, number, ok := strings.Cut(strings.TrimPrefix(s, string(kind)), "-")
	if !ok || s == "" || s[0] != kind {
		return 0, false
	}
	a, err := strconv.ParseUint(owner, 16, 64)
	if err != nil || a != uint64(account) {
		return 0, false
	}
	n, err := strconv.ParseUint(number, 16, 64)
	if err != nil || string(appendObjectID(nil, kind, account, n)) != "("+s+")" {
		return 0, false // leading zeros, capital letters: not as we write it
	}
	return n, true
}

// objectItem writes a FETCH item that is an object ID.
func (w *fetchWriter) objectItem(name string, kind byte, n uint64) {
	w.enc.Raw(name)
	w.scratch = appendObjectID(w.scratch[:0], kind, w.s.sel.account, n)
	w.enc.RawBytes(w.scratch)
}
