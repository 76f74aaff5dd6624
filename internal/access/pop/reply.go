package pop

import (
	"context"
	"errors"
	"strconv"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// The writes below are collected; an error of the connection shows at the
// next read.

func (p *session) ok(text string) {
	p.conn.WriteString("+OK ")
	p.conn.WriteString(text)
	p.conn.WriteString("\r\n")
}

func (p *session) err(text string) {
	p.conn.WriteString("-ERR ")
	p.conn.WriteString(text)
	p.conn.WriteString("\r\n")
}

// okNumbers writes "+OK a b".
func (p *session) okNumbers(a, b int64) {
	p.conn.WriteString("+OK ")
	p.numbers(a, b)
}

func (p *session) numbers(a, b int64) {
	buf := strconv.AppendInt(p.scratch[:0], a, 10)
	buf = append(buf, ' ')
	buf = strconv.AppendInt(buf, b, 10)
	p.conn.Write(append(buf, '\r', '\n'))
}

// line writes one line of a multi-line reply.
func (p *session) line(text string) {
	p.conn.WriteString(text)
	p.conn.WriteString("\r\n")
}

// fail maps an error of the store to a reply. Clients never see internals.
func (p *session) fail(what string, err error) {
	if errors.Is(err, context.Canceled) {
		p.err("[SYS/TEMP] server is stopping, connect again in a minute")
		return
	}
	p.server.opts.Log.Error("pop command failed", "command", what, "account", p.account, "remote", p.info.Remote, "error", err)
	switch {
	case errors.Is(err, mailstore.ErrNoMessage):
		p.err("message is gone, another session removed it")
	case errors.Is(err, kv.ErrFailed):
		p.err("[SYS/PERM] mail store failed, ask the administrator")
	default:
		p.err("[SYS/TEMP] " + what + " failed, try again later")
	}
}

// appendCount appends "N messages (S octets)".
func appendCount(dst []byte, count int, size int64) []byte {
	dst = strconv.AppendInt(dst, int64(count), 10)
	dst = append(dst, " messages ("...)
	dst = strconv.AppendInt(dst, size, 10)
	return append(dst, " octets)"...)
}
