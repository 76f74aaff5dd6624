package smtptest

import (
	"crypto/tls"
	"io"
	"strconv"
	"strings"
)

// taken answers the end of a text, and keeps the message.
func (s *session) taken() bool {
	m := s.m
	s.m, s.mailed = Message{}, false
	m.TLS, m.User, m.Connection = s.isTLS, s.user, s.number
	if tc, ok := s.conn.(*tls.Conn); ok {
		m.Resumed = tc.ConnectionState().DidResume
	}
	if s.h.o.LMTP && len(m.Rcpts) > 0 {
		return s.delivered(m)
	}
	reply := s.chosen("text", string(m.Text), "250 2.0.0 taken")
	if reply != "drop" && (!strings.HasPrefix(reply, "2") || len(m.Rcpts) == 0) {
		return s.send(reply) == nil
	}
	// Kept before the reply: who hears the reply may look at once.
	index := s.h.keep(m)
	if reply == "drop" || s.send(reply) != nil {
		s.h.doubt(index)
		return false
	}
	return true
}

// delivered answers for each recipient (RFC 2033 4.2), and keeps the message
// for those that got it.
func (s *session) delivered(m Message) bool {
	var replies, got []string
	for _, rcpt := range m.Rcpts {
		reply := s.chosen("text", rcpt, "250 2.1.5 delivered")
		replies = append(replies, reply)
		if strings.HasPrefix(reply, "2") || reply == "drop" {
			got = append(got, rcpt)
		}
	}
	index := -1
	if m.Rcpts = got; len(got) > 0 {
		index = s.h.keep(m)
	}
	for _, reply := range replies {
		if reply == "drop" || s.send(reply) != nil {
			if index >= 0 {
				s.h.doubt(index)
			}
			return false
		}
	}
	return true
}

// bdat takes a chunk (RFC 3030 2).
func (s *session) bdat(arg string) bool {
	size, last, _ := strings.Cut(arg, " ")
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || last != "" && !strings.EqualFold(last, "LAST") {
		return s.reply("BDAT", arg, "501 5.5.4 bad BDAT") && false
	}
	chunk := make([]byte, n)
	if _, err := io.ReadFull(s.r, chunk); err != nil {
		return false
	}
	s.m.Chunks, s.m.Text = append(s.m.Chunks, n), append(s.m.Text, chunk...)
	switch {
	case !s.mailed || len(s.m.Rcpts) == 0:
		s.m.Chunks, s.m.Text = nil, nil
		return s.reply("BDAT", arg, "503 5.5.1 no recipients")
	case last == "":
		reply := s.chosen("BDAT", arg, "250 2.0.0 more")
		if !strings.HasPrefix(reply, "2") {
			s.m, s.mailed = Message{}, false
		}
		return reply != "drop" && s.send(reply) == nil
	}
	return s.taken()
}
