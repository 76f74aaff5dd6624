package mailstore

import (
	"encoding/binary"
	"errors"

	"tram/internal/storage/kv"
)

// The mailboxes that every account begins with, by their index in
// account.home.
const (
	homeInbox = iota
	homeDrafts
	homeSent
	homeJunk
	homeTrash
	homeArchive
	homes
)

// homeMailboxes are their first names and special uses.
var homeMailboxes = [homes]struct{ name, use string }{
	{"INBOX", ""},
	{"Drafts", UseDrafts},
	{"Sent", UseSent},
	{"Junk", UseJunk},
	{"Trash", UseTrash},
	{"Archive", UseArchive},
}

// homeOf returns the index of a special use, 0 for none.
func homeOf(use string) int {
	for i, h := range homeMailboxes {
		if h.use != "" && h.use == use {
			return i
		}
	}
	return 0
}

// account is the record of kindAccount: what is counted an account.
type account struct {
	modSeq        ModSeq    // of the last change
	lastMailbox   MailboxID // the last ID that was given out
	lastValidity  uint32    // the last UIDVALIDITY that was given out
	lastEmail     uint64    // the last email ID that was given out
	bytes         int64     // of all messages
	messages      int64
	mailboxes     uint32
	subscriptions uint32
	logFloor      ModSeq // every change after it is in the log
	goneFloor     ModSeq // every message expunged after it is in the log or in a record of kindGone
	home          [homes]MailboxID

	threadGen  uint32 // the current generation of thread keys; the first is 0
	threadKeys uint32 // keys in it
}

func (a *account) append(dst []byte) []byte {
	dst = append(dst, version2)
	for _, v := range [...]uint64{uint64(a.modSeq), uint64(a.lastMailbox), uint64(a.lastValidity), a.lastEmail,
		uint64(a.bytes), uint64(a.messages), uint64(a.mailboxes), uint64(a.subscriptions), uint64(a.logFloor)} {
		dst = binary.AppendUvarint(dst, v)
	}
	for _, id := range a.home {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	dst = binary.AppendUvarint(dst, uint64(a.threadGen))
	dst = binary.AppendUvarint(dst, uint64(a.threadKeys))
	return binary.AppendUvarint(dst, uint64(a.goneFloor))
}

func decodeAccount(value []byte) (account, error) {
	d, version := decodeVersion(value)
	a := account{
		modSeq:        ModSeq(d.uint()),
		lastMailbox:   MailboxID(d.uint32()),
		lastValidity:  d.uint32(),
		lastEmail:     d.uint(),
		bytes:         int64(d.uint()),
		messages:      int64(d.uint()),
		mailboxes:     d.uint32(),
		subscriptions: d.uint32(),
		logFloor:      ModSeq(d.uint()),
	}
	for i := range a.home {
		a.home[i] = MailboxID(d.uint32())
	}
	a.goneFloor = a.logFloor // what an old version cut off is forgotten
	if version == version2 {
		a.threadGen, a.threadKeys = d.uint32(), d.uint32()
		a.goneFloor = ModSeq(d.uint())
	}
	return a, d.err("account")
}

// readAccount returns the record, and whether the account has been used.
func readAccount(r kv.Reader) (account, bool, error) {
	value, err := r.Get(accountKey)
	if errors.Is(err, kv.ErrNotFound) {
		return account{}, false, nil
	}
	if err != nil {
		return account{}, false, err
	}
	a, err := decodeAccount(value)
	return a, err == nil, err
}
