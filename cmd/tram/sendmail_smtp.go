package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"tram/internal/server/local"
)

// maxTalkLine bounds a line of a conversation, in octets.
const maxTalkLine = 2 << 20

// talk is a conversation between standard input and the server (sendmail -bs).
// It goes step by step: programs and people send all at once, with LF as line
// end, what the server takes only in turn and with CR LF.
type talk struct {
	in, server *bufio.Reader
	to         *bufio.Writer // the server
	out        io.Writer
}

// speakSMTP connects standard input and output with the server.
func (a *app) speakSMTP(ctx context.Context) error {
	conn, err := local.Dial(ctx, a.localDirectory())
	if err != nil {
		fmt.Fprint(a.stdout, "421 4.3.2 No server runs here, try again later\r\n")
		return &codedError{exitTemporary, err}
	}
	defer conn.Close()
	return newTalk(a.stdin, a.stdout, conn).run()
}

func newTalk(in io.Reader, out io.Writer, conn net.Conn) *talk {
	return &talk{in: bufio.NewReaderSize(in, maxTalkLine), server: bufio.NewReader(conn), to: bufio.NewWriter(conn), out: out}
}

func (t *talk) run() error {
	code, err := t.reply()
	for err == nil && code != "221" && code != "421" {
		var line string
		if line, err = t.line(); err != nil {
			break
		}
		fmt.Fprintf(t.to, "%s\r\n", line)
		if code, err = t.reply(); err == nil && code == "354" {
			if err = t.text(); err == nil {
				code, err = t.reply()
			}
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// line reads a line of input without its end.
func (t *talk) line() (string, error) {
	line, err := t.in.ReadSlice('\n')
	if len(line) == 0 {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// text passes a message on, its dots as they are.
func (t *talk) text() error {
	for {
		line, err := t.line()
		if err != nil {
			return err // the server gets no end, and so no message
		}
		fmt.Fprintf(t.to, "%s\r\n", line)
		if line == "." {
			return nil
		}
	}
}

// reply passes a reply on and returns its code. What cannot be used step by
// step is left out of what the server offers.
func (t *talk) reply() (code string, err error) {
	if err := t.to.Flush(); err != nil {
		return "", err
	}
	for {
		line, err := t.server.ReadString('\n')
		if err != nil {
			return "", err
		}
		if len(line) < 4 {
			return "", fmt.Errorf("the server says %q", line)
		}
		keyword := strings.TrimSpace(line[4:])
		if line[3] == '-' && (keyword == "CHUNKING" || keyword == "BINARYMIME") {
			continue
		}
		if _, err := io.WriteString(t.out, line); err != nil {
			return "", err
		}
		if line[3] != '-' {
			return line[:3], nil
		}
	}
}
