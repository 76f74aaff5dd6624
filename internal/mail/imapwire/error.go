package imapwire

// Kind says what a server does about an [Error].
type Kind uint8

const (
	Syntax Kind = iota // answer BAD, go on with the next command
	TooBig             // answer NO [TOOBIG], go on
	Fatal              // answer BYE, close: the next command cannot be found
)

// Error is a fault of the client's command. Errors of the connection itself
// are passed on as they come.
type Error struct {
	Kind Kind
	Text string // human-readable, printable ASCII, never an echo of the input
}

func (e *Error) Error() string { return e.Text }

func syntaxError(text string) error { return &Error{Kind: Syntax, Text: text} }
