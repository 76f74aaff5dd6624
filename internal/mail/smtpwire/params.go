package smtpwire

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"tram/internal/mail/address"
)

// Extensions are the service extensions a server offers; a parameter of an
// extension that is not offered is refused (RFC 5321 4.1.1.11: 555).
type Extensions uint16

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
)

// Limits of parameter values, in octets after decoding.
const (
	maxEnvID = 100 // RFC 3461 4.4
	maxORcpt = 500 // RFC 3461 4.2
)

var (
	errFrom      = NewReply(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]")
	errTo        = NewReply(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]")
	errParam     = NewReply(501, "5.5.4", "A parameter is malformed")
	errRepeated  = NewReply(501, "5.5.4", "A parameter is given twice")
	errUnknown   = NewReply(555, "5.5.4", "A parameter is not known or belongs to an extension that is not offered")
	errSize      = NewReply(501, "5.5.4", "SIZE must be a number of octets")
	errBody      = NewReply(501, "5.5.4", "BODY must be 7BIT or 8BITMIME")
	errRet       = NewReply(501, "5.5.4", "RET must be FULL or HDRS")
	errEnvID     = NewReply(501, "5.5.4", "ENVID must be xtext of at most 100 printable characters")
	errAuthParam = NewReply(501, "5.5.4", "AUTH must be <> or an address in xtext")
	errNotify    = NewReply(501, "5.5.4", "NOTIFY must be NEVER or a list of SUCCESS, FAILURE and DELAY")
	errORcpt     = NewReply(501, "5.5.4", "ORCPT must be an address type, a semicolon and an address in xtext")
	errNeedUTF8  = NewReply(553, "5.6.7", "This address needs the SMTPUTF8 parameter of MAIL")
)

// ParseMail parses the argument of MAIL: "FROM:<path> KEY=VALUE …". The error
// is a *Reply. A space after the colon is tolerated; an address that is not
// ASCII needs SMTPUTF8.
func ParseMail(arg string, offered Extensions) (address.Address, MailParams, error) {
	var p MailParams
	from, rest, err := cutArgument(arg, "FROM:", errFrom)
	if err != nil {
		if e, ok := err.(address.SyntaxError); ok {
			err = NewReply(501, "5.1.7", "Bad sender: "+string(e))
		}
		return from, p, err
	}
	var seen mailSeen
	for rest != "" {
		var key, value string
		if key, value, rest, err = cutParam(rest); err != nil {
			return from, p, err
		}
		if err := p.set(&seen, key, value, offered); err != nil {
			return from, p, err
		}
	}
	if !p.SMTPUTF8 && !from.IsASCII() {
		return from, p, errNeedUTF8
	}
	return from, p, nil
}

// mailSeen has a flag for each parameter of MAIL that was given.
type mailSeen struct{ size, body, utf8, ret, envID, auth bool }

func (p *MailParams) set(seen *mailSeen, key, value string, offered Extensions) error {
	switch {
	case offered&Size != 0 && equalFold(key, "SIZE"):
		return once(&seen.size, func() error { return p.setSize(value) })
	case offered&(EightBitMIME|BinaryMIME) != 0 && equalFold(key, "BODY"):
		return once(&seen.body, func() error { return p.setBody(value, offered) })
	case offered&SMTPUTF8 != 0 && equalFold(key, "SMTPUTF8"):
		p.SMTPUTF8 = true
		return once(&seen.utf8, func() error { return noValue(value) })
	case offered&DSN != 0 && equalFold(key, "RET"):
		return once(&seen.ret, func() error { return p.setRet(value) })
	case offered&DSN != 0 && equalFold(key, "ENVID"):
		return once(&seen.envID, func() error { return p.setEnvID(value) })
	case offered&Auth != 0 && equalFold(key, "AUTH"):
		return once(&seen.auth, func() error { return p.setAuth(value) })
	}
	return errUnknown
}

func once(seen *bool, set func() error) error {
	if *seen {
		return errRepeated
	}
	*seen = true
	return set()
}

func noValue(value string) error {
	if value != "" {
		return errParam
	}
	return nil
}

// setSize reads SIZE: up to 20 digits (RFC 1870 4). What does not fit into an
// int64 is larger than any limit.
func (p *MailParams) setSize(value string) error {
	if value == "" || len(value) > 20 {
		return errSize
	}
	for i := range len(value) {
		if value[i] < '0' || value[i] > '9' {
			return errSize
		}
	}
	p.Size, _ = strconv.ParseInt(value, 10, 64) // the largest int64 when out of range
	return nil
}

func (p *MailParams) setBody(value string, offered Extensions) error {
	switch {
	case equalFold(value, "7BIT"):
		p.Body = Body7Bit
	case equalFold(value, "8BITMIME"):
		p.Body = Body8BitMIME
	case offered&BinaryMIME != 0 && equalFold(value, "BINARYMIME"):
		p.Body = BodyBinaryMIME
	default:
		return errBody
	}
	return nil
}

func (p *MailParams) setRet(value string) error {
	switch {
	case equalFold(value, "FULL"):
		p.Ret = "FULL"
	case equalFold(value, "HDRS"):
		p.Ret = "HDRS"
	default:
		return errRet
	}
	return nil
}

func (p *MailParams) setEnvID(value string) error {
	id, ok := decodeXtext(value)
	if !ok || id == "" || len(id) > maxEnvID {
		return errEnvID
	}
	p.EnvID = id
	return nil
}

func (p *MailParams) setAuth(value string) error {
	mailbox, ok := decodeXtext(value)
	if !ok {
		return errAuthParam
	}
	if mailbox != "<>" {
		if _, err := address.ParseAddress(mailbox); err != nil {
			return errAuthParam
		}
	}
	p.Auth = mailbox
	return nil
}

// ParseRcpt parses the argument of RCPT: "TO:<path> KEY=VALUE …". smtputf8
// tells whether MAIL had that parameter. The error is a *Reply.
func ParseRcpt(arg string, offered Extensions, smtputf8 bool) (Rcpt, error) {
	to, rest, err := cutArgument(arg, "TO:", errTo)
	if err == nil && to.IsNull() {
		err = address.SyntaxError("the null address <> cannot receive mail")
	}
	if e, ok := err.(address.SyntaxError); ok {
		return Rcpt{}, NewReply(501, "5.1.3", "Bad recipient: "+string(e))
	}
	if err != nil {
		return Rcpt{}, err
	}
	r := Rcpt{To: to}
	for rest != "" {
		var key, value string
		if key, value, rest, err = cutParam(rest); err != nil {
			return Rcpt{}, err
		}
		if err := r.set(key, value, offered); err != nil {
			return Rcpt{}, err
		}
	}
	if !smtputf8 && !to.IsASCII() {
		return Rcpt{}, errNeedUTF8
	}
	return r, nil
}

// set takes one parameter of RCPT. Neither value can be empty, so a value that
// is there already was given twice.
func (r *Rcpt) set(key, value string, offered Extensions) error {
	switch {
	case offered&DSN == 0:
		return errUnknown
	case equalFold(key, "NOTIFY"):
		if r.Notify != "" {
			return errRepeated
		}
		return r.setNotify(value)
	case equalFold(key, "ORCPT"):
		if r.ORcpt != "" {
			return errRepeated
		}
		return r.setORcpt(value)
	}
	return errUnknown
}

func (r *Rcpt) setNotify(value string) error {
	if equalFold(value, "NEVER") {
		r.Notify = "NEVER"
		return nil
	}
	upper := strings.ToUpper(value)
	seen := 0
	for word := range strings.SplitSeq(upper, ",") {
		bit := 0
		switch word {
		case "SUCCESS":
			bit = 1
		case "FAILURE":
			bit = 2
		case "DELAY":
			bit = 4
		}
		if bit == 0 || seen&bit != 0 {
			return errNotify
		}
		seen |= bit
	}
	r.Notify = upper
	return nil
}

func (r *Rcpt) setORcpt(value string) error {
	kind, addr, ok := strings.Cut(value, ";")
	if !ok || !isKeyword(kind) || addr == "" || len(value) > maxORcpt {
		return errORcpt
	}
	if equalFold(kind, "RFC822") {
		if addr, ok = decodeXtext(addr); !ok {
			return errORcpt
		}
		value = kind + ";" + addr
	} else if !utf8.ValidString(addr) {
		return errORcpt
	}
	r.ORcpt = value
	return nil
}

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
