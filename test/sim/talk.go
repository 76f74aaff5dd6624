package sim

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// talk is one side of a conversation in lines.
type talk struct {
	conn net.Conn
	r    *bufio.Reader
	tag  int
}

// talkTime bounds every exchange: a server that hangs is a violation, not a
// test that never ends.
const talkTime = 30 * time.Second

func newTalk(c net.Conn) *talk { return &talk{conn: c, r: bufio.NewReader(c)} }

func (t *talk) close() { t.conn.Close() }

func (t *talk) send(text string) error {
	_ = t.conn.SetDeadline(time.Now().Add(talkTime))
	_, err := io.WriteString(t.conn, text)
	return err
}

func (t *talk) line() (string, error) {
	_ = t.conn.SetDeadline(time.Now().Add(talkTime))
	line, err := t.r.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// errRefused is an orderly no: the server kept its promise not to promise.
var errRefused = errors.New("refused")

// smtpReply reads a reply to its last line; anything but the wanted first
// digit is errRefused.
func (t *talk) smtpReply(want byte) error {
	for {
		line, err := t.line()
		if err != nil {
			return err
		}
		if len(line) < 4 {
			return fmt.Errorf("short reply %q", line)
		}
		if line[3] == '-' {
			continue
		}
		if line[0] != want {
			return fmt.Errorf("%w: %s", errRefused, line)
		}
		return nil
	}
}

func (t *talk) smtp(command string, want byte) error {
	if err := t.send(command + "\r\n"); err != nil {
		return err
	}
	return t.smtpReply(want)
}

// greet begins an SMTP session.
func (t *talk) greet() error {
	if err := t.smtpReply('2'); err != nil {
		return err
	}
	return t.smtp("EHLO client.test", '2')
}

// sendMail hands over a message, with NOTIFY when it is not empty; nil is the
// 250 after the final dot.
func (t *talk) sendMail(from, to, notify, text string) error {
	if err := t.smtp("MAIL FROM:<"+from+">", '2'); err != nil {
		return err
	}
	if notify != "" {
		notify = " NOTIFY=" + notify
	}
	if err := t.smtp("RCPT TO:<"+to+">"+notify, '2'); err != nil {
		return err
	}
	if err := t.smtp("DATA", '3'); err != nil {
		return err
	}
	return t.smtp(text+".", '2')
}

// imap sends a command and returns the untagged lines up to its OK; the text
// of the OK comes last.
func (t *talk) imap(command string) ([]string, error) {
	t.tag++
	tag := "t" + strconv.Itoa(t.tag)
	if err := t.send(tag + " " + command + "\r\n"); err != nil {
		return nil, err
	}
	var lines []string
	for {
		line, err := t.line()
		if err != nil {
			return nil, err
		}
		rest, done := strings.CutPrefix(line, tag+" ")
		if !done {
			lines = append(lines, line)
			continue
		}
		if !strings.HasPrefix(rest, "OK") {
			return nil, fmt.Errorf("%w: %s", errRefused, rest)
		}
		return append(lines, rest), nil
	}
}

// login begins an IMAP session in a mailbox and returns its UIDVALIDITY and
// HIGHESTMODSEQ.
func (t *talk) login(user, mailbox string) (validity uint32, modseq uint64, err error) {
	if _, err := t.line(); err != nil {
		return 0, 0, err
	}
	if _, err := t.imap("LOGIN " + user + " " + password); err != nil {
		return 0, 0, err
	}
	return t.selectMailbox(mailbox)
}

func (t *talk) selectMailbox(mailbox string) (validity uint32, modseq uint64, err error) {
	lines, err := t.imap("SELECT " + mailbox + " (CONDSTORE)")
	if err != nil {
		return 0, 0, err
	}
	return uint32(number(lines, validityCode)), number(lines, modseqCode), nil
}

var (
	validityCode  = regexp.MustCompile(`\[UIDVALIDITY (\d+)\]`)
	modseqCode    = regexp.MustCompile(`\[HIGHESTMODSEQ (\d+)\]`)
	fetchModseq   = regexp.MustCompile(`MODSEQ \((\d+)\)`)
	appendUIDCode = regexp.MustCompile(`\[APPENDUID (\d+) (\d+)\]`)
	copyUIDCode   = regexp.MustCompile(`\[COPYUID (\d+) \d+ (\d+)\]`)
	searchResult  = regexp.MustCompile(`^\* SEARCH (\d+)`)
)

// number returns the last group of the first match in lines, 0 without one.
func number(lines []string, re *regexp.Regexp) uint64 {
	for _, line := range lines {
		if m := re.FindStringSubmatch(line); m != nil {
			n, _ := strconv.ParseUint(m[len(m)-1], 10, 64)
			return n
		}
	}
	return 0
}

// pair returns both groups of the first match in lines.
func pair(lines []string, re *regexp.Regexp) (a, b uint32) {
	for _, line := range lines {
		if m := re.FindStringSubmatch(line); len(m) == 3 {
			x, _ := strconv.ParseUint(m[1], 10, 32)
			y, _ := strconv.ParseUint(m[2], 10, 32)
			return uint32(x), uint32(y)
		}
	}
	return 0, 0
}
