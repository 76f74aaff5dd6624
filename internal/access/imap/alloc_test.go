package imap

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"tram/internal/access/listen"
)

// sinkConn is a scriptConn whose answers are counted and thrown away.
type sinkConn struct {
	scriptConn
	bytes int
}

func (c *sinkConn) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return len(p), nil
}

// TestAllocations holds the commands that go through a whole mailbox to what
// they may allocate a message: close to nothing.
func TestAllocations(t *testing.T) {
	const n = 2000
	// Searches are to read; and nothing else may allocate meanwhile.
	s := newServer(t, func(o *serverOptions) { o.store.NoTextIndex = true })
	c := s.login("alice")
	var messages strings.Builder
	for i := range n {
		body := testMessage(i) + strings.Repeat("0123456789\r\n", 300)
		fmt.Fprintf(&messages, " {%d+}\r\n%s", len(body), body)
		if i%500 == 499 {
			c.ok("APPEND INBOX" + messages.String())
			messages.Reset()
		}
	}
	run := func(command string) (allocs float64, size int) {
		script := "a LOGIN alice secret\r\nb SELECT INBOX\r\nc " + command + "\r\n"
		conn := &sinkConn{scriptConn: scriptConn{in: io.Reader(bytes.NewReader([]byte(script)))}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.ServeConn(t.Context(), conn, listen.Info{PlaintextLogin: true})
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / n, conn.bytes
	}
	for _, c := range []struct {
		command string
		most    float64 // allocations a message
		bytes   int     // of the answer, at least, a message
	}{
		{"FETCH 1:* (FLAGS)", 0.2, 20},
		{"FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", 0.5, 200},
		{"FETCH 1:* (BODYSTRUCTURE)", 0.5, 50},
		{"FETCH 1:* (BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT)])", 0.5, 100},
		{"FETCH 1:* (BODY.PEEK[])", 2, 3600},
		{"SEARCH ALL", 0.2, 2},
		{"SEARCH UNSEEN SUBJECT nothing", 0.5, 0},
		{"SEARCH FROM nothing", 0.5, 0},
		{"SEARCH TEXT nothing", 4, 0},
		{"SEARCH SINCE 1-Jan-2000", 0.5, 2},
		{"SORT (DATE) UTF-8 ALL", 1, 2},
		{"THREAD REFERENCES UTF-8 ALL", 4, 2},
	} {
		run(c.command) // pools and caches
		allocs, size := run(c.command)
		t.Logf("%-70s %.2f allocations, %d bytes", c.command, allocs, size/n)
		if allocs > c.most {
			t.Errorf("%s: %.2f allocations a message, more than %v", c.command, allocs, c.most)
		}
		if size < c.bytes*n {
			t.Errorf("%s: an answer of %d bytes", c.command, size)
		}
	}
}
