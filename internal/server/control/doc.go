// Package control is how the command talks to the server: the operations of
// administration as one interface, a client that carries them over a Unix
// socket, and the handler at the other end.
//
// When a server runs, it holds the stores, and the command asks it through
// <data>/control.sock. When none runs, the command opens the stores itself and
// calls the same [Operations] in its own process. So a subcommand is written
// once, against the interface.
//
// # On the wire
//
// HTTP over the socket: POST /v1/<operation> with one JSON value. The answer
// is lines of JSON, each one of
//
//	{"item": …}                            a result; lists and long work send many
//	{"error": {"kind": …, "text": …}}      the end: it failed
//	{"done": true}                         the end: all is well
//
// An answer without an end was cut off, and counts as failed.
//
// # Who may
//
// The socket has mode 0600, and the handler takes connections only from
// processes of root or of the user that the server runs as (SO_PEERCRED).
package control
