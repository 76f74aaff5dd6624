package topology

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// talkTime bounds a session of a client, or a message in one of SMTP.
const talkTime = 30 * time.Second

// letter is what travels.
type letter struct{ from, to, id string }

// text is the message, in English and Vietnamese, with lines that begin with
// dots.
func (l letter) text() string {
	return strings.ReplaceAll(fmt.Sprintf(`From: <%s>
To: <%s>
Subject: =?UTF-8?Q?Th=C6=B0_th=E1=BB=AD?= %s
Date: Sat, 21 Nov 2026 12:00:00 +0700
Message-ID: <%s>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Chào bạn, đây là thư thử.
.
..hai dấu chấm
`, l.from, l.to, l.id, l.id), "\n", "\r\n")
}

// smtpTalk is a session with a door that speaks SMTP.
type smtpTalk struct {
	c net.Conn
	r *textproto.Reader
}

func dialSMTP(address string) (*smtpTalk, error) {
	c, err := net.DialTimeout("tcp", address, talkTime)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(talkTime))
	t := &smtpTalk{c, textproto.NewReader(bufio.NewReader(c))}
	if _, _, err := t.r.ReadResponse(220); err != nil {
		c.Close()
		return nil, fmt.Errorf("greeting: %w", err)
	}
	_, err = t.say(250, "EHLO client.test")
	return t, err
}

// say sends a line and expects a code. It returns the text behind it.
func (t *smtpTalk) say(code int, line string) (string, error) {
	if _, err := io.WriteString(t.c, line+"\r\n"); err != nil {
		return "", err
	}
	_, text, err := t.r.ReadResponse(code)
	var other *textproto.Error
	if errors.As(err, &other) {
		err = fmt.Errorf("%d %s", other.Code, other.Msg)
	}
	return text, err
}

func (t *smtpTalk) login(a account) error {
	secret := base64.StdEncoding.EncodeToString([]byte("\x00" + a.Address + "\x00" + a.Password))
	_, err := t.say(235, "AUTH PLAIN "+secret)
	return err
}

// transfer hands a letter over and returns the queue id that the host says.
func (t *smtpTalk) transfer(l letter) (id string, err error) {
	_ = t.c.SetDeadline(time.Now().Add(talkTime))
	for _, step := range []struct {
		code int
		line string
	}{
		{250, "MAIL FROM:<" + l.from + "> BODY=8BITMIME"},
		{250, "RCPT TO:<" + l.to + ">"},
		{354, "DATA"},
	} {
		if _, err := t.say(step.code, step.line); err != nil {
			return "", fmt.Errorf("%s: %w", step.line, err)
		}
	}
	said, err := t.say(250, strings.ReplaceAll(l.text(), "\r\n.", "\r\n..")+".")
	if err != nil {
		return "", fmt.Errorf("final dot: %w", err)
	}
	_, id, _ = strings.Cut(said, "Queued as ")
	return id, nil
}

// send hands letters over to a door, as the user a when the door is one of
// submission. It returns the queue id of the last.
func send(address string, a *account, letters ...letter) (id string, err error) {
	t, err := dialSMTP(address)
	if err != nil {
		return "", err
	}
	defer t.c.Close()
	if a != nil {
		if err := t.login(*a); err != nil {
			return "", err
		}
	}
	for _, l := range letters {
		if id, err = t.transfer(l); err != nil {
			return "", err
		}
	}
	_, err = t.say(221, "QUIT")
	return id, err
}

// inbox lists the Message-IDs of an account over IMAP.
func inbox(address string, a account) ([]string, error) {
	messages, err := envelopes(address, a)
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.MessageID
	}
	return ids, err
}

// envelopes reads what the headers of all messages in the INBOX say.
func envelopes(address string, a account) ([]*imap.Envelope, error) {
	c, err := imapclient.DialInsecure(address, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.Login(a.Address, a.Password).Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w", a.Address, err)
	}
	selected, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || selected.NumMessages == 0 {
		return nil, err
	}
	messages, err := c.Fetch(imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}}, &imap.FetchOptions{Envelope: true}).Collect()
	if err != nil {
		return nil, err
	}
	all := make([]*imap.Envelope, len(messages))
	for i, m := range messages {
		all[i] = m.Envelope
	}
	return all, nil
}

// drop lists the Message-IDs of an account over POP3.
func drop(address string, a account) ([]string, error) {
	c, err := net.DialTimeout("tcp", address, talkTime)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(talkTime))
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(line string) (string, error) {
		if line != "" {
			fmt.Fprintf(c, "%s\r\n", line)
		}
		answer, err := r.ReadLine()
		if err == nil && !strings.HasPrefix(answer, "+OK") {
			err = fmt.Errorf("%.10s: %s", line, answer)
		}
		return answer, err
	}
	count := ""
	for _, line := range []string{"", "USER " + a.Address, "PASS " + a.Password, "STAT"} {
		if count, err = say(line); err != nil {
			return nil, err
		}
	}
	var n int
	if _, err := fmt.Sscanf(count, "+OK %d", &n); err != nil {
		return nil, err
	}
	var ids []string
	for i := range n {
		if _, err := say(fmt.Sprintf("TOP %d 0", i+1)); err != nil {
			return nil, err
		}
		head, err := textproto.NewReader(bufio.NewReader(r.DotReader())).ReadMIMEHeader()
		if err != nil {
			return nil, err
		}
		ids = append(ids, strings.Trim(head.Get("Message-Id"), "<>"))
	}
	_, err = say("QUIT")
	return ids, err
}
