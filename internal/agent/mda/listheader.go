package mda

import (
	"fmt"
	"mime"
	"net/url"
	"strings"

	"tram/internal/directory"
	"tram/internal/mail/address"
)

// listLines are the lines that a list puts in front of a message (RFC 2369,
// RFC 2919). There is no Sender field: it would take the author's place in the
// eyes of some mail programs.
func listLines(l *directory.List, list address.Address) []byte {
	owner := mailto(ownerOf(list))
	var b strings.Builder
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", l.Address)
	fmt.Fprintf(&b, "List-Id: %s<%s>\r\n", listPhrase(l.Description), listID(list))
	fmt.Fprintf(&b, "List-Post: <%s>\r\n", mailto(list))
	fmt.Fprintf(&b, "List-Owner: <%s>\r\n", owner)
	fmt.Fprintf(&b, "List-Unsubscribe: <%s?subject=unsubscribe>\r\n", owner)
	b.WriteString("Precedence: list\r\n")
	return []byte(b.String())
}

// listID is the address as a domain name (RFC 2919 2): "staff.example.org".
func listID(list address.Address) string {
	label := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, list.Local)
	return strings.Trim(label, ".") + "." + list.ASCII()
}

// maxEncodedLine is what fits behind "List-Id: " on a line with an encoded word
// (RFC 2047 2: 76 octets in all).
const maxEncodedLine = 76 - len("List-Id: ")

// listPhrase is the description in front of the List-Id, in encoded words when
// it must be.
func listPhrase(description string) string {
	if description == "" {
		return ""
	}
	if encoded := mime.BEncoding.Encode("utf-8", description); encoded != description {
		encoded = strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?") + "\r\n "
		if first, _, _ := strings.Cut(encoded, "\r\n"); len(first) > maxEncodedLine {
			encoded = "\r\n " + encoded
		}
		return encoded
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(description) + `" `
}

func mailto(a address.Address) string {
	return "mailto:" + url.PathEscape(a.Local) + "@" + a.ASCII()
}
