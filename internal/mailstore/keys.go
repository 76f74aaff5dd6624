package mailstore

import "encoding/binary"

// The first byte of a key says what the record is; docs/storage/mailstore.md describes
// each. Numbers in keys are big-endian, so that their order is the order of
// keys.
const (
	kindAccount    byte = 'a' // a                        one record: what is counted an account
	kindMailbox    byte = 'b' // b <mailbox>              name, uidvalidity, special use
	kindCounters   byte = 'c' // c <mailbox>              what STATUS shows
	kindAnnotation byte = 'd' // d <mailbox> <entry> 0 <user>  annotation
	kindEnvelope   byte = 'e' // e <mailbox> <uid>        ENVELOPE
	kindFlags      byte = 'f' // f <mailbox> <block>      flags, modseq and size of up to 128 messages
	kindHeader     byte = 'h' // h <mailbox> <uid>        header lines
	kindIndex      byte = 'i' // i <mailbox> …            text index, see package textindex
	kindKeywords   byte = 'k' // k <mailbox>              the table of keywords
	kindACL        byte = 'l' // l <mailbox>              access control list
	kindMeta       byte = 'm' // m <mailbox> <uid>        dates, blob, own lines
	kindUIDL       byte = 'o' // o <mailbox>              how POP3's unique ids are made
	kindPreview    byte = 'p' // p <mailbox> <uid>        the beginning of the text
	kindName       byte = 'n' // n <name>                 mailbox of a name
	kindStructure  byte = 's' // s <mailbox> <uid>        parts, BODYSTRUCTURE
	kindSubscribe  byte = 'u' // u <name>                 a subscription
	kindThread     byte = 't' // t <generation> <hash>    thread of a Message-ID
	kindGone       byte = 'v' // v <mailbox> <uid/65536>    what was expunged before the change log begins
	kindLevel      byte = 'w' // w <name>                 a name without a mailbox that stays
	kindLog        byte = 'x' // x <modseq> <mailbox>     what changed
)

// messageKinds are the kinds that have one record a message.
var messageKinds = [...]byte{kindMeta, kindStructure, kindEnvelope, kindHeader, kindPreview}

var accountKey = []byte{kindAccount}

// appendBoxKey appends the key of the one record of a kind that a mailbox has.
func appendBoxKey(dst []byte, kind byte, m MailboxID) []byte {
	return binary.BigEndian.AppendUint32(append(dst, kind), uint32(m))
}

// appendItemKey appends the key of a record of one of many: n is a UID or the
// number of a block.
func appendItemKey(dst []byte, kind byte, m MailboxID, n uint32) []byte {
	return binary.BigEndian.AppendUint32(appendBoxKey(dst, kind, m), n)
}

// itemOf returns the UID or block number of such a key.
func itemOf(key []byte) uint32 {
	if len(key) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(key[len(key)-4:])
}

// appendNameKey appends the key of a mailbox name or a subscription.
func appendNameKey(dst []byte, kind byte, name string) []byte {
	return append(append(dst, kind), name...)
}

// appendLogKey appends the key of a log record.
func appendLogKey(dst []byte, seq ModSeq, m MailboxID) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, kindLog), uint64(seq))
	return binary.BigEndian.AppendUint32(dst, uint32(m))
}

// logKeyOf takes the key of a log record apart.
func logKeyOf(key []byte) (seq ModSeq, m MailboxID, ok bool) {
	if len(key) != 13 {
		return 0, 0, false
	}
	return ModSeq(binary.BigEndian.Uint64(key[1:])), MailboxID(binary.BigEndian.Uint32(key[9:])), true
}

// boxKeyOf returns the mailbox of a key made by appendBoxKey or appendItemKey.
func boxKeyOf(key []byte) MailboxID {
	if len(key) < 5 {
		return 0
	}
	return MailboxID(binary.BigEndian.Uint32(key[1:]))
}
