package message

import "errors"

// Why a submitted header is refused (RFC 6409 6.3, RFC 5322 3.6).
var (
	ErrTwoFrom   = errors.New("message: more than one From field")
	ErrBadFrom   = errors.New("message: From is not a list of mailboxes")
	ErrTwoSender = errors.New("message: more than one Sender field")
	ErrBadSender = errors.New("message: Sender is not one mailbox")
	ErrNoSender  = errors.New("message: From has several mailboxes and there is no Sender")
	ErrTwice     = errors.New("message: a field that may stand once stands twice")
)

// Completion says what a submission server must add to a header, and who its
// author claims to be.
type Completion struct {
	NoDate, NoMessageID, NoFrom bool

	From   []Address // of the one From field
	Sender *Address  // of the Sender field, nil when there is none
}

// Complete looks at the header of a submitted message. A missing From is not
// an error: the server may write it from the login.
func Complete(header []byte) (Completion, error) { return Completion{}, nil }
