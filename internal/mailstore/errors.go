package mailstore

import "errors"

// What a caller may tell its client. Every other error means that the store
// could not do its work; it is temporary as far as the client is concerned.
var (
	// ErrNoMailbox says that no mailbox has this name or ID.
	ErrNoMailbox = errors.New("mailstore: no such mailbox")
	// ErrMailboxExists says that the name is taken.
	ErrMailboxExists = errors.New("mailstore: mailbox exists already")
	// ErrMailboxName says why a name cannot be given to a mailbox.
	ErrMailboxName = errors.New("mailstore: invalid mailbox name")
	// ErrNoRight says that somebody may know of the mailbox, but not do this with
	// it. Who may not know of it is told ErrNoMailbox.
	ErrNoRight = errors.New("mailstore: no right to do this")
	// ErrInbox says that INBOX cannot be created or deleted.
	ErrInbox = errors.New("mailstore: INBOX cannot be created or deleted")
	// ErrUseTaken says that another mailbox has this special use already.
	ErrUseTaken = errors.New("mailstore: another mailbox has this special use")
	// ErrTooManyMailboxes says that the account has MaxMailboxes mailboxes or
	// MaxSubscriptions subscriptions.
	ErrTooManyMailboxes = errors.New("mailstore: too many mailboxes")
	// ErrOverQuota says that the message does not fit into the quota.
	ErrOverQuota = errors.New("mailstore: over quota")
	// ErrTooManyKeywords says that the messages of the mailbox have MaxKeywords
	// keywords: none can be added before one is removed from all of them.
	ErrTooManyKeywords = errors.New("mailstore: too many keywords in the mailbox")
	// ErrKeyword says that a name cannot be a keyword.
	ErrKeyword = errors.New("mailstore: invalid keyword")
	// ErrNoMessage says that the message is not, or no longer, in the mailbox.
	ErrNoMessage = errors.New("mailstore: no such message")
	// ErrMailboxFull says that the mailbox has given out its last UID.
	ErrMailboxFull = errors.New("mailstore: mailbox has no more UIDs")
	// ErrTooLarge says that a message is larger than MaxMessageSize.
	ErrTooLarge = errors.New("mailstore: message too large")
	// ErrCorrupt says that a stored record does not decode. The damage is
	// limited to what the record describes; see Verify and Rebuild.
	ErrCorrupt = errors.New("mailstore: damaged record")
)
