package pop

import (
	"context"
	"strconv"
)

// stat answers the number and the total size of the messages that are not
// marked (RFC 1939 5).
func (p *session) stat(context.Context, string) {
	count, size := p.drop.total()
	p.okNumbers(int64(count), size)
}

// list answers the size of one message or of all (RFC 1939 5).
func (p *session) list(_ context.Context, arg string) {
	if arg != "" {
		if i, ok := p.message(arg); ok {
			p.okNumbers(int64(i+1), p.drop.size(i))
		}
		return
	}
	p.ok("sizes follow")
	for i := range p.drop.len() {
		if !p.drop.deleted(i) {
			p.numbers(int64(i+1), p.drop.size(i))
		}
	}
	p.line(".")
}

// uidl answers the unique id of one message or of all (RFC 1939 7).
func (p *session) uidl(_ context.Context, arg string) {
	if arg != "" {
		if i, ok := p.message(arg); ok {
			p.conn.WriteString("+OK ")
			p.writeUID(i)
		}
		return
	}
	p.ok("unique ids follow")
	for i := range p.drop.len() {
		if !p.drop.deleted(i) {
			p.writeUID(i)
		}
	}
	p.line(".")
}

func (p *session) writeUID(i int) {
	buf := strconv.AppendInt(p.scratch[:0], int64(i+1), 10)
	buf = append(buf, ' ')
	buf = p.drop.appendUID(buf, i)
	p.conn.Write(append(buf, '\r', '\n'))
}

// dele marks a message; QUIT removes it (RFC 1939 5).
func (p *session) dele(_ context.Context, arg string) {
	if i, ok := p.message(arg); ok {
		p.drop.mark(i)
		p.ok("marked as deleted, QUIT removes it")
	}
}

// rset takes all marks back (RFC 1939 5).
func (p *session) rset(context.Context, string) {
	p.drop.unmark()
	p.ok("no message is marked")
}

// last answers the highest message number that was ever fetched (RFC 1460),
// in this session or an earlier one: \Seen remembers it between sessions.
func (p *session) last(context.Context, string) {
	p.ok(strconv.Itoa(p.drop.last))
}
