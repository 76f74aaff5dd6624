package smtp

import "time"

// Limits of a session. Zero fields have the defaults below.
type Limits struct {
	MessageBytes int64         // of a message; the SIZE of EHLO: 552 5.3.4
	Recipients   int           // of a message: 452 4.5.3
	Errors       int           // refused commands since the last accepted message: 421 4.7.0
	Commands     int           // since the last accepted message, accepted recipients not counted: 421 4.7.0
	AuthFailures int           // wrong passwords in a session: 421 4.7.0
	AuthDelay    time.Duration // wait before the reply to a wrong password, times their number
	Idle         time.Duration // for a command line, a piece of a body, a reply: 421 4.4.2
	Session      time.Duration // in all, ending between messages: 421 4.4.2
	Handshake    time.Duration // of STARTTLS
	Hold         time.Duration // the longest HOLDFOR and HOLDUNTIL (RFC 4865): 501 5.5.4
}

// Defaults of Limits.
const (
	DefaultMessageBytes = 50 << 20
	DefaultRecipients   = 1000 // RFC 5321 4.5.3.1.8 asks for 100
	DefaultErrors       = 30
	DefaultCommands     = 200
	DefaultAuthFailures = 3
	DefaultAuthDelay    = time.Second
	DefaultIdle         = 5 * time.Minute // RFC 5321 4.5.3.2.7
	DefaultSession      = 2 * time.Hour
	DefaultHandshake    = 30 * time.Second
	DefaultHold         = 30 * 24 * time.Hour
)

// Limits that are not settings.
const (
	// maxCommandLine is the longest command with CRLF. RFC 5321 4.5.3.1.4 says
	// 512; parameters add up to some 600 (RFC 3461), SMTPUTF8 10, AUTH 500.
	maxCommandLine = 2048
	// maxTextLine is the longest line of a message, without CRLF. RFC 5321
	// 4.5.3.1.6 says 998; newsletters without a line end are a fact of life.
	maxTextLine = 1 << 20
	// smallChunk is what a chunk of BDAT must hold to be worth a command, and
	// maxSmallChunks how many smaller ones a message may have.
	smallChunk     = 512
	maxSmallChunks = 1000
	// maxHelo is the longest argument of EHLO (RFC 5321 4.5.3.1.2).
	maxHelo = 255

	// A body must come in at bodyRate octets a second on the average, after
	// the first bodyGrace, however small its pieces are.
	bodyRate  = 256
	bodyGrace = 5 * time.Minute
)

func (l Limits) orDefaults() Limits {
	orDefault(&l.MessageBytes, DefaultMessageBytes)
	orDefault(&l.Recipients, DefaultRecipients)
	orDefault(&l.Errors, DefaultErrors)
	orDefault(&l.Commands, DefaultCommands)
	orDefault(&l.AuthFailures, DefaultAuthFailures)
	orDefault(&l.AuthDelay, DefaultAuthDelay)
	orDefault(&l.Idle, DefaultIdle)
	orDefault(&l.Session, DefaultSession)
	orDefault(&l.Handshake, DefaultHandshake)
	orDefault(&l.Hold, DefaultHold)
	return l
}

func orDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
