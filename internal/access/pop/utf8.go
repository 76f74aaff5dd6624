package pop

import (
	"context"
	"errors"

	"tram/internal/mail/message"
)

// utf8 is UTF8 (RFC 6856 2.1): from here on messages are sent as they are.
func (p *session) utf8(context.Context, string) {
	p.utf8Mode = true
	p.ok(p.say.utf8On)
}

// errNeedsUTF8 says that there is no surrogate of a message for a client that
// did not say UTF8.
var errNeedsUTF8 = errors.New("pop: header too long for a surrogate")

// maxSurrogate is the longest header that is recoded for a client without UTF8.
const maxSurrogate = 256 << 10

// surrogate returns the header that a client without UTF8 is sent instead of
// one with UTF-8 in it (RFC 6856 2.1, by the rules of RFC 6857), or nil when it
// can have the one that there is. A header with other 8-bit bytes is no
// internationalized one: it is sent as POP3 servers have always sent it.
func (p *session) surrogate(header []byte) ([]byte, error) {
	if p.utf8Mode || !message.Internationalized(header) {
		return nil, nil
	}
	if len(header) > maxSurrogate {
		return nil, errNeedsUTF8
	}
	return message.AppendSurrogate(nil, header), nil
}
