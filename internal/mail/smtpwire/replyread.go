package smtpwire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a reply as received. Longer ones are not mail servers.
const (
	maxReplyLines = 200
	maxReplyBytes = 32 << 10
)

// ErrBadReply says that the peer does not speak SMTP.
var ErrBadReply = errors.New("smtpwire: malformed reply")

// ReadReply reads one reply, of several lines perhaps. The reply is returned
// whatever its code; the error is about the connection or the syntax
// (ErrBadReply). Control characters in the text become "?", and broken UTF-8
// the replacement character: the text is safe to log and to put in a report.
func ReadReply(r *bufio.Reader) (*Reply, error) {
	reply := &Reply{}
	var text strings.Builder
	for n := 0; ; n++ {
		line, err := readReplyLine(r)
		if err != nil {
			if n > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		code, more, rest, ok := parseReplyLine(line)
		if !ok || n > 0 && code != reply.Code {
			return nil, ErrBadReply
		}
		if n == maxReplyLines || text.Len()+len(rest) > maxReplyBytes {
			return nil, fmt.Errorf("%w: too long", ErrBadReply)
		}
		enhanced, rest := cutEnhanced(code, rest)
		if n == 0 {
			reply.Code, reply.Enhanced = code, enhanced
		} else {
			text.WriteByte('\n')
		}
		text.Write(rest)
		if !more {
			reply.Text = cleanText(text.String())
			return reply, nil
		}
	}
}

// readReplyLine returns a line without its end. A LF alone ends a line too:
// nothing that follows a reply is ever taken for anything but a reply.
func readReplyLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return nil, fmt.Errorf("%w: line too long", ErrBadReply)
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// parseReplyLine splits "250-text", "250 text" or "250".
func parseReplyLine(line []byte) (code int, more bool, text []byte, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, false, nil, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, false, nil, true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, false, nil, false
	}
	return code, line[3] == '-', line[4:], true
}

// cutEnhanced takes an enhanced status code from the front of text: class as
// the first digit of the code, subject and detail of up to three digits (RFC
// 2034 4, RFC 3463 2).
func cutEnhanced(code int, text []byte) (string, []byte) {
	word, rest, _ := bytes.Cut(text, []byte(" "))
	if len(word) < 5 || len(word) > 9 || int(word[0]-'0') != code/100 || word[0] == '3' || word[1] != '.' {
		return "", text
	}
	subject, detail, ok := bytes.Cut(word[2:], []byte("."))
	if !ok || !isNumber(subject) || !isNumber(detail) {
		return "", text
	}
	return string(word), rest
}

func isNumber(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) >= 1 && len(b) <= 3
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// cleanText makes text of a peer printable, line ends between lines kept.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
