package msa

import (
	"bytes"
	"mime"
	"strings"

	"tram/internal/mail/message"
)

// qualifiedFields are those in which programs of the machine leave the domain
// out: "To: root".
var qualifiedFields = message.NewFieldSet("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-To", "Resent-Cc", "Resent-Bcc")

// qualified returns a header in which addresses without a domain have one.
func qualified(header []byte, domain string) []byte {
	out := make([]byte, 0, len(header)+128)
	end := 0
	for field := range message.Fields(header) {
		end += len(field.Line)
		value, changed := qualify(field.Value, domain)
		if !changed || !qualifiedFields.Has(field.Name) {
			out = append(out, field.Line...)
			continue
		}
		at := bytes.IndexByte(field.Line, ':') + 1
		out = append(append(out, field.Line[:at]...), value...)
		out = append(out, field.Line[at+len(field.Value):]...)
	}
	return append(out, header[end:]...)
}

// qualify completes the addresses of one field. It knows the three forms that
// programs write, "root", "root (Cron Daemon)" and "Cron Daemon <root>", and
// leaves every list alone in which there is anything else.
func qualify(value []byte, domain string) ([]byte, bool) {
	if bytes.ContainsAny(value, "\"\\:;") {
		return nil, false
	}
	entries := bytes.Split(value, []byte(","))
	changed := false
	for i, entry := range entries {
		at, ok := bareEnd(entry)
		if !ok {
			continue
		}
		complete := append([]byte(nil), entry[:at]...)
		complete = append(append(complete, '@'), domain...)
		entries[i] = append(complete, entry[at:]...)
		changed = true
	}
	return bytes.Join(entries, []byte(",")), changed
}

// bareEnd finds the end of a local part that stands alone.
func bareEnd(entry []byte) (int, bool) {
	if bytes.IndexByte(entry, '@') >= 0 {
		return 0, false
	}
	if open := bytes.IndexByte(entry, '<'); open >= 0 {
		end := bytes.IndexByte(entry, '>')
		return end, end > open+1 && isWord(entry[open+1:end])
	}
	rest := entry
	if open := bytes.IndexByte(entry, '('); open >= 0 {
		if !bytes.HasSuffix(bytes.TrimRight(entry, " \t\r\n"), []byte(")")) {
			return 0, false // a comma in the comment has cut it
		}
		rest = entry[:open]
	}
	end := len(bytes.TrimRight(rest, " \t\r\n"))
	return end, isWord(bytes.TrimLeft(rest[:end], " \t\r\n"))
}

// isWord reports whether s is a plain login name.
func isWord(s []byte) bool {
	for _, c := range s {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._-+", c) >= 0:
		default:
			return false
		}
	}
	return len(s) > 0
}

// fromValue writes a mailbox, its name in the form that it needs.
func fromValue(a message.Address) string {
	address := a.Local + "@" + a.Domain
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`"\`, r) {
			return -1
		}
		return r
	}, a.Name)
	if name == "" {
		return address
	}
	if encoded := mime.QEncoding.Encode("utf-8", name); encoded != name {
		return encoded + " <" + address + ">"
	}
	return `"` + name + `" <` + address + ">"
}
