package smtpwire

import (
	"strconv"
	"strings"
	"time"
)

// setTransport takes a parameter of MAIL that says how and when the message is
// to travel: REQUIRETLS, HOLDFOR, HOLDUNTIL, BY and MT-PRIORITY.
func (p *MailParams) setTransport(seen *mailSeen, key, value string, offered Extensions) error {
	switch {
	case offered&RequireTLS != 0 && equalFold(key, "REQUIRETLS"):
		p.RequireTLS = true
		return once(&seen.tls, func() error { return noValue(value) })
	// RFC 4865 4.2: one of the two, once.
	case offered&FutureRelease != 0 && equalFold(key, "HOLDFOR"):
		return once(&seen.hold, func() error { return p.setHoldFor(value) })
	case offered&FutureRelease != 0 && equalFold(key, "HOLDUNTIL"):
		return once(&seen.hold, func() error { return p.setHoldUntil(value) })
	case offered&DeliverByTime != 0 && equalFold(key, "BY"):
		return once(&seen.by, func() error { return p.setBy(value) })
	case offered&MTPriority != 0 && equalFold(key, "MT-PRIORITY"):
		return once(&seen.priority, func() error { return p.setPriority(value) })
	}
	return errUnknown
}

// setHoldFor reads 1 to 9 digits of seconds, not beginning with 0 (RFC 4865 3).
func (p *MailParams) setHoldFor(value string) error {
	n, ok := seconds(value)
	if !ok || value[0] == '0' {
		return errHold
	}
	p.HoldFor = time.Duration(n) * time.Second
	return nil
}

// setHoldUntil reads a date and time of RFC 3339 in UTC (RFC 4865 3).
func (p *MailParams) setHoldUntil(value string) error {
	upper := strings.ToUpper(value) // RFC 3339 5.6: "t" and "z" may be small
	t, err := time.Parse(time.RFC3339, upper)
	if err != nil || !strings.HasSuffix(upper, "Z") || t.IsZero() {
		return errHold
	}
	p.HoldUntil = t.UTC()
	return nil
}

// setBy reads a by-value (RFC 2852 4): "120;R", "-30;NT".
func (p *MailParams) setBy(value string) error {
	text, mode, ok := strings.Cut(strings.ToUpper(value), ";")
	if !ok || text == "" {
		return errBy
	}
	sign := int64(1)
	switch text[0] {
	case '-':
		sign = -1
		fallthrough
	case '+':
		text = text[1:]
	}
	n, ok := seconds(text)
	if !ok {
		return errBy
	}
	by := ByTime{Set: true, Seconds: sign * n}
	mode, by.Trace = strings.CutSuffix(mode, "T")
	switch {
	case mode == "N", mode == "R" && by.Seconds > 0:
		by.Mode = mode[0]
	default:
		return errBy
	}
	p.By = by
	return nil
}

// setPriority reads a priority-value (RFC 6710 8).
func (p *MailParams) setPriority(value string) error {
	digits := strings.TrimPrefix(value, "-")
	if len(digits) != 1 || digits[0] < '0' || digits[0] > '9' || value == "-0" {
		return errPriority
	}
	n, err := strconv.ParseInt(value, 10, 8)
	if err != nil {
		return errPriority
	}
	p.Priority, p.PrioritySet = int8(n), true
	return nil
}

// seconds reads 1 to 9 digits.
func seconds(s string) (int64, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
