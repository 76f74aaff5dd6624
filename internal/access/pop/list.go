package pop

import (
	"context"
	"strconv"
)

// stat answers the number and the total size of the messages that are not
// marked (RFC 1939 5). Sizes are those of the messages as they are stored, also
// for a client without UTF8: RFC 6856 2.1 leaves that open.
func (p *session) stat(context.Context, string) {
	count, size := p.drop.total()
	p.okNumbers(int64(count), size)
}

// list answers the size of one message or of all (RFC 1939 5): the octets that
// RETR sends, dots not doubled.
func (p *session) list(ctx context.Context, arg string) {
	if arg != "" {
		i, ok := p.message(arg)
		if !ok {
			return
		}
		if err := p.surrogateSizes(ctx, i, i+1); err != nil {
			p.fail("reading the sizes", err)
			return
		}
		p.okNumbers(int64(i+1), p.drop.sentSize(i))
		return
	}
	if err := p.surrogateSizes(ctx, 0, p.drop.len()); err != nil {
		p.fail("reading the sizes", err)
		return
	}
	count, size := p.drop.total()
	p.okf(p.say.count, count, size)
	for i := range p.drop.len() {
		if !p.drop.deleted(i) {
			p.numbers(int64(i+1), p.drop.sentSize(i))
		}
	}
	p.line(".")
}

// surrogateSizes makes sure that the sizes of messages from … to-1 are known as
// this client is sent them.
func (p *session) surrogateSizes(ctx context.Context, from, to int) error {
	if p.utf8Mode {
		return nil
	}
	return p.drop.measure(ctx, from, to, p.surrogate)
}

// uidl answers the unique id of one message or of all (RFC 1939 7).
func (p *session) uidl(ctx context.Context, arg string) {
	from, to := 0, p.drop.len()
	if arg != "" {
		i, ok := p.message(arg)
		if !ok {
			return
		}
		from, to = i, i+1
	}
	if err := p.drop.identify(ctx, from, to); err != nil {
		p.fail("reading the unique ids", err)
		return
	}
	if arg != "" {
		p.out = append(p.reply(), "+OK "...)
		p.writeUID(from)
		return
	}
	count, size := p.drop.total()
	p.okf(p.say.count, count, size)
	for i := range to {
		if !p.drop.deleted(i) {
			p.writeUID(i)
		}
	}
	p.line(".")
}

func (p *session) writeUID(i int) {
	out := strconv.AppendInt(p.reply(), int64(i+1), 10)
	out = p.drop.appendUID(append(out, ' '), i)
	p.out = append(out, "\r\n"...)
	p.room()
}

// dele marks a message; QUIT removes it (RFC 1939 5).
func (p *session) dele(_ context.Context, arg string) {
	if i, ok := p.message(arg); ok {
		p.drop.mark(i)
		p.ok(p.say.markedNow)
	}
}

// rset takes all marks back (RFC 1939 5).
func (p *session) rset(context.Context, string) {
	p.drop.unmark()
	p.ok(p.say.unmarked)
}

// last answers the highest message number that was ever fetched (RFC 1460),
// in this session or an earlier one: \Seen remembers it between sessions.
func (p *session) last(context.Context, string) {
	p.ok(strconv.Itoa(p.drop.last))
}
