package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tram/internal/access/smtp"
	"tram/internal/mail/smtpwire"
)

var noDeadline time.Time

// FuzzSession lets a client send anything, in two pieces. Whatever it is, the
// server answers in well-formed replies and ends, and what it has taken is
// clean and no more than there are ends of data in the input.
func FuzzSession(f *testing.F) {
	for _, s := range []string{
		"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n",
		"AUTH PLAIN AGFubgBzZWNyZXQ=\r\nAUTH LOGIN\r\nYW5u\r\n*\r\nSTARTTLS\r\n\x16\x03\x01",
		"HELP MAIL\r\nVRFY x SMTPUTF8\r\nEXPN list\r\nNOOP\r\nRSET\r\nGET / HTTP/1.1\r\n",
		"HELO x\nMAIL FROM:<a@b\r\n>\r\n\x00\r\nDATA\r\n.\r\n",
	} {
		f.Add([]byte(s), uint16(len(s)/2), true)
		f.Add([]byte(s), uint16(7), false)
	}
	f.Fuzz(func(t *testing.T, input []byte, cut uint16, submission bool) {
		s := newServer(t, smtp.Options{Extensions: smtpwire.DSN}, mx)
		if submission {
			s = newServer(t, smtp.Options{Mode: smtp.Submission}, plain)
		}
		a, b := net.Pipe()
		go func() {
			s.engine.Handle(context.Background(), b, s.info)
			b.Close()
		}()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			n := int(cut) % (len(input) + 1)
			a.Write(input[:n])
			a.Write(input[n:])
			a.Write([]byte("\r\n.\r\nQUIT\r\n"))
			a.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // a session that waits for more
		}()
		checkReplies(t, input, a)
		a.Close()
		<-sent
		taken := s.taken()
		for _, m := range taken {
			if strings.ContainsAny(strings.ReplaceAll(m.body, "\r\n", ""), "\r\n\x00") {
				t.Fatalf("%q: took %q", input, m.body)
			}
		}
		if n := len(taken); n > bytes.Count(input, []byte("\r\n.\r\n"))+1 {
			t.Fatalf("%q: %d messages", input, n)
		}
	})
}

func checkReplies(t *testing.T, input []byte, conn io.Reader) {
	r := bufio.NewReader(conn)
	for {
		reply, err := smtpwire.ReadReply(r)
		if err == smtpwire.ErrBadReply {
			t.Fatalf("%q: %v", input, err)
		}
		if err != nil {
			return
		}
		// RFC 2034 4: all but these have an enhanced code.
		if reply.Enhanced == "" && reply.Code != 220 && reply.Code != 250 && reply.Code != 354 && reply.Code != 334 {
			t.Fatalf("%q: %v has no enhanced code", input, reply)
		}
	}
}
