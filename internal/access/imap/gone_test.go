package imap

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// syncLog is a log that is read while it is written.
type syncLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *syncLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *syncLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// TestClientDoesNotRead: a client that asks for much and reads nothing is cut
// off. That is no trouble of the server's, so no error is logged, and what the
// client asked for besides is not done.
func TestClientDoesNotRead(t *testing.T) {
	log := new(syncLog)
	s := newServer(t, func(o *serverOptions) {
		o.Limits.WriteTimeout = 100 * time.Millisecond
		o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	c := s.login("alice")
	c.ok("CREATE Untouched")
	message := "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 200_000)
	c.add("INBOX", message)
	c.ok("SELECT INBOX")
	c.send("f FETCH 1 BODY[]\r\ng FETCH 1 BODY[]\r\nh DELETE Untouched\r\n")
	// The server has closed the connection when nothing can be sent any more.
	for err := error(nil); err == nil; time.Sleep(time.Millisecond) {
		c.conn.SetWriteDeadline(time.Now().Add(patience))
		_, err = io.WriteString(c.conn, "x NOOP\r\n")
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("logged as the server's trouble:\n%s", log)
	}
	s.login("alice").ok("SELECT Untouched")
}
