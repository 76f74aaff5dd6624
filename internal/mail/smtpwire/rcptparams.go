package smtpwire

import (
	"strings"
	"unicode/utf8"

	"tram/internal/mail/address"
)

// maxORcpt is the longest ORCPT, in octets (RFC 3461 4.2).
const maxORcpt = 500

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
