package dsn

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"tram/internal/mail/address"
)

// Action is what became of a recipient (RFC 3464 2.3.3).
type Action string

// The actions.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed"
	Delivered Action = "delivered"
	Relayed   Action = "relayed"  // to a host that sends no reports
	Expanded  Action = "expanded" // to several other addresses
)

// Recipient is the fate of one recipient.
type Recipient struct {
	Final    address.Address // the address that was tried
	Original string          // ORCPT without its xtext, "rfc822;a@b", or ""
	Action   Action
	Status   string // RFC 3463, "5.1.1"; made from Action when it is none

	RemoteMTA      string    // name of the host that answered, or ""
	Diagnostic     string    // the reply of RemoteMTA, or our own reason without one
	LastAttempt    time.Time // zero when unknown
	WillRetryUntil time.Time // only for Delayed
}

// Report is one delivery status notification.
type Report struct {
	ReportingMTA string          // our host name
	From         address.Address // whom people may answer: mailer-daemon or postmaster here
	To           address.Address // the envelope sender of the message it is about
	MessageID    string          // of the report, without angle brackets; random when empty
	Boundary     string          // random when empty
	Date         time.Time       // now when zero
	References   string          // Message-ID of the message it is about, or ""

	EnvID   string    // ENVID without its xtext, or ""
	Arrival time.Time // when the message came here, or zero
	By      time.Time // RFC 2852: when it had to be delivered, or zero
	QueueID string    // shown to people and their postmaster, or ""
	Subject string    // of the message, decoded, shown to people; or ""

	// Postmaster makes a report to whoever runs this server, about a
	// notification that could not be delivered: To is no sender of anything.
	Postmaster bool

	UTF8       bool // the message was sent with SMTPUTF8: the forms of RFC 6533
	Full       bool // return the whole message (RET=FULL) if it is not too large
	Recipients []Recipient
}

// Limits of a report.
const (
	MaxFull       = 1 << 20  // octets of a message that is returned whole
	MaxHeaders    = 64 << 10 // octets of a header that is returned
	MaxDiagnostic = 1000     // octets of what a host said
	maxAtom       = 255      // octets of names, types and identifiers
)

var (
	// ErrNoRecipients says that a report is about nobody.
	ErrNoRecipients = errors.New("dsn: report without recipients")
	// ErrNullSender says that a report has nobody to go to: a message with the
	// null sender is never answered (RFC 5321 6.1).
	ErrNullSender = errors.New("dsn: report to the null sender")
)

// Write writes the report as a message with CRLF line ends and only ASCII
// bytes, unless it returns 8-bit content (see [EightBit]). original is the
// message that it is about; nil leaves the third part out.
func Write(w io.Writer, r *Report, original *io.SectionReader) error {
	switch {
	case len(r.Recipients) == 0:
		return ErrNoRecipients
	case r.To.IsNull():
		return ErrNullSender
	}
	full := r.withDefaults()
	returned, err := examine(original, &full)
	if err != nil {
		return fmt.Errorf("read the message to return: %w", err)
	}
	out := newWriter(w)
	out.header(&full)
	out.letter(&full)
	out.status(&full)
	if err := out.original(&full, returned); err != nil {
		return fmt.Errorf("read the message to return: %w", err)
	}
	out.line("--", full.Boundary, "--")
	return out.flush()
}

// EightBit reports whether the report that Write makes holds bytes above 127, so
// that it must be sent with BODY=8BITMIME.
func EightBit(r *Report, original *io.SectionReader) (bool, error) {
	if r.UTF8 {
		return true, nil
	}
	returned, err := examine(original, r)
	if err != nil {
		return false, fmt.Errorf("read the message to return: %w", err)
	}
	return returned.whole && returned.eightBit, nil
}

// withDefaults is a copy that can be written.
func (r *Report) withDefaults() Report {
	full := *r
	if full.Boundary == "" {
		full.Boundary = rand.Text()
	}
	if full.From.IsNull() {
		full.From = address.Address{Local: "mailer-daemon", Domain: full.ReportingMTA}
	}
	full.Boundary = "=_" + atom(full.Boundary) // "=_" is in no quoted-printable text
	if full.MessageID == "" {
		full.MessageID = rand.Text() + "@" + full.ReportingMTA
	}
	if full.Date.IsZero() {
		full.Date = time.Now()
	}
	return full
}

// verdict is the most serious action of the report.
func (r *Report) verdict() Action {
	for _, action := range []Action{Failed, Delayed, Expanded, Relayed} {
		for i := range r.Recipients {
			if r.Recipients[i].Action == action {
				return action
			}
		}
	}
	return Delivered
}
