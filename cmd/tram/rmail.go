package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// maxUUCPLine bounds the first line of a message that came by UUCP.
const maxUUCPLine = 4096

// uucpSender reads the lines in front of a UUCP message, "From sender date
// remote from host" and ">From …", and returns the sender that they tell and
// the message.
func uucpSender(in io.Reader) (from string, rest io.Reader, err error) {
	r := bufio.NewReaderSize(in, maxUUCPLine)
	for {
		start, err := r.Peek(len(">From "))
		if err != nil && !errors.Is(err, io.EOF) {
			return "", nil, err
		}
		line := strings.TrimPrefix(string(start), ">")
		if !strings.HasPrefix(line, "From ") {
			return from, r, nil
		}
		text, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", nil, err
		}
		words := strings.Fields(strings.TrimPrefix(text, ">"))
		if len(words) < 2 {
			continue
		}
		remote := ""
		if n := len(words); n > 4 && words[n-3] == "remote" && words[n-2] == "from" {
			remote = words[n-1]
		}
		from = uucpPath(words[1], remote)
	}
}
