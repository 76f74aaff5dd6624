package smtpwire

import (
	"strconv"

	"tram/internal/mail/address"
)

// maxEnvID is the longest ENVID, in octets after decoding (RFC 3461 4.4).
const maxEnvID = 100

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
type mailSeen struct{ size, body, utf8, ret, envID, auth, tls, hold, by, priority bool }

func (p *MailParams) set(seen *mailSeen, key, value string, offered Extensions) error {
	switch {
	case offered&Size != 0 && equalFold(key, "SIZE"):
		return p.setSize(seen, value)
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
	return p.setTransport(seen, key, value, offered)
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
// int64 is larger than any limit. The same size twice is no contradiction:
// Python's smtplib adds its own to the caller's.
func (p *MailParams) setSize(seen *mailSeen, value string) error {
	if value == "" || len(value) > 20 {
		return errSize
	}
	for i := range len(value) {
		if value[i] < '0' || value[i] > '9' {
			return errSize
		}
	}
	size, _ := strconv.ParseInt(value, 10, 64) // the largest int64 when out of range
	if seen.size && size != p.Size {
		return errRepeated
	}
	seen.size, p.Size = true, size
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
