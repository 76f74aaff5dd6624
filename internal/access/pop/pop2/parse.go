package pop2

import (
	"errors"
	"strconv"
	"strings"
)

var (
	errSyntax  = errors.New("this is not a command of POP2")
	errUsage   = errors.New("wrong arguments")
	errControl = errors.New("control character in a command")
)

// parse takes a command line without its end apart: the verb in capitals, and
// its arguments, unquoted. FOLD has one, which may hold blanks.
func parse(line []byte) (verb string, args []string, err error) {
	for _, c := range line {
		if c < ' ' || c == 0x7f {
			return "", nil, errControl
		}
	}
	word, rest, given := strings.Cut(string(line), " ")
	verb = strings.ToUpper(word)
	switch verb {
	case "HELO":
		user, after := nextWord(rest)
		password, after := nextWord(strings.TrimPrefix(after, " "))
		if user == "" || password == "" || after != "" {
			return verb, nil, errUsage
		}
		return verb, []string{user, password}, nil
	case "FOLD":
		if rest == "" {
			return verb, nil, errUsage
		}
		return verb, []string{unquote(rest)}, nil
	case "READ":
		if !given {
			return verb, nil, nil
		}
		if _, err := strconv.ParseUint(rest, 10, 31); err != nil {
			return verb, nil, errUsage
		}
		return verb, []string{rest}, nil
	case "RETR", "ACKS", "ACKD", "NACK", "QUIT":
		if given {
			return verb, nil, errUsage
		}
		return verb, nil, nil
	}
	return "", nil, errSyntax
}

// nextWord cuts a word off: up to a blank that no backslash stands before (RFC
// 937, Quoting).
func nextWord(s string) (word, rest string) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ' ':
			return unquote(s[:i]), s[i:]
		}
	}
	return unquote(s), ""
}

// unquote takes the backslashes out that quote.
func unquote(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
