package queue

import (
	"errors"
	"fmt"
	"time"
)

var (
	errNoAddress = errors.New("empty address")
	errUnclean   = errors.New("control character or overlong text")
)

// check refuses what could not be stored or would be dangerous to send on.
// Control characters are the concern: a CR or LF in any of these texts would
// become a command or a header of its own at the next station.
func (m *Message) check(shards int) error {
	switch {
	case int(m.ID&0xff) >= shards:
		return fmt.Errorf("%w: ID is not from NewID", ErrInvalid)
	case m.Body.IsZero():
		return fmt.Errorf("%w: no body", ErrInvalid)
	case m.Size < 0:
		return fmt.Errorf("%w: negative size", ErrInvalid)
	case len(m.Rcpts) == 0:
		return fmt.Errorf("%w: no recipients", ErrInvalid)
	case len(m.Rcpts) > MaxRcpts:
		return fmt.Errorf("%w: %d recipients, the limit is %d", ErrInvalid, len(m.Rcpts), MaxRcpts)
	case m.Priority < -MaxPriority || m.Priority > MaxPriority:
		return fmt.Errorf("%w: priority %d, the limits are -%d and %d", ErrInvalid, m.Priority, MaxPriority, MaxPriority)
	case time.Until(m.Release) > MaxRelease:
		return fmt.Errorf("%w: to be released in more than %d days", ErrInvalid, MaxRelease/(24*time.Hour))
	case len(m.Header) > MaxHeader:
		return fmt.Errorf("%w: %d bytes of header, the limit is %d", ErrInvalid, len(m.Header), MaxHeader)
	}
	if err := m.checkHeader(); err != nil {
		return err
	}
	for _, t := range [...]string{
		m.Sender.Local, m.Sender.Domain, m.Origin.Helo, m.Origin.User, m.Origin.Protocol, m.Ret, m.EnvID, m.HoldReason,
	} {
		if !clean(t) {
			return fmt.Errorf("%w: envelope: %w", ErrInvalid, errUnclean)
		}
	}
	for i := range m.Rcpts {
		if err := m.Rcpts[i].check(); err != nil {
			return fmt.Errorf("%w: recipient %d: %w", ErrInvalid, i+1, err)
		}
	}
	return nil
}

func (r *Rcpt) check() error {
	if r.To.IsNull() {
		return errNoAddress
	}
	if !clean(r.To.Local) || !clean(r.To.Domain) || !clean(r.ORcpt) || !clean(r.Notify) || !clean(r.Outlet) {
		return errUnclean
	}
	return nil
}

// checkHeader wants whole lines: what follows them is the first line of the body.
func (m *Message) checkHeader() error {
	h := m.Header
	for i, c := range h {
		bare := c == '\n' && (i == 0 || h[i-1] != '\r') || c == '\r' && (i+1 == len(h) || h[i+1] != '\n')
		if bare || c == 0 {
			return fmt.Errorf("%w: NUL, bare CR or bare LF in the header", ErrInvalid)
		}
	}
	if len(h) > 0 && h[len(h)-1] != '\n' {
		return fmt.Errorf("%w: header does not end with CRLF", ErrInvalid)
	}
	return nil
}

// clean reports whether a text has no control characters and is not too long.
func clean(s string) bool {
	if len(s) > MaxString {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
