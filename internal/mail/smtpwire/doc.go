// Package smtpwire is the language of SMTP (RFC 5321) without the
// conversation: command lines, parameters, replies, and the dot-stuffed text
// of DATA, in both directions. It does no I/O of its own and keeps no state
// between lines, so the server (access/smtp), the client (agent/mta) and LMTP
// share it.
//
//	verb, arg := smtpwire.ParseCommand(line)      // "MAIL", "FROM:<a@b> SIZE=9"
//	from, params, err := smtpwire.ParseMail(arg)   // typed; err is a *Reply
//	body.Reset(source, limits)                     // DotReader: strict end of data
//	w := smtpwire.NewDotWriter(conn)               // DotWriter: canonical, stuffed
//
// # One message in, one message out
//
// Both directions have one place for line endings. [DotReader] ends a message
// at CR LF "." CR LF and nowhere else, and refuses the message when it holds a
// CR without LF, a LF without CR, or a NUL; [DotWriter] never sends one,
// whatever it is given. So what one side of Tram takes for text, no peer can
// take for commands (SMTP smuggling, CVE-2023-51764 and its kin).
//
// # Errors
//
// A parser of peers' bytes returns a *[Reply] as its error: code, enhanced
// code (RFC 3463) and a sentence that says what to do. Such a sentence never
// repeats the input.
package smtpwire
