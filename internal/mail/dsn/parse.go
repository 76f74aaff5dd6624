package dsn

import (
	"errors"
	"strings"
	"time"

	"tram/internal/mail/message"
)

// Status is a decoded message/delivery-status part.
type Status struct {
	ReportingMTA string // name of the host
	EnvID        string
	Arrival      time.Time // zero when not said
	Recipients   []RecipientStatus
}

// RecipientStatus is what a report says of one recipient. Types are in lower
// case.
type RecipientStatus struct {
	OriginalType, Original     string
	FinalType, Final           string
	Action                     Action // lower case
	Status                     string // "5.1.1"
	RemoteMTA                  string
	DiagnosticType, Diagnostic string
	LastAttempt                time.Time
	WillRetryUntil             time.Time
}

// Limits of what is read.
const (
	MaxRecipients = 10_000
	maxFieldText  = 4 << 10 // octets of a field
)

// ErrNotStatus says that there is no recipient with an action in a part.
var ErrNotStatus = errors.New("dsn: not a delivery status")

// ParseStatus reads the content of a message/delivery-status part or of its
// UTF-8 form (RFC 6533), its transfer encoding undone. It is lenient: groups
// that are about no recipient are passed over.
func ParseStatus(body []byte) (*Status, error) {
	var s Status
	first := true
	for group := range groups(body) {
		if first {
			s.readMessage(group)
			first = false
		}
		var r RecipientStatus
		r.read(group)
		if r.Action != "" && r.Final+r.Original != "" && len(s.Recipients) < MaxRecipients {
			s.Recipients = append(s.Recipients, r)
		}
	}
	if len(s.Recipients) == 0 {
		return nil, ErrNotStatus
	}
	return &s, nil
}

// groups yields the blocks of fields between empty lines.
func groups(body []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(body) > 0 {
			n := message.HeaderEnd(body)
			if n < 0 {
				n = len(body)
			}
			if n > len("\r\n") && !yield(body[:n]) {
				return
			}
			body = body[n:]
		}
	}
}

func (s *Status) readMessage(group []byte) {
	for f := range message.Fields(group) {
		value := fieldText(f)
		switch {
		case f.Is("Reporting-MTA"):
			_, s.ReportingMTA = typed(value)
		case f.Is("Original-Envelope-Id"):
			s.EnvID = value
		case f.Is("Arrival-Date"):
			s.Arrival, _ = message.ParseDate([]byte(value))
		}
	}
}

func (r *RecipientStatus) read(group []byte) {
	for f := range message.Fields(group) {
		value := fieldText(f)
		switch {
		case f.Is("Original-Recipient"):
			r.OriginalType, r.Original = typedMailbox(value)
		case f.Is("Final-Recipient"):
			r.FinalType, r.Final = typedMailbox(value)
		case f.Is("Action"):
			r.Action = Action(strings.ToLower(firstWord(value)))
		case f.Is("Status"):
			r.Status = firstWord(value)
		case f.Is("Remote-MTA"):
			_, r.RemoteMTA = typed(value)
		case f.Is("Diagnostic-Code"):
			r.DiagnosticType, r.Diagnostic = typed(value)
		case f.Is("Last-Attempt-Date"):
			r.LastAttempt, _ = message.ParseDate([]byte(value))
		case f.Is("Will-Retry-Until"):
			r.WillRetryUntil, _ = message.ParseDate([]byte(value))
		}
	}
}

// fieldText is a field's value on one line.
func fieldText(f message.Field) string {
	return text(string(message.AppendUnfolded(nil, f.Value[:min(len(f.Value), maxFieldText)])), maxFieldText)
}

// typed splits "type; value" (RFC 3464 2.1.2). Without a type, all is value.
func typed(s string) (kind, value string) {
	kind, value, ok := strings.Cut(s, ";")
	if !ok {
		return "", strings.TrimSpace(s)
	}
	return strings.ToLower(strings.TrimSpace(kind)), strings.TrimSpace(value)
}

// typedMailbox is typed for an address, whose angle brackets and 7-bit form
// (RFC 6533 3) are undone.
func typedMailbox(s string) (kind, value string) {
	kind, value = typed(s)
	if strings.HasPrefix(value, "<") && strings.HasSuffix(value, ">") {
		value = value[1 : len(value)-1]
	}
	if kind == "utf-8" {
		value = decodeUnitext(value)
	}
	return kind, value
}

// firstWord drops comments: "5.1.1 (unknown user)".
func firstWord(s string) string {
	if i := strings.IndexAny(s, " ("); i >= 0 {
		s = s[:i]
	}
	return s
}
