package pop

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"tram/internal/mailstore"
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
		p.badCommand(p.say.top)
		return
	}
	if i, ok := p.message(number); ok {
		p.send(ctx, i, int(lines))
	}
}

// whole is the size up to which a message is read in one piece.
const whole = 128 << 10

// send writes a message as a multi-line reply: all of it when lines is
// negative, else its header and so many lines of the body. The reply begins
// only when the message can be read.
func (p *session) send(ctx context.Context, i, lines int) bool {
	m, err := p.drop.record(ctx, i, p.pipelined())
	if err == nil && m.Size <= whole {
		err = p.sendWhole(ctx, i, lines, m)
	} else if err == nil {
		err = p.sendLarge(ctx, i, lines, m)
	}
	switch {
	case errors.Is(err, errNeedsUTF8):
		p.errCode(codeUTF8, p.say.needsUTF8)
	case err != nil:
		p.fail("reading the message", err)
	}
	return err == nil && !p.quit
}

// sendWhole reads a message to its place among the replies and makes it fit:
// that costs one read, and no copy but where a line begins with a dot.
func (p *session) sendWhole(ctx context.Context, i, lines int, m *mailstore.Message) error {
	p.room()
	start := len(p.reply())
	out := p.appendSize(p.out, lines, m.Size)
	at := len(out)
	out, err := p.drop.store.AppendBody(ctx, out, m)
	if err != nil {
		p.out = out[:start]
		return err
	}
	head := at + int(min(m.HeaderSize, int64(len(out)-at)))
	other, err := p.surrogate(out[at:head])
	if err != nil {
		p.out = out[:start]
		return err
	}
	if other != nil {
		body := slices.Clone(out[head:])
		p.drop.setSent(i, int64(len(other)+len(body)))
		out = p.appendSize(out[:start], lines, int64(len(other)+len(body)))
		at = len(out)
		out = append(append(out, other...), body...)
	}
	if lines >= 0 {
		out = out[:at+topEnd(out[at:], lines)]
	}
	p.out = appendEnd(stuffed(out, at), at)
	return nil
}

// appendSize appends the first line of the reply.
func (p *session) appendSize(dst []byte, lines int, size int64) []byte {
	dst = append(dst, "+OK "...)
	if lines >= 0 {
		dst = append(dst, p.say.topFollows...)
	} else {
		dst = append(append(strconv.AppendInt(dst, size, 10), ' '), p.say.octets...)
	}
	return append(dst, "\r\n"...)
}

// sendLarge streams a message.
func (p *session) sendLarge(ctx context.Context, i, lines int, m *mailstore.Message) error {
	body, err := p.drop.store.Body(ctx, m)
	if err != nil {
		return err
	}
	defer body.Close()
	header, err := readHeader(body, m)
	if err != nil {
		return err
	}
	other, err := p.surrogate(header)
	if err != nil {
		return err
	}
	size, from := m.Size, int64(0)
	if other != nil {
		size, from = size-int64(len(header))+int64(len(other)), int64(len(header))
		p.drop.setSent(i, size)
	}
	p.out = p.appendSize(p.reply(), lines, size)
	p.dropOut()
	out := stuffer{w: p.conn, body: lines}
	out.write(other)
	_, err = io.Copy(&out, io.NewSectionReader(body, from, body.Size()-from))
	if err != nil && !out.done {
		// Half a message is out. Without the final dot the client knows that
		// it has not all of it; only the end of the connection says so.
		p.server.opts.Log.Error("pop message unreadable", "login", p.user, "account", p.account, "uid", m.UID, "error", err)
		_ = p.conn.Flush()
		p.conn.NetConn().Close()
		p.quit = true
		return nil
	}
	out.end()
	return nil
}

// topEnd is how much of a message is its header and so many lines of its body.
func topEnd(text []byte, lines int) int {
	s := stuffer{body: lines}
	return len(s.cut(text))
}

// stuffed doubles the dots at the starts of lines in dst[at:] (RFC 1939 3).
func stuffed(dst []byte, at int) []byte {
	text := dst[at:]
	dots := bytes.Count(text, newlineDot)
	if len(text) > 0 && text[0] == '.' {
		dots++
	}
	if dots == 0 {
		return dst
	}
	dst = append(dst, make([]byte, dots)...)
	// From the end, so that nothing is overwritten before it has moved.
	from, to := at+len(text), len(dst)
	for dots > 0 {
		i := bytes.LastIndex(dst[at:from], newlineDot) + 1 // 0: the dot at the very start
		n := copy(dst[to-(from-at-i):to], dst[at+i:from])
		from, to = at+i, to-n-1
		dst[to] = '.'
		dots--
	}
	return dst
}

// appendEnd closes the last line of dst[at:], when the message did not, and the
// reply.
func appendEnd(dst []byte, at int) []byte {
	if len(dst) > at && dst[len(dst)-1] != '\n' {
		dst = append(dst, crlf...)
	}
	return append(dst, endOfText...)
}
