package smtp

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"syscall"

	"tram/internal/mail/smtpwire"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Replies that are always the same. They say what to do next.
var (
	okMail     = smtpwire.NewReply(250, "2.1.0", "Sender accepted")
	okChunk    = smtpwire.NewReply(250, "2.0.0", "Chunk received")
	okRcpt     = smtpwire.NewReply(250, "2.1.5", "Recipient accepted")
	okReset    = smtpwire.NewReply(250, "2.0.0", "Transaction forgotten")
	okNoop     = smtpwire.NewReply(250, "2.0.0", "OK")
	okQuit     = smtpwire.NewReply(221, "2.0.0", "Goodbye")
	okAuth     = smtpwire.NewReply(235, "2.7.0", "Authentication succeeded")
	startMail  = smtpwire.NewReply(354, "", "Send the message, end with a dot alone on a line")
	startTLS   = smtpwire.NewReply(220, "2.0.0", "Begin TLS now")
	cannotTell = smtpwire.NewReply(252, "2.5.2", "Cannot tell; send the message and see")

	errStopping        = smtpwire.NewReply(421, "4.3.2", "This server is stopping, connect again in a moment")
	errTimeout         = smtpwire.NewReply(421, "4.4.2", "Nothing heard for too long, connect again")
	errTooManyErrors   = smtpwire.NewReply(421, "4.7.0", "Too many refused commands, goodbye")
	errTooManyCommands = smtpwire.NewReply(421, "4.7.0", "Too many commands without a message, goodbye")
	errTooManyChunks   = smtpwire.NewReply(421, "4.7.0", "Too many small chunks, goodbye; send larger ones")
	errTooManyAuth     = smtpwire.NewReply(421, "4.7.0", "Too many wrong passwords, goodbye")
	errStoreFailed     = smtpwire.NewReply(421, "4.3.2", "This server takes no mail at present, try again later")

	errEarly          = smtpwire.NewReply(554, "5.5.0", "You sent more before it was your turn; wait for the greeting and for the replies to EHLO, DATA, STARTTLS and AUTH")
	errHTTP           = smtpwire.NewReply(554, "5.5.1", "This is a mail server, not a web server")
	errLineTooLong    = smtpwire.NewReply(500, "5.5.2", "The line is too long")
	errBareLF         = smtpwire.NewReply(500, "5.5.2", "The line ends in LF; end each line with CR LF")
	errControl        = smtpwire.NewReply(500, "5.5.2", "The line holds a control character")
	errUnknownCommand = smtpwire.NewReply(500, "5.5.1", "Unknown command; HELP lists those that there are")
	errNotImplemented = smtpwire.NewReply(502, "5.5.1", "This command is not implemented here")
	errNoArgument     = smtpwire.NewReply(501, "5.5.4", "This command takes no argument")
	errHelo           = smtpwire.NewReply(501, "5.5.4", "Give your host name, one word")
	errNeedEhlo       = smtpwire.NewReply(503, "5.5.1", "Say EHLO first")
	errNeedMail       = smtpwire.NewReply(503, "5.5.1", "Say MAIL first")
	errNeedRcpt       = smtpwire.NewReply(554, "5.5.1", "No recipient was accepted; say RCPT first")
	errNeedRcptLMTP   = smtpwire.NewReply(503, "5.5.1", "No recipient was accepted; say RCPT first")
	errNeedBDAT       = smtpwire.NewReply(503, "5.5.1", "A message with BODY=BINARYMIME is sent with BDAT; say RSET first")
	errSpoiled        = smtpwire.NewReply(503, "5.5.1", "The message was broken off; say RSET first")
	errNestedMail     = smtpwire.NewReply(503, "5.5.1", "A message has been begun; say RSET to give it up")
	errTooLarge       = smtpwire.NewReply(552, "5.3.4", "The message is larger than the SIZE in the reply to EHLO")
	errTooManyRcpts   = smtpwire.NewReply(452, "4.5.3", "Too many recipients; send the message to the rest of them separately")
	errInternal       = smtpwire.NewReply(451, "4.3.0", "Something went wrong here, try again later")
	errStorage        = smtpwire.NewReply(452, "4.3.1", "No room for the message at present, try again later")

	errHold    = smtpwire.NewReply(501, "5.5.4", "The message would wait for longer than the reply to EHLO allows")
	errSayLHLO = smtpwire.NewReply(500, "5.5.1", "This is LMTP: say LHLO")
	errSayEHLO = smtpwire.NewReply(500, "5.5.1", "This is SMTP: say EHLO")

	errETRNSoon   = smtpwire.NewReply(458, "4.7.0", "The queue was started a moment ago, try again later")
	errETRNMail   = smtpwire.NewReply(503, "5.5.1", "ETRN is not possible within a message; say RSET to give it up")
	errXClient    = smtpwire.NewReply(550, "5.7.1", "XCLIENT is for trusted hosts")
	errXClientNow = smtpwire.NewReply(503, "5.5.1", "XCLIENT is not possible within a message; say RSET to give it up")

	errNoTLS      = smtpwire.NewReply(502, "5.5.1", "TLS is not available here")
	errTLSAlready = smtpwire.NewReply(503, "5.5.1", "TLS is in use already")
	errNeedTLS    = smtpwire.NewReply(530, "5.7.0", "Say STARTTLS first")

	errNeedAuth      = smtpwire.NewReply(530, "5.7.0", "Log in first, with AUTH")
	errNoAuthHere    = smtpwire.NewReply(502, "5.5.1", "There is no login on this port; users send mail through the submission port")
	errAuthNow       = smtpwire.NewReply(503, "5.5.1", "AUTH is possible once, and not within a message")
	errAuthNeedsTLS  = smtpwire.NewReply(538, "5.7.11", "Passwords are taken under TLS only; say STARTTLS first")
	errMechanism     = smtpwire.NewReply(504, "5.5.4", "This mechanism is not offered; the reply to EHLO lists them")
	errAuthCancelled = smtpwire.NewReply(501, "5.7.0", "Authentication cancelled")
	errAuthSyntax    = smtpwire.NewReply(501, "5.5.2", "The response is malformed")
	errAuthFailed    = smtpwire.NewReply(535, "5.7.8", "Login or password is wrong")
	errAuthTemporary = smtpwire.NewReply(454, "4.7.0", "The password cannot be checked at present, try again later")

	errNoName   = smtpwire.NewReply(501, "5.5.4", "Give a name or an address")
	errNameUTF8 = smtpwire.NewReply(553, "5.6.7", "Say SMTPUTF8 behind a name that is not ASCII, and use UTF-8")
)

// fail replies to a command that the Receiver, the parser or the body refused.
func (s *session) fail(ctx context.Context, verb string, err error) {
	reply := replyFor(err)
	if reply == errInternal || reply == errStoreFailed {
		s.opts.Log.ErrorContext(ctx, "command failed", slog.String("command", verb), slog.String("remote", s.peer.Remote.String()), slog.Any("error", err))
	}
	s.refuse(reply)
}

// failAll is fail for the n recipients of a message that was read.
func (s *session) failAll(ctx context.Context, err error, n int) {
	s.fail(ctx, s.verb.String(), err)
	s.repeat(replyFor(err), n-1)
}

// refuseAll is refuse for the n recipients of a message.
func (s *session) refuseAll(r *smtpwire.Reply, n int) {
	s.refuse(r)
	s.repeat(r, n-1)
}

// repeat gives the other recipients of a message their replies. They count as
// one error.
func (s *session) repeat(r *smtpwire.Reply, n int) {
	for range n {
		s.reply(r)
	}
}

// replyFor is the one place where errors become replies. An error that nobody
// knows is temporary: a retry beats a loss. Nothing here is positive.
func replyFor(err error) *smtpwire.Reply {
	var reply *smtpwire.Reply
	switch {
	case errors.As(err, &reply) && (reply.Temporary() || reply.Permanent()):
		return reply
	case errors.Is(err, kv.ErrFailed), errors.Is(err, blob.ErrFailed), errors.Is(err, kv.ErrClosed):
		return errStoreFailed
	case errors.Is(err, blob.ErrTooLarge):
		return errTooLarge
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errStorage
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	}
	return errInternal
}
