package smtpwire

import (
	"strings"

	"tram/internal/mail/address"
)

// Extensions are the service extensions a server offers; a parameter of an
// extension that is not offered is refused (RFC 5321 4.1.1.11: 555).
type Extensions uint32

// The extensions that bring parameters or keywords.
const (
	Pipelining    Extensions = 1 << iota // RFC 2920
	Size                                 // RFC 1870
	EightBitMIME                         // RFC 6152
	EnhancedCodes                        // RFC 2034
	SMTPUTF8                             // RFC 6531
	DSN                                  // RFC 3461
	BinaryMIME                           // RFC 3030
	Auth                                 // RFC 4954
	Chunking                             // RFC 3030: BDAT
	RequireTLS                           // RFC 8689
	FutureRelease                        // RFC 4865
	DeliverByTime                        // RFC 2852
	MTPriority                           // RFC 6710
)

var (
	errFrom      = NewReply(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]")
	errTo        = NewReply(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]")
	errParam     = NewReply(501, "5.5.4", "A parameter is malformed")
	errRepeated  = NewReply(501, "5.5.4", "A parameter is given twice")
	errUnknown   = NewReply(555, "5.5.4", "A parameter is not known or belongs to an extension that is not offered")
	errSize      = NewReply(501, "5.5.4", "SIZE must be a number of octets")
	errBody      = NewReply(501, "5.5.4", "BODY must be 7BIT, 8BITMIME, or BINARYMIME where that is offered")
	errRet       = NewReply(501, "5.5.4", "RET must be FULL or HDRS")
	errEnvID     = NewReply(501, "5.5.4", "ENVID must be xtext of at most 100 printable characters")
	errAuthParam = NewReply(501, "5.5.4", "AUTH must be <> or an address in xtext")
	errNotify    = NewReply(501, "5.5.4", "NOTIFY must be NEVER or a list of SUCCESS, FAILURE and DELAY")
	errORcpt     = NewReply(501, "5.5.4", "ORCPT must be an address type, a semicolon and an address in xtext")
	errHold      = NewReply(501, "5.5.4", "HOLDFOR must be a number of seconds, HOLDUNTIL a date and time as in 2030-01-31T12:00:00Z; give one of them")
	errBy        = NewReply(501, "5.5.4", "BY must be seconds, a semicolon, and R or N, with a T behind it for a trace; R needs more than 0 seconds")
	errPriority  = NewReply(501, "5.5.4", "MT-PRIORITY must be a whole number from -9 to 9")
	errNeedUTF8  = NewReply(553, "5.6.7", "This address needs the SMTPUTF8 parameter of MAIL")
)

// cutArgument takes "FROM:<path>" or "TO:<path>" from the front of arg. What
// remains is "" or starts behind one space.
func cutArgument(arg, prefix string, syntax *Reply) (address.Address, string, error) {
	if len(arg) < len(prefix) || !equalFold(arg[:len(prefix)], prefix) {
		return address.Address{}, "", syntax
	}
	a, rest, err := address.CutPath(strings.TrimLeft(arg[len(prefix):], " \t"))
	if err != nil {
		return a, "", err
	}
	if rest != "" && rest[0] != ' ' {
		return a, "", syntax
	}
	return a, strings.Trim(rest, " "), nil
}

// cutParam takes the next "KEY" or "KEY=VALUE" from s, which is not empty.
func cutParam(s string) (key, value, rest string, err error) {
	param, rest, _ := strings.Cut(s, " ")
	key, value, assigned := strings.Cut(param, "=")
	if !isKeyword(key) || assigned && !isParamValue(value) {
		return "", "", "", errParam
	}
	return key, value, strings.TrimLeft(rest, " "), nil
}

// isKeyword checks an esmtp-keyword (RFC 5321 4.1.2).
func isKeyword(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}

// isParamValue checks an esmtp-value (RFC 5321 4.1.2, RFC 6531 3.3). "=" is
// not allowed there, but AUTH and ENVID of some senders hold it bare.
func isParamValue(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}
