package imapwire

import (
	"strings"
	"unicode/utf8"
)

// NoMailbox is what [Decoder.ExpectMailbox] gives for a name that is not valid
// modified UTF-7. It is not UTF-8, so no mailbox can have it. That is not a
// fault of the syntax, which is any astring: the command ends like every other
// with a name that cannot be, with NO (as in Dovecot and Cyrus).
const NoMailbox = "\xff"

// ExpectMailbox reads a mailbox name and gives it in UTF-8, INBOX in upper
// case (RFC 3501 5.1).
func (d *Decoder) ExpectMailbox(ptr *string) bool {
	var raw string
	if !d.ExpectAString(&raw) {
		return false
	}
	name, ok := d.DecodeMailbox(raw)
	if !ok {
		name = NoMailbox
	}
	*ptr = name
	return true
}

// DecodeMailbox gives the UTF-8 form of a mailbox name or pattern that was read
// as a string: it is that already when the client speaks UTF-8.
func (d *Decoder) DecodeMailbox(raw string) (string, bool) {
	if d.utf8 {
		return canonicalInbox(raw), utf8.ValidString(raw)
	}
	return DecodeMailbox(raw)
}

// DecodeMailbox gives the UTF-8 form of a mailbox name as a client wrote it.
// INBOX, whatever its case and with children too, comes in upper case.
//
// UTF-8 in it is taken as such: clients that see IMAP4rev2 among the
// capabilities send it without having enabled that.
func DecodeMailbox(raw string) (string, bool) {
	if !utf8.ValidString(raw) {
		return "", false
	}
	var out strings.Builder
	for len(raw) > 0 {
		n := asciiRun(raw)
		name, ok := DecodeUTF7(raw[:n])
		if !ok {
			return "", false
		}
		out.WriteString(name)
		raw = raw[n:]
		n = len(raw) - len(strings.TrimLeftFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf }))
		out.WriteString(raw[:n])
		raw = raw[n:]
	}
	return canonicalInbox(out.String()), true
}

// asciiRun is the length of the beginning of s that is ASCII.
func asciiRun(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(s)
}

func canonicalInbox(name string) string {
	const inbox = "INBOX"
	if len(name) < len(inbox) || !strings.EqualFold(name[:len(inbox)], inbox) {
		return name
	}
	if rest := name[len(inbox):]; rest == "" || rest[0] == '/' {
		return inbox + rest
	}
	return name
}

// ExpectListMailbox reads the pattern of LIST: an astring in which an atom may
// hold wildcards. It is not decoded: wildcards are matched by the caller.
func (d *Decoder) ExpectListMailbox(ptr *string) bool {
	return d.String(ptr) || d.word(classList, ptr) || d.Fail("Expected a mailbox pattern")
}

// AppendMailbox appends a mailbox name, which is UTF-8, in modified UTF-7.
func AppendMailbox(dst []byte, name string) []byte {
	plain := true
	for i := range len(name) {
		if c := name[i]; classes[c]&classAtom == 0 || c == '&' {
			plain = false
			break
		}
	}
	if plain && name != "" && !isNIL(name) {
		return append(dst, name...)
	}
	return AppendAString(dst, view(AppendUTF7(nil, name)))
}
