package imap

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tram/internal/access/imap/inflate"
	"tram/internal/access/listen"
)

// scriptConn is a connection whose client says all it has to say at once.
type scriptConn struct {
	in  io.Reader
	out bytes.Buffer
}

func (c *scriptConn) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *scriptConn) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *scriptConn) Close() error                     { return nil }
func (c *scriptConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *scriptConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *scriptConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptConn) SetWriteDeadline(time.Time) error { return nil }

// anyAccount lets everyone in, each time to an account of its own.
type anyAccount struct{ next atomic.Uint64 }

func (a *anyAccount) Authenticate(_ context.Context, login, _ string, _ netip.Addr) (uint64, string, error) {
	return 5000 + a.next.Add(1), login, nil
}

// noPanics is a log that fails the test on what sessions must not log.
type noPanics struct {
	slog.Handler
	t testing.TB
}

func (h noPanics) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		r.Attrs(func(a slog.Attr) bool { h.t.Log(a); return true })
		h.t.Error(r.Message)
	}
	return nil
}

// FuzzSession sends any bytes to a session that has a mailbox selected. It must
// not panic or hang, and what it answers must be well-formed.
func FuzzSession(f *testing.F) {
	for name, args := range examples {
		f.Add([]byte("a " + name + " " + args + "\r\n"))
	}
	for _, s := range []string{
		"a FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE BODY BODY[1.2.HEADER.FIELDS (A B)]<1.2> RFC822 MODSEQ) (CHANGEDSINCE 1)\r\n",
		"a SEARCH RETURN (MIN MAX ALL COUNT) CHARSET UTF-8 OR (NOT SEEN) (SUBJECT {3+}\r\nabc FROM x) MODSEQ \"/flags/x\" all 3 TEXT y UID 1:* SINCE 1-Jan-2000\r\n",
		"a STORE 1:* (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen a b c)\r\na EXPUNGE\r\n",
		"a APPEND INBOX (\\Seen) \"01-Jan-2020 10:00:00 +0200\" {3+}\r\nabc {3+}\r\ndef\r\n",
		"a LIST (SUBSCRIBED RECURSIVEMATCH) \"a\" (%/* b) RETURN (CHILDREN STATUS (MESSAGES SIZE))\r\n",
		"a ENABLE QRESYNC IMAP4rev2\r\nb SELECT INBOX (QRESYNC (1 2 1:5 (1,2 1,2)) CONDSTORE)\r\nc UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)\r\n",
		"a COMPRESS DEFLATE\r\n\x00\x09\x00\xf6\xffb NOOP\r\n\x00", "a ENABLE UIDONLY\r\nb UID FETCH 1 FLAGS\r\nc UNAUTHENTICATE\r\nd LOGIN a b\r\n",
		"a NOTIFY SET STATUS (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (A)]) MessageExpunge)) (SUBTREE (a {1+}\r\nb) (MailboxName))\r\n",
		"a IDLE\r\nDONE\r\na IDLE\r\nx\r\n", "a CREATE &AOk-/b\r\nb RENAME &AOk- c\r\n", "\r\n\r\n{5+}\r\n", "a ID (\"a\" NIL)\r\n",
	} {
		f.Add([]byte(s))
	}
	quiet := slog.New(slog.DiscardHandler)
	s := newServer(f, func(o *serverOptions) { o.Auth = new(anyAccount); o.Log = quiet; o.Limits.Append = 1 << 16 })
	setup := "s LOGIN a b\r\ns APPEND INBOX {15+}\r\nSubject: a\r\n\r\nb\r\ns SELECT INBOX\r\n"
	f.Fuzz(func(t *testing.T, input []byte) {
		s.log = slog.New(noPanics{quiet.Handler(), t})
		conn := &scriptConn{in: io.MultiReader(strings.NewReader(setup), bytes.NewReader(input))}
		s.ServeConn(t.Context(), conn, listen.Info{PlaintextLogin: true})
		plain, compressed, active := bytes.Cut(conn.out.Bytes(), []byte(" OK DEFLATE active\r\n"))
		if active {
			plain = append(plain, " OK\r\n"...)
			wellFormed(t, inflated(compressed))
		}
		wellFormed(t, plain)
	})
}

// inflated is what the server compressed, up to where it did not any more.
func inflated(data []byte) []byte {
	var r inflate.Reader
	r.Feed(data)
	var out []byte
	buf := make([]byte, 4096)
	for r.Ready() {
		n, err := r.Read(buf)
		if out = append(out, buf[:n]...); err != nil {
			break
		}
	}
	if end := bytes.Index(out, []byte("OK UNAUTHENTICATE completed\r\n")); end >= 0 {
		out = out[:bytes.Index(out[end:], []byte("\n"))+end+1]
	}
	return out
}

// wellFormed checks that output is a sequence of responses: each begins as one,
// ends with CRLF, and has its literals in full.
func wellFormed(t *testing.T, out []byte) {
	t.Helper()
	for begin := true; len(out) > 0; {
		line, rest, ok := bytes.Cut(out, []byte("\r\n"))
		if !ok || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %q", line)
		}
		if begin && !bytes.HasPrefix(line, []byte("* ")) && !bytes.HasPrefix(line, []byte("+ ")) && bytes.IndexByte(line, ' ') < 1 {
			t.Fatalf("response %q", line)
		}
		out, begin = rest, true
		open := bytes.LastIndexByte(line, '{')
		if open < 0 || line[len(line)-1] != '}' {
			continue
		}
		n, err := strconv.Atoi(string(line[open+1 : len(line)-1]))
		if err != nil {
			continue
		}
		if n > len(rest) {
			t.Fatalf("literal of %d bytes, %d left", n, len(rest))
		}
		out, begin = rest[n:], false
	}
}
