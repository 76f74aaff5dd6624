package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"time"
)

// sessionTime bounds a session, so that a test that goes wrong ends.
const sessionTime = time.Minute

// session is one connection.
type session struct {
	h      *Host
	number int
	conn   net.Conn
	r      *bufio.Reader
	m      Message
	isTLS  bool
	user   string
	mailed bool // MAIL was accepted
}

func (h *Host) serve(conn net.Conn, number int) {
	conn.SetDeadline(time.Now().Add(sessionTime))
	if h.o.Cut != nil {
		in, out := h.o.Cut(number)
		conn = &cutter{Conn: conn, in: in, out: out}
	}
	s := &session{h: h, number: number, conn: conn, r: bufio.NewReader(conn)}
	if h.o.Implicit && !s.startTLS() {
		return
	}
	if !s.reply("greeting", "", "220 "+h.o.Hostname+" ESMTP") {
		return
	}
	for {
		line, err := s.r.ReadString('\n')
		if err != nil || !s.command(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// command answers one line. It reports whether the session goes on.
func (s *session) command(line string) bool {
	s.h.note(line)
	verb, arg, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	switch verb {
	case "EHLO", "LHLO":
		if s.h.o.LMTP != (verb == "LHLO") {
			return s.reply(verb, arg, "502 5.5.2 not this protocol")
		}
		return s.reply(verb, arg, s.ehlo())
	case "HELO":
		return s.reply(verb, arg, "250 "+s.h.o.Hostname)
	case "STARTTLS":
		return s.tlsCommand(arg)
	case "AUTH":
		return s.auth(arg)
	case "MAIL":
		return s.mail(arg)
	case "RCPT":
		return s.rcpt(arg)
	case "DATA":
		return s.data(arg)
	case "BDAT":
		return s.bdat(arg)
	case "RSET":
		s.m, s.mailed = Message{}, false
		return s.reply(verb, arg, "250 2.0.0 reset")
	case "QUIT":
		s.reply(verb, arg, "221 2.0.0 bye")
		return false
	}
	return s.reply(verb, arg, "502 5.5.2 unknown command")
}

func (s *session) ehlo() string {
	if s.h.o.NoEHLO {
		return "502 5.5.2 what?"
	}
	lines := append([]string{s.h.o.Hostname}, s.h.o.Extensions...)
	if (s.h.o.TLS != nil || s.h.o.BreakTLS) && !s.isTLS {
		lines = append(lines, "STARTTLS")
	}
	return "250 " + strings.Join(lines, "\n")
}

// reply sends the reply that the options choose, or the ordinary one, and
// remembers whether it was positive. It reports whether the session goes on.
func (s *session) reply(step, arg, ordinary string) bool {
	text := s.chosen(step, arg, ordinary)
	return text != "drop" && s.send(text) == nil
}

func (s *session) chosen(step, arg, ordinary string) string {
	if text := s.h.o.Reply(step, arg); text != "" {
		return text
	}
	return ordinary
}

// send writes "250 one\ntwo" as a reply of two lines.
func (s *session) send(text string) error {
	code, rest, _ := strings.Cut(text, " ")
	lines := strings.Split(rest, "\n")
	var b bytes.Buffer
	for i, line := range lines {
		mark := "-"
		if i == len(lines)-1 {
			mark = " "
		}
		b.WriteString(code + mark + line + "\r\n")
	}
	_, err := s.conn.Write(b.Bytes())
	return err
}

func (s *session) mail(arg string) bool {
	s.m = Message{From: arg[min(len("FROM:"), len(arg)):]}
	text := s.chosen("MAIL", arg, "250 2.1.0 sender ok")
	s.mailed = strings.HasPrefix(text, "2")
	return text != "drop" && s.send(text) == nil
}

func (s *session) rcpt(arg string) bool {
	ordinary := "250 2.1.5 recipient ok"
	if !s.mailed {
		ordinary = "503 5.5.1 MAIL first"
	}
	text := s.chosen("RCPT", arg, ordinary)
	if text == "drop" {
		return false
	}
	if strings.HasPrefix(text, "2") {
		s.m.Rcpts = append(s.m.Rcpts, arg[min(len("TO:"), len(arg)):])
	}
	return s.send(text) == nil
}

func (s *session) tlsCommand(arg string) bool {
	text := s.chosen("STARTTLS", arg, "220 2.0.0 go ahead")
	if !strings.HasPrefix(text, "220") {
		return text != "drop" && s.send(text) == nil
	}
	if _, err := s.conn.Write([]byte(text + "\r\n" + s.h.o.Inject)); err != nil {
		return false
	}
	return s.startTLS()
}

func (s *session) startTLS() bool {
	if s.h.o.BreakTLS {
		return false
	}
	tc := tls.Server(s.conn, s.h.o.TLS)
	if tc.Handshake() != nil {
		return false
	}
	s.conn, s.r, s.isTLS = tc, bufio.NewReader(tc), true
	return true
}

func (s *session) data(arg string) bool {
	ordinary := "354 go on"
	if len(s.m.Rcpts) == 0 {
		ordinary = "554 5.5.1 no recipients"
	}
	text := s.chosen("DATA", arg, ordinary)
	if text == "drop" || s.send(text) != nil {
		return false
	}
	if !strings.HasPrefix(text, "354") {
		return true
	}
	if err := s.text(); err != nil {
		return false
	}
	return s.taken()
}

// text reads lines up to the final dot. Only CR LF "." CR LF ends it.
func (s *session) text() error {
	var text bytes.Buffer
	for atStart := true; ; {
		line, err := s.r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
		if atStart {
			if string(line) == ".\r\n" {
				s.m.Text = text.Bytes()
				return nil
			}
			line = bytes.TrimPrefix(line, []byte("."))
		}
		text.Write(line)
		atStart = bytes.HasSuffix(text.Bytes(), []byte("\r\n"))
	}
}
