package smtp

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"tram/internal/mail/smtpwire"
)

// vrfy is RFC 5321 4.1.1.6.
func (s *session) vrfy(ctx context.Context, arg []byte) {
	name, ok := s.inquiry(arg)
	if !ok {
		return
	}
	text, err := s.opts.Receiver.Verify(ctx, &s.peer, name)
	s.answer(ctx, "VRFY", text, err)
}

// expn is RFC 5321 4.1.1.7.
func (s *session) expn(ctx context.Context, arg []byte) {
	name, ok := s.inquiry(arg)
	if !ok {
		return
	}
	lines, err := s.opts.Receiver.Expand(ctx, &s.peer, name)
	s.answer(ctx, "EXPN", strings.Join(lines, "\n"), err)
}

// inquiry returns the argument of VRFY and EXPN. Beyond ASCII it needs the
// SMTPUTF8 parameter behind it, which also promises that the client can read
// the answer (RFC 6531 3.7.4.2).
func (s *session) inquiry(arg []byte) (string, bool) {
	const keyword = " SMTPUTF8"
	utf8OK := false
	if n := len(arg) - len(keyword); n > 0 && strings.EqualFold(string(arg[n:]), keyword) {
		arg, utf8OK = bytes.TrimRight(arg[:n], " "), true
	}
	switch {
	case len(arg) == 0:
		s.refuse(errNoName)
		return "", false
	case !utf8.Valid(arg), !utf8OK && bytes.IndexFunc(arg, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0:
		s.refuse(errNameUTF8)
		return "", false
	}
	return string(arg), true
}

// answer replies to an inquiry; what the Receiver does not tell is 252.
func (s *session) answer(ctx context.Context, verb, text string, err error) {
	switch {
	case err != nil:
		s.fail(ctx, verb, err)
	case text == "":
		s.reply(cannotTell)
	default:
		s.reply(&smtpwire.Reply{Code: 250, Enhanced: "2.1.5", Text: text})
	}
}

// helpTexts are by verb; Unknown is the overview.
var helpTexts = [smtpwire.NumVerbs]string{
	smtpwire.Unknown: "This is Tram. It understands:\n" +
		"EHLO HELO LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY EXPN HELP QUIT STARTTLS AUTH ETRN XCLIENT\n" +
		"HELP and a command tells more. The protocol is RFC 5321.",
	smtpwire.HELO:     "HELO <your host name>\nSay who you are. EHLO does the same and lists what this server offers.",
	smtpwire.EHLO:     "EHLO <your host name>\nSay who you are. The reply lists what this server offers.",
	smtpwire.LHLO:     "LHLO <your host name>\nThe EHLO of LMTP, on ports where that is spoken.",
	smtpwire.MAIL:     "MAIL FROM:<address> [SIZE=octets] [BODY=7BIT|8BITMIME] [SMTPUTF8]\nBegin a message. The address gets it back if it cannot be delivered; <> for none.",
	smtpwire.RCPT:     "RCPT TO:<address>\nAdd a recipient. Repeat it for several.",
	smtpwire.DATA:     "DATA\nThen, after the reply 354, the message: lines that end in CR LF.\nPut another dot in front of a line that begins with one, and end with a dot alone on a line.",
	smtpwire.BDAT:     "BDAT <octets> [LAST]\nThen at once, without waiting, that many octets of the message.",
	smtpwire.RSET:     "RSET\nForget sender and recipients.",
	smtpwire.NOOP:     "NOOP\nDo nothing.",
	smtpwire.VRFY:     "VRFY <name or address>\nAsk whether it exists here. Many servers do not tell strangers.",
	smtpwire.EXPN:     "EXPN <alias>\nAsk who gets its mail. Many servers do not tell strangers.",
	smtpwire.HELP:     "HELP [command]",
	smtpwire.QUIT:     "QUIT\nSay goodbye.",
	smtpwire.STARTTLS: "STARTTLS\nBegin TLS on this connection. Say EHLO again afterwards.",
	smtpwire.AUTH:     "AUTH <mechanism> [response in base64]\nLog in, on submission ports and under TLS only. The reply to EHLO lists the mechanisms.",
	smtpwire.ETRN:     "ETRN <domain>\nTry waiting mail for the domain now.",
	smtpwire.XCLIENT:  "XCLIENT <attribute>=<value> …\nSay for whom you speak, if you are trusted.",
}

// help is RFC 5321 4.1.1.8.
func (s *session) help(_ context.Context, arg []byte) {
	text := helpTexts[smtpwire.LookupVerb(arg)]
	if text == "" {
		text = helpTexts[smtpwire.Unknown]
	}
	s.reply(&smtpwire.Reply{Code: 214, Enhanced: "2.0.0", Text: text})
}
