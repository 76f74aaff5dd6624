package imap

import "time"

// Limits of one session. What a client may make the server hold is bounded
// before it is held; reaching a limit is an ordinary reply. Zero fields of
// [Limits] take these values.
const (
	DefaultLine          = 64 << 10         // bytes of a command without its literals, once logged in
	DefaultLoginLine     = 64 << 10         // the same before login: room for a SASL token, or all that RFC 2971 3.3 allows in ID
	DefaultLiteral       = 64 << 10         // bytes of a literal that is not a message
	DefaultLiterals      = 256 << 10        // bytes of all such literals of one command
	DefaultAppend        = 64 << 20         // bytes of a message in APPEND
	DefaultDepth         = 50               // nested parentheses
	DefaultTokens        = 50_000           // atoms, strings and numbers of one command
	DefaultLoginCommands = 100              // commands before login
	DefaultAuthFailures  = 10               // refused logins before the connection ends; package login bounds the guesses at a login
	DefaultBadCommands   = 50               // BAD replies in a row before it ends: more than there are commands to try in a wrong state
	DefaultMultiAppend   = 1000             // messages in one APPEND
	DefaultSavedRanges   = 250_000          // runs of UIDs, of 8 bytes each, that "$" stands for
	DefaultIdleTimeout   = 30 * time.Minute // silence once logged in; RFC 3501 5.4 asks for 30 minutes
	DefaultIdleNotice    = 2 * time.Minute  // between two "Still here" in IDLE, as in Dovecot
	DefaultLoginTimeout  = 3 * time.Minute  // from the connection to login
	DefaultReadTimeout   = 5 * time.Minute  // silence inside a command
	DefaultWriteTimeout  = 5 * time.Minute  // a client that does not read
	DefaultPushTimeout   = 30 * time.Second // a client in IDLE that does not read
	DefaultHandshake     = 10 * time.Second // TLS after STARTTLS
	DefaultFailureDelay  = time.Second      // before the answer to a refused login
	DefaultProgress      = 10 * time.Second // between two signs of life of a long command (RFC 9585 4)
)

// Limits of a session; the zero value means the defaults above.
type Limits struct {
	Line, LoginLine   int   // bytes
	Literal, Literals int64 // bytes
	Append            int64 // bytes
	Depth, Tokens     int
	LoginCommands     int
	AuthFailures      int
	BadCommands       int
	MultiAppend       int
	SavedRanges       int

	// Messages is how many messages one command works on, Saves how many COPY and
	// APPEND take when Messages is 0 (RFC 9738). 0, which is the default, means
	// any number; RFC 9738 3 wants at least 1000.
	Messages, Saves int

	IdleTimeout, LoginTimeout              time.Duration
	ReadTimeout, WriteTimeout, PushTimeout time.Duration
	Handshake                              time.Duration
	IdleNotice                             time.Duration // negative: never
	FailureDelay                           time.Duration // negative: none
	Progress                               time.Duration
}

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	setDefault(&l.Line, DefaultLine)
	setDefault(&l.LoginLine, DefaultLoginLine)
	setDefault(&l.Literal, DefaultLiteral)
	setDefault(&l.Literals, DefaultLiterals)
	setDefault(&l.Append, DefaultAppend)
	setDefault(&l.Depth, DefaultDepth)
	setDefault(&l.Tokens, DefaultTokens)
	setDefault(&l.LoginCommands, DefaultLoginCommands)
	setDefault(&l.AuthFailures, DefaultAuthFailures)
	setDefault(&l.BadCommands, DefaultBadCommands)
	setDefault(&l.MultiAppend, DefaultMultiAppend)
	setDefault(&l.SavedRanges, DefaultSavedRanges)
	setDefault(&l.IdleTimeout, DefaultIdleTimeout)
	setDefault(&l.IdleNotice, DefaultIdleNotice)
	setDefault(&l.LoginTimeout, DefaultLoginTimeout)
	setDefault(&l.ReadTimeout, DefaultReadTimeout)
	setDefault(&l.WriteTimeout, DefaultWriteTimeout)
	setDefault(&l.PushTimeout, DefaultPushTimeout)
	setDefault(&l.Handshake, DefaultHandshake)
	setDefault(&l.FailureDelay, DefaultFailureDelay)
	setDefault(&l.Progress, DefaultProgress)
	return l
}

func setDefault[T ~int | ~int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
