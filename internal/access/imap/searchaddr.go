package imap

import (
	"bytes"

	"tram/internal/mail/fold"
	"tram/internal/mail/message"
)

// What ENVELOPE says where an address lacks a half; searches and sorts see the
// same.
const (
	missingMailbox = "MISSING_MAILBOX"
	missingDomain  = "MISSING_DOMAIN"
)

func mailboxOf(a message.Address) string {
	if a.Local == "" {
		return missingMailbox
	}
	return a.Local
}

func domainOf(a message.Address) string {
	if a.Domain == "" {
		return missingDomain
	}
	return a.Domain
}

// inAddresses looks into the addresses of a field: FROM and its like search
// the envelope (RFC 3501 6.4.4), which has neither comments nor quotes. Who
// looks for a quote has copied an address as it is written in the field.
func (n *needle) inAddresses(c *candidate, value []byte) bool {
	if len(n.Folded) == 0 {
		return true
	}
	if n.notIn(value) {
		return false
	}
	list := message.ParseAddressList(value)
	c.scratch = appendAddresses(c.scratch[:0], list)
	return n.inText(c.scratch, &c.folded) || bytes.IndexByte(n.Folded, '"') >= 0 && n.inField(c, value)
}

// notIn reports that the addresses certainly do not have the needle, as a word
// of letters and digits stands in them as it does in the field.
func (n *needle) notIn(value []byte) bool {
	return n.word && fold.IsASCII(value) && !bytes.ContainsAny(value, `(\`) && !bytes.Contains(value, []byte("=?")) &&
		!n.inASCII(value) && !n.inASCII([]byte(missingMailbox)) && !n.inASCII([]byte(missingDomain))
}

// appendAddresses writes addresses in their usual form, names decoded.
func appendAddresses(dst []byte, list []message.Address) []byte {
	for i, a := range list {
		if i > 0 && a.Kind != message.GroupEnd && list[i-1].Kind != message.GroupStart {
			dst = append(dst, ", "...)
		}
		switch a.Kind {
		case message.GroupStart:
			dst = message.AppendDecoded(dst, []byte(a.Name))
			dst = append(dst, ": "...)
		case message.GroupEnd:
			dst = append(dst, ';')
		default:
			if a.Name != "" {
				dst = message.AppendDecoded(dst, []byte(a.Name))
				dst = append(dst, ' ')
			}
			dst = append(dst, '<')
			dst = append(dst, mailboxOf(a)...)
			dst = append(dst, '@')
			dst = append(dst, domainOf(a)...)
			dst = append(dst, '>')
		}
	}
	return dst
}
