package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tram/internal/access/smtp"
	"tram/internal/mail/smtpwire"
)

var noDeadline time.Time

// FuzzSession lets a client send anything, in two pieces. Whatever it is, the
// server answers in well-formed replies and ends, and what it has taken is
// clean and no more than there are ends of data and last chunks in the input.
func FuzzSession(f *testing.F) {
	for _, s := range []string{
		"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n",
		"AUTH PLAIN AGFubgBzZWNyZXQ=\r\nAUTH LOGIN\r\nYW5u\r\n*\r\nSTARTTLS\r\n\x16\x03\x01",
		"HELP MAIL\r\nVRFY x SMTPUTF8\r\nEXPN list\r\nNOOP\r\nRSET\r\nGET / HTTP/1.1\r\n",
		"HELO x\nMAIL FROM:<a@b\r\n>\r\n\x00\r\nDATA\r\n.\r\n",
		"LHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\nBDAT 2\r\nhiBDAT 0 LAST\r\nQUIT\r\n",
		"EHLO a\r\nXCLIENT ADDR=192.0.2.1 LOGIN=x\r\nETRN x.test\r\nMAIL FROM:<a@b> BY=1;R MT-PRIORITY=9 BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nBDAT 5\r\nRSET\nRSET\r\n",
	} {
		for mode := range smtp.LMTP + 1 {
			f.Add([]byte(s), uint16(len(s)/2), uint8(mode))
			f.Add([]byte(s), uint16(7), uint8(mode))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, cut uint16, mode uint8) {
		s := newServer(t, smtp.Options{
			Mode: smtp.Mode(mode % 3), Queue: runner{}, XClient: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Extensions: smtpwire.DSN | smtpwire.DeliverByTime | smtpwire.MTPriority | smtpwire.FutureRelease,
		}, plain)
		s.info.Remote = netip.MustParseAddrPort("127.0.0.1:4711")
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
		if n := len(taken); n > bytes.Count(input, []byte("\r\n.\r\n"))+bytes.Count(bytes.ToUpper(input), []byte("LAST"))+1 {
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
