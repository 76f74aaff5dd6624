package smtpwire

import (
	"strconv"
	"strings"
)

// Reply is one SMTP reply, as sent and as received. A *Reply is also an
// error: policy code returns one to refuse a command, and the client returns
// the one that it got.
type Reply struct {
	Code     int    // 200 to 599
	Enhanced string // "5.1.1" (RFC 3463), or "" where there is none (greeting, EHLO, 354)
	Text     string // without line ends at the end; "\n" between lines of a multi-line reply
}

// maxReplyLine is the longest line of a reply, with CRLF (RFC 5321 4.5.3.1.5).
const maxReplyLine = 512

// NewReply returns a reply; it reads well behind return.
func NewReply(code int, enhanced, text string) *Reply {
	return &Reply{Code: code, Enhanced: enhanced, Text: text}
}

// Error is the reply on one line: "550 5.1.1 No such user here".
func (r *Reply) Error() string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(r.Code))
	if r.Enhanced != "" {
		b.WriteByte(' ')
		b.WriteString(r.Enhanced)
	}
	if r.Text != "" {
		b.WriteByte(' ')
		b.WriteString(strings.ReplaceAll(r.Text, "\n", " "))
	}
	return b.String()
}

// Temporary reports whether the sender should try again later (4yz).
func (r *Reply) Temporary() bool { return r.Code >= 400 && r.Code < 500 }

// Permanent reports whether trying again is of no use (5yz).
func (r *Reply) Permanent() bool { return r.Code >= 500 && r.Code < 600 }

// Positive reports whether the command succeeded or goes on (2yz, 3yz).
func (r *Reply) Positive() bool { return r.Code >= 200 && r.Code < 400 }

// AppendTo appends the reply in wire form, every line ended by CRLF. The
// enhanced code stands on each line (RFC 2034 4). Lines that would be too long
// are folded, and control characters in the text become "?": whatever a caller
// puts into Text, it stays one reply.
func (r *Reply) AppendTo(dst []byte) []byte {
	room := maxReplyLine - len("250 \r\n") - len(r.Enhanced) - 1
	text := r.Text
	for {
		line, rest, more := cutReplyLine(text, room)
		dst = strconv.AppendInt(dst, int64(r.Code), 10)
		if more {
			dst = append(dst, '-')
		} else {
			dst = append(dst, ' ')
		}
		if r.Enhanced != "" {
			dst = append(append(dst, r.Enhanced...), ' ')
		}
		for i := range len(line) {
			if c := line[i]; c < ' ' || c == 0x7f {
				dst = append(dst, '?')
			} else {
				dst = append(dst, c)
			}
		}
		dst = append(dst, '\r', '\n')
		if !more {
			return dst
		}
		text = rest
	}
}

// cutReplyLine takes the next line from text: up to a "\n", or what fits into
// room octets, cut at a space if there is one.
func cutReplyLine(text string, room int) (line, rest string, more bool) {
	if i := strings.IndexByte(text, '\n'); i >= 0 && i <= room {
		return strings.TrimSuffix(text[:i], "\r"), text[i+1:], true
	}
	if len(text) <= room {
		return text, "", false
	}
	if i := strings.LastIndexByte(text[:room], ' '); i > 0 {
		return text[:i], text[i+1:], true
	}
	for room > 1 && text[room]&0xc0 == 0x80 { // not inside a UTF-8 character
		room--
	}
	return text[:room], text[room:], true
}
