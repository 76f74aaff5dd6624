package interop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// imapClient speaks IMAP and takes apart what it hears, and nothing else: it
// must not repair what a server does wrong.
type imapClient struct {
	t    testing.TB
	name string // of the server, for messages
	user string
	conn net.Conn
	r    *bufio.Reader
	tags int
}

// answer is everything that a server says to one command.
type answer struct {
	untagged [][]byte // whole responses without "* ", literals as {n}CRLF and n bytes
	asked    int      // continuation requests
	status   string   // OK, NO, BAD; BYE when the connection ended
	text     string   // behind the status
}

func dialIMAP(t testing.TB, name, address, user, password string) *imapClient {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &imapClient{t: t, name: name, user: user, conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}
	if greeting, err := c.response(); err != nil || !bytes.HasPrefix(greeting, []byte("* OK")) {
		t.Fatalf("%s: %q, %v", name, greeting, err)
	}
	c.must(fmt.Sprintf("LOGIN %q %q", user, password))
	return c
}

// do sends a command, which may hold literals as {n+}, and reads the answer.
func (c *imapClient) do(command string) answer {
	c.send(command)
	return c.await()
}

// must is do for what has to work.
func (c *imapClient) must(command string) answer {
	c.t.Helper()
	a := c.do(command)
	if a.status != "OK" {
		c.t.Fatalf("%s: %.200s: %s %s", c.name, command, a.status, a.text)
	}
	return a
}

func (c *imapClient) send(command string) {
	c.tags++
	c.conn.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(c.conn, "t"+strconv.Itoa(c.tags)+" "+command+"\r\n") // a failure is seen by await
}

// await reads up to the tagged response of the last command.
func (c *imapClient) await() answer {
	tag := "t" + strconv.Itoa(c.tags) + " "
	var a answer
	for {
		r, err := c.response()
		switch {
		case err != nil:
			a.status, a.text = "BYE", err.Error()
			return a
		case bytes.HasPrefix(r, []byte("* ")):
			a.untagged = append(a.untagged, r[2:])
		case bytes.HasPrefix(r, []byte("+")):
			a.asked++
		case bytes.HasPrefix(r, []byte(tag)):
			a.status, a.text, _ = strings.Cut(string(r[len(tag):]), " ")
			return a
		}
	}
}

// response reads one response with its literals, without the last CRLF.
func (c *imapClient) response() ([]byte, error) {
	var all []byte
	for {
		line, err := c.r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		all = append(all, line...)
		n := literalSize(line)
		if n < 0 {
			return bytes.TrimRight(all, "\r\n"), nil
		}
		at := len(all)
		all = append(all, make([]byte, n)...)
		if _, err := io.ReadFull(c.r, all[at:]); err != nil {
			return nil, err
		}
	}
}

// literalSize is the size in {n} at the end of a line, or -1.
func literalSize(line []byte) int {
	line = bytes.TrimRight(line, "\r\n")
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || !bytes.HasSuffix(line, []byte("}")) {
		return -1
	}
	n, err := strconv.Atoi(string(line[open+1 : len(line)-1]))
	if err != nil {
		return -1
	}
	return n
}
