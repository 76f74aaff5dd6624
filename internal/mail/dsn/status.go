package dsn

import (
	"strings"

	"tram/internal/mail/address"
)

// status writes the part for programs (RFC 3464 2): fields of the message, then
// a group of fields for each recipient.
func (w *writer) status(r *Report) {
	w.line("--", r.Boundary)
	if r.UTF8 {
		w.line("Content-Type: message/global-delivery-status")
		w.line("Content-Transfer-Encoding: 8bit")
	} else {
		w.line("Content-Type: message/delivery-status")
	}
	w.line("Content-Description: Delivery report")
	w.line()
	w.statusField(r, "Reporting-MTA", "dns; "+text(r.ReportingMTA, maxAtom))
	if r.EnvID != "" {
		w.statusField(r, "Original-Envelope-Id", text(r.EnvID, maxAtom))
	}
	if !r.Arrival.IsZero() {
		w.statusField(r, "Arrival-Date", date(r.Arrival))
	}
	if !r.By.IsZero() {
		w.statusField(r, "Deliver-By-Date", date(r.By)) // RFC 2852 5
	}
	if r.QueueID != "" {
		w.statusField(r, "X-Tram-Queue-ID", text(r.QueueID, maxAtom))
	}
	for i := range r.Recipients {
		w.line()
		w.recipient(r, &r.Recipients[i])
	}
	w.line()
}

// recipient writes the fields of a recipient in the order of RFC 3464 2.3.
func (w *writer) recipient(r *Report, rcpt *Recipient) {
	if rcpt.Original != "" {
		w.statusField(r, "Original-Recipient", originalRecipient(rcpt.Original, r.UTF8))
	}
	w.statusField(r, "Final-Recipient", typedAddress(rcpt.Final, r.UTF8))
	w.statusField(r, "Action", string(rcpt.action()))
	w.statusField(r, "Status", rcpt.status())
	if rcpt.RemoteMTA != "" {
		w.statusField(r, "Remote-MTA", "dns; "+text(rcpt.RemoteMTA, maxAtom))
	}
	if rcpt.Diagnostic != "" {
		w.statusField(r, "Diagnostic-Code", rcpt.diagnosticType()+"; "+text(rcpt.Diagnostic, MaxDiagnostic))
	}
	if !rcpt.LastAttempt.IsZero() {
		w.statusField(r, "Last-Attempt-Date", date(rcpt.LastAttempt))
	}
	// RFC 3464 2.3.9: only in delay reports.
	if !rcpt.WillRetryUntil.IsZero() && rcpt.Action == Delayed {
		w.statusField(r, "Will-Retry-Until", date(rcpt.WillRetryUntil))
	}
}

// statusField writes a field, in ASCII unless the report is one of RFC 6533.
func (w *writer) statusField(r *Report, name, value string) {
	if !r.UTF8 {
		value = ascii(value)
	}
	w.field(name, value)
}

// action is the action, or Failed when it is none that RFC 3464 knows.
func (rcpt *Recipient) action() Action {
	switch rcpt.Action {
	case Delayed, Delivered, Relayed, Expanded:
		return rcpt.Action
	}
	return Failed
}

// status is the status code if it is one and agrees with the action, or a
// general one.
func (rcpt *Recipient) status() string {
	class := byte('2')
	switch rcpt.action() {
	case Failed:
		class = '5'
	case Delayed:
		class = '4'
	}
	if !isStatus(rcpt.Status) {
		return string(class) + ".0.0"
	}
	if rcpt.Status[0] == '2' != (class == '2') {
		return string(class) + rcpt.Status[1:]
	}
	return rcpt.Status // a failure after many 4.x.x keeps the reason of the last one
}

// isStatus reports whether s is class.subject.detail (RFC 3463 2).
func isStatus(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return false
	}
	for _, p := range parts {
		if len(p) < 1 || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

// diagnosticType is "smtp" for the reply of a host, and a type of our own for
// what we found out ourselves (RFC 3464 2.3.6).
func (rcpt *Recipient) diagnosticType() string {
	d := rcpt.Diagnostic
	if len(d) >= 3 && d[0] >= '2' && d[0] <= '5' && strings.Trim(d[:3], "0123456789") == "" {
		return "smtp"
	}
	return "x-tram"
}

// typedAddress is an address with its type: rfc822, or utf-8 when it is not
// ASCII (RFC 6533 3).
func typedAddress(a address.Address, utf8 bool) string {
	s := a.String()
	if a.Valid() != nil {
		s = text(s, address.MaxPath)
	}
	switch {
	case a.IsASCII():
		return "rfc822; " + s
	case utf8:
		return "utf-8; " + s
	}
	return "utf-8; " + encodeUnitext(s)
}

// originalRecipient is ORCPT with its address type.
func originalRecipient(orcpt string, utf8 bool) string {
	kind, value, ok := strings.Cut(text(orcpt, address.MaxPath), ";")
	kind, value = strings.TrimSpace(kind), strings.TrimSpace(value)
	if !ok {
		kind, value = "rfc822", text(orcpt, address.MaxPath)
	}
	switch {
	case strings.EqualFold(kind, "utf-8") && utf8:
		value = decodeUnitext(value)
	case value != ascii(value) && !utf8:
		kind, value = "utf-8", encodeUnitext(value)
	case value != ascii(value):
		kind = "utf-8"
	}
	return ascii(atom(kind)) + "; " + value
}
