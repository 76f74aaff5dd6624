package imap

import (
	"context"
	"errors"
	"strconv"

	"tram/internal/directory"
	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// statusError is a NO or BAD that a handler decided on itself.
type statusError struct {
	status string // "NO" or "BAD"
	code   string // response code (RFC 3501 7.1, RFC 5530), or ""
	text   string
}

func (e *statusError) Error() string { return e.status + " " + e.text }

func no(code, text string) error { return &statusError{status: "NO", code: code, text: text} }
func bad(text string) error      { return &statusError{status: "BAD", text: text} }

// errUIDRequired refuses message numbers to a client that enabled UIDONLY.
var errUIDRequired error = &statusError{status: "BAD", code: "UIDREQUIRED",
	text: "Message numbers are not allowed once UIDONLY is enabled, use the UID command"}

// keywordsInUse is what to do when there is no room for a keyword.
var keywordsInUse = strconv.Itoa(mailstore.MaxKeywords) + " keywords are in use in this mailbox: use one of them, or first remove one from all messages"

// replies says what the client is told about the errors of the floors below.
// The first that matches counts.
var replies = []struct {
	err  error
	code string
	text string
}{
	{mailstore.ErrNoMailbox, "NONEXISTENT", "Mailbox doesn't exist"},
	{mailstore.ErrMailboxExists, "ALREADYEXISTS", "Mailbox already exists"},
	{mailstore.ErrNoRight, "NOPERM", "Permission denied, MYRIGHTS shows what you may do"},
	{mailstore.ErrEntry, "CANNOT", "Invalid entry name"},
	{mailstore.ErrIdentifier, "CANNOT", "Invalid identifier"},
	{mailstore.ErrTooManyGrants, "LIMIT", "Too many entries in the access control list"},
	{mailstore.ErrMailboxName, "CANNOT", "Invalid mailbox name"},
	{mailstore.ErrInbox, "CANNOT", "INBOX cannot be created or deleted"},
	{mailstore.ErrUse, "USEATTR", "This special use is not supported"},
	{mailstore.ErrUseTaken, "USEATTR", "Another mailbox has this special use"},
	{mailstore.ErrTooManyMailboxes, "LIMIT", "Too many mailboxes"},
	{mailstore.ErrOverQuota, "OVERQUOTA", "Quota exceeded, delete and expunge messages to make room"},
	{mailstore.ErrTooManyKeywords, "LIMIT", keywordsInUse},
	{mailstore.ErrKeyword, "CANNOT", "Invalid keyword"},
	{mailstore.ErrNoMessage, "EXPUNGEISSUED", "Some of the messages no longer exist"},
	{mailstore.ErrMailboxFull, "LIMIT", "Mailbox is full, use another one"},
	{mailstore.ErrTooLarge, "TOOBIG", "Message too large"},
	{blob.ErrTooLarge, "TOOBIG", "Message too large"},
	{directory.ErrAuth, "AUTHENTICATIONFAILED", "Authentication failed"},
	{directory.ErrAuthBusy, "UNAVAILABLE", "Too many logins at once, try again later"},
}

// refuse sends the tagged NO or BAD for an error.
func (s *session) refuse(err error) {
	e := s.explain(err)
	text := e.text
	if e.code != "" {
		text = "[" + e.code + "] " + text
	}
	s.tagged(e.status, text)
	if e.status != "BAD" {
		return
	}
	s.badInARow++
	if s.badInARow >= s.srv.opts.Limits.BadCommands {
		s.bye("Too many invalid commands")
	}
}

// explain is the one place where errors become replies. What is not known is
// the server's trouble: it is logged, and the client hears only that it may try
// again.
func (s *session) explain(err error) *statusError {
	var own *statusError
	var wire *imapwire.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &wire) && wire.Kind == imapwire.TooBig:
		return &statusError{status: "NO", code: "TOOBIG", text: wire.Text}
	case errors.As(err, &wire):
		return &statusError{status: "BAD", text: wire.Text}
	}
	for _, r := range replies {
		if errors.Is(err, r.err) {
			return &statusError{status: "NO", code: r.code, text: r.text}
		}
	}
	if errors.Is(err, context.Canceled) {
		return &statusError{status: "NO", code: "UNAVAILABLE", text: "Server is shutting down"}
	}
	s.srv.log.Error("imap: command failed", "user", s.user, "remote", s.remote, "err", err)
	switch {
	case errors.Is(err, kv.ErrFailed), errors.Is(err, blob.ErrFailed):
		return &statusError{status: "NO", code: "UNAVAILABLE", text: "The store has failed, nothing can be changed: tell the administrator"}
	case isDamage(err):
		return &statusError{status: "NO", code: "CORRUPTION", text: "Stored data is damaged, all else is as it was: tell the administrator"}
	}
	return &statusError{status: "NO", code: "UNAVAILABLE", text: "Internal error, try again later"}
}

// isDamage tells what is wrong with one message from what is wrong with the
// store.
func isDamage(err error) bool {
	return errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrNotFound) ||
		errors.Is(err, mailstore.ErrCorrupt) || errors.Is(err, message.ErrParts)
}
