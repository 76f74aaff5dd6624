package pop

import (
	"context"
	"io"
	"strconv"
	"strings"
)

// retr sends a whole message (RFC 1939 5).
func (p *session) retr(ctx context.Context, arg string) {
	i, ok := p.message(arg)
	if !ok {
		return
	}
	if p.send(ctx, i, -1) {
		p.drop.fetched(i)
	}
}

// top sends the header and the first lines of the body (RFC 1939 7).
func (p *session) top(ctx context.Context, arg string) {
	number, count, _ := strings.Cut(strings.TrimSpace(arg), " ")
	lines, err := strconv.ParseUint(strings.TrimSpace(count), 10, 31)
	if err != nil {
		p.badCommand("TOP takes a message number and a number of lines")
		return
	}
	if i, ok := p.message(number); ok {
		p.send(ctx, i, int(lines))
	}
}

// whole is the size up to which a message is read in one piece.
const whole = 1 << 20

// send writes a message as a multi-line reply: all of it when lines is
// negative, else its header and so many lines of the body. The reply begins
// only when the message can be read.
func (p *session) send(ctx context.Context, i, lines int) bool {
	out := stuffer{w: p.conn, body: lines}
	if p.drop.size(i) <= whole {
		message, err := p.drop.read(ctx, i)
		if err != nil {
			p.fail("reading the message", err)
			return false
		}
		p.okOctets(p.drop.size(i))
		out.write(message)
		out.end()
		return true
	}
	r, err := p.drop.open(ctx, i)
	if err != nil {
		p.fail("reading the message", err)
		return false
	}
	defer r.Close()
	p.okOctets(p.drop.size(i))
	if _, err := io.Copy(&out, io.NewSectionReader(r, 0, r.Size())); err != nil && !out.done {
		// Half a message is out. Without the final dot the client knows that
		// it has not all of it; only the end of the connection says so.
		p.server.opts.Log.Error("pop message unreadable", "account", p.account, "error", err)
		p.conn.NetConn().Close()
		p.quit = true
		return false
	}
	out.end()
	return true
}

func (p *session) okOctets(size int64) {
	p.conn.WriteString("+OK ")
	buf := strconv.AppendInt(p.scratch[:0], size, 10)
	p.conn.Write(append(buf, " octets\r\n"...))
}
