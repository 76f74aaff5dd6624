package smtpwire

// Verb is a command of SMTP. It is small, so that tables are indexed by it.
type Verb uint8

// The commands. Unknown is anything else.
const (
	Unknown Verb = iota
	HELO
	EHLO
	LHLO
	MAIL
	RCPT
	DATA
	BDAT
	RSET
	NOOP
	VRFY
	EXPN
	HELP
	QUIT
	STARTTLS
	AUTH
	ETRN
	XCLIENT
	NumVerbs // how many there are, for tables
)

var verbNames = [NumVerbs]string{
	"unknown", "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP",
	"VRFY", "EXPN", "HELP", "QUIT", "STARTTLS", "AUTH", "ETRN", "XCLIENT",
}

// String is the verb as sent, "unknown" for Unknown.
func (v Verb) String() string {
	if v < NumVerbs {
		return verbNames[v]
	}
	return verbNames[Unknown]
}

// ParseCommand splits a command line, without its CRLF, into verb and
// argument. Verbs are matched in any case. The argument is a part of line,
// without the spaces around it.
func ParseCommand(line []byte) (Verb, []byte) {
	n := 0
	for n < len(line) && line[n] != ' ' && line[n] != '\t' {
		n++
	}
	return LookupVerb(line[:n]), trimSpace(line[n:])
}

// LookupVerb returns the verb of a word in any case.
func LookupVerb(word []byte) Verb {
	for v := HELO; v < NumVerbs; v++ {
		if equalFold(word, verbNames[v]) {
			return v
		}
	}
	return Unknown
}

// equalFold compares a word of the wire with an upper-case ASCII name.
func equalFold[S []byte | string](word S, upper string) bool {
	if len(word) != len(upper) {
		return false
	}
	for i := range len(upper) {
		c := word[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
