// Package imapwire is the language of IMAP as it stands on the wire: what a
// client may send, read within budgets, and what a server says, written without
// a way to say it wrong. It knows no command and does no I/O of its own.
//
// # Reading
//
// A [Decoder] reads one command after the other from a [Source]. Its methods
// come in pairs as the grammar of RFC 3501 9 does: X reads an optional element
// and reports whether it was there, ExpectX reads a required one and notes an
// error when it is missing. The first error sticks, so that a handler can be
// written as the grammar is:
//
//	// copy = "COPY" SP sequence-set SP mailbox
//	if !dec.ExpectSP() || !dec.ExpectNumSet(&set) || !dec.ExpectSP() || !dec.ExpectMailbox(&name) || !dec.ExpectCRLF() {
//		return dec.Err()
//	}
//
// Every command has budgets ([Limits]): bytes of its line, bytes of its
// literals, tokens, depth of parentheses. They are checked before memory is
// taken, and what a client merely announces is never allocated. After an error
// [Decoder.Discard] finds the beginning of the next command, whatever literals
// lie in between.
//
// # Writing
//
// An [Encoder] collects a response in a borrowed buffer and hands it on when
// the buffer is full or flushed. Strings become atoms, quoted strings or
// literals as their bytes demand, so that no value can break out of its place.
package imapwire
