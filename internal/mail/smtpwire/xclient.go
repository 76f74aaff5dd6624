package smtpwire

import (
	"net/netip"
	"strconv"
	"strings"
)

// XClientNames are the attributes that ParseXClient knows, as the reply to EHLO
// lists them.
const XClientNames = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"

// XClient is what a trusted host says with XCLIENT about the client that it
// speaks for. The command is Postfix's (XCLIENT_README); values are xtext.
// What was not told, or told as [UNAVAILABLE] or [TEMPUNAVAIL], is zero.
type XClient struct {
	Name     string // host name of the client
	Addr     netip.Addr
	Port     uint16
	Proto    string // "SMTP" or "ESMTP"
	Helo     string
	Login    string
	DestAddr netip.Addr
	DestPort uint16

	Given XClientSet // which attributes the command had
}

// XClientSet has a bit for each attribute, in the order of XClientNames.
type XClientSet uint8

// The attributes.
const (
	XName XClientSet = 1 << iota
	XAddr
	XPort
	XProto
	XHelo
	XLogin
	XDestAddr
	XDestPort
)

var errXClient = NewReply(501, "5.5.4", "Syntax: XCLIENT attribute=value …; the reply to EHLO lists the attributes")

// ParseXClient parses the argument of XCLIENT. The error is a *Reply.
func ParseXClient(arg string) (XClient, error) {
	var x XClient
	for word := range strings.FieldsSeq(arg) {
		key, text, ok := strings.Cut(word, "=")
		value, clean := decodeXtext(text)
		if !ok || !clean || !x.set(strings.ToUpper(key), value) {
			return XClient{}, errXClient
		}
	}
	if x.Given == 0 {
		return XClient{}, errXClient
	}
	return x, nil
}

// set takes one attribute; false when it is unknown, twice there or malformed.
func (x *XClient) set(key, value string) bool {
	known := ""
	if value != "[UNAVAILABLE]" && value != "[TEMPUNAVAIL]" {
		known = value
	}
	bit, ok := XClientSet(0), true
	switch key {
	case "NAME":
		bit, x.Name, ok = XName, known, isWord(known)
	case "ADDR":
		bit, ok = XAddr, readAddr(&x.Addr, known)
	case "PORT":
		bit, ok = XPort, readPort(&x.Port, known)
	case "PROTO":
		bit, x.Proto = XProto, strings.ToUpper(known)
		ok = x.Proto == "" || x.Proto == "SMTP" || x.Proto == "ESMTP"
	case "HELO":
		bit, x.Helo, ok = XHelo, known, isWord(known)
	case "LOGIN":
		bit, x.Login = XLogin, known
	case "DESTADDR":
		bit, ok = XDestAddr, readAddr(&x.DestAddr, known)
	case "DESTPORT":
		bit, ok = XDestPort, readPort(&x.DestPort, known)
	}
	if bit == 0 || x.Given&bit != 0 || len(value) > maxDomain+2 {
		return false
	}
	x.Given |= bit
	return ok
}

// isWord refuses spaces: names go into headers and logs. Control characters
// were refused with the xtext.
func isWord(s string) bool { return !strings.Contains(s, " ") }

// readAddr reads "192.0.2.1" or "IPV6:2001:db8::1".
func readAddr(to *netip.Addr, value string) bool {
	if value == "" {
		return true
	}
	if len(value) > 5 && equalFold(value[:5], "IPV6:") {
		value = value[5:]
	}
	a, err := netip.ParseAddr(value)
	*to = a.Unmap().WithZone("")
	return err == nil
}

func readPort(to *uint16, value string) bool {
	if value == "" {
		return true
	}
	n, err := strconv.ParseUint(value, 10, 16)
	*to = uint16(n)
	return err == nil
}
