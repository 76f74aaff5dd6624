package pop

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tram/internal/mailstore"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// The response codes (RFC 2449 8, RFC 3206, RFC 6856 5).
const (
	codeAuth       = "[AUTH] "
	codeInUse      = "[IN-USE] "
	codeLoginDelay = "[LOGIN-DELAY] "
	codeTemporary  = "[SYS/TEMP] "
	codePermanent  = "[SYS/PERM] "
	codeUTF8       = "[UTF8] "
)

func (p *session) ok(text string)  { p.status("+OK ", "", text) }
func (p *session) err(text string) { p.status("-ERR ", "", text) }

// errCode is err with a response code in front of the words.
func (p *session) errCode(code, text string) { p.status("-ERR ", code, text) }

func (p *session) status(mark, code, text string) {
	out := append(p.reply(), mark...)
	out = append(append(out, code...), text...)
	p.out = append(out, "\r\n"...)
}

// okf and errf fill in what a text leaves open.
func (p *session) okf(text string, args ...any)  { p.ok(fmt.Sprintf(text, args...)) }
func (p *session) errf(text string, args ...any) { p.err(fmt.Sprintf(text, args...)) }

// okNumbers writes "+OK a b".
func (p *session) okNumbers(a, b int64) {
	p.out = append(p.reply(), "+OK "...)
	p.numbers(a, b)
}

func (p *session) numbers(a, b int64) {
	out := strconv.AppendInt(p.reply(), a, 10)
	out = append(out, ' ')
	out = strconv.AppendInt(out, b, 10)
	p.out = append(out, "\r\n"...)
	p.room()
}

// line writes one line of a multi-line reply that has no dot in front.
func (p *session) line(text string) {
	p.out = append(append(p.reply(), text...), "\r\n"...)
	p.room()
}

// fail maps an error of the store to a reply. Clients never see internals.
func (p *session) fail(what string, err error) {
	if errors.Is(err, context.Canceled) {
		p.errCode(codeTemporary, p.say.stopping)
		return
	}
	if errors.Is(err, mailstore.ErrNoMessage) {
		p.err(p.say.gone)
		return
	}
	p.server.opts.Log.Error("pop command failed", "command", what, "login", p.user, "account", p.account, "remote", p.info.Remote, "error", err)
	switch {
	case errors.Is(err, blob.ErrCorrupt), errors.Is(err, blob.ErrNotFound), errors.Is(err, mailstore.ErrCorrupt):
		p.errCode(codePermanent, p.say.damaged)
	case errors.Is(err, kv.ErrFailed), errors.Is(err, blob.ErrFailed):
		p.errCode(codePermanent, p.say.storeFailed)
	default:
		p.errCode(codeTemporary, p.say.tryLater)
	}
}
