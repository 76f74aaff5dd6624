package dsn

import (
	"fmt"
	"strings"

	"tram/internal/mail/address"
)

// header writes the header of the report.
func (w *writer) header(r *Report) {
	title := titles[r.verdict()]
	w.field("From", `"Mail Delivery System" `+path(r.From, r))
	w.field("To", path(r.To, r))
	w.field("Subject", words(title.english+" / "+title.vietnamese))
	w.field("Date", date(r.Date))
	w.field("Message-ID", "<"+identifier(r.MessageID)+">")
	if id := identifier(r.References); id != "" {
		w.field("In-Reply-To", "<"+id+">")
		w.field("References", "<"+id+">")
	}
	w.field("Auto-Submitted", "auto-replied") // RFC 3834 5
	w.field("MIME-Version", "1.0")
	w.line("Content-Type: multipart/report; report-type=delivery-status;")
	w.line("\tboundary=\"", r.Boundary, "\"")
	w.line()
	w.line("This is a delivery status notification in MIME format.")
	w.line()
}

// path shows an address in angle brackets. Outside of a UTF8 report an
// internationalised one must not stand in a header, so its ASCII form is tried.
func path(a address.Address, r *Report) string {
	if a.Valid() != nil || a.IsNull() {
		return "<>"
	}
	if !r.UTF8 && !a.IsASCII() {
		a.Domain = a.ASCII()
		if !a.IsASCII() {
			return "undisclosed-recipients:;" // RFC 6857 3.1.5: better no address than a wrong one
		}
	}
	return a.Path()
}

// letter writes the part for people.
func (w *writer) letter(r *Report) {
	w.line("--", r.Boundary)
	w.line("Content-Type: text/plain; charset=utf-8")
	w.line("Content-Transfer-Encoding: quoted-printable")
	w.line("Content-Language: en, vi")
	w.line("Content-Description: Notification")
	w.line()
	w.encoded([]byte(letterText(r)))
	w.line()
}

// phrases are what is said in two languages.
type phrases struct {
	english, vietnamese string
}

var titles = map[Action]phrases{
	Failed:    {"Undelivered mail", "Thư không chuyển được"},
	Delayed:   {"Mail delayed, still trying", "Thư bị chậm, vẫn đang gửi lại"},
	Delivered: {"Mail delivered", "Thư đã được chuyển"},
	Relayed:   {"Mail passed on", "Thư đã được chuyển tiếp"},
	Expanded:  {"Mail distributed", "Thư đã được phân phát"},
}

var introductions = map[Action]phrases{
	Failed: {
		"Your message could not be delivered to the recipients below, and it will\nnot be tried again. If you need help, send this report to your postmaster.",
		"Thư của bạn không chuyển được tới những người nhận dưới đây và sẽ không\nđược gửi lại. Nếu cần giúp đỡ, hãy gửi thông báo này cho người quản trị thư.",
	},
	Delayed: {
		"Your message is delayed for the recipients below. This is only a warning:\nyou need not send it again, it will be tried for some time yet.",
		"Thư của bạn tới những người nhận dưới đây đang bị chậm. Đây chỉ là lời báo\ntrước: bạn không cần gửi lại, hệ thống vẫn tiếp tục thử chuyển thư.",
	},
	Delivered: {
		"Your message was delivered to the recipients below, as you asked to be told.",
		"Thư của bạn đã được chuyển tới những người nhận dưới đây, theo yêu cầu báo\ntin của bạn.",
	},
	Relayed: {
		"Your message was passed on for the recipients below to a mail system that\nsends no reports. You will hear no more about it unless it fails.",
		"Thư của bạn đã được chuyển tiếp sang một hệ thống thư không gửi thông báo.\nBạn sẽ không nhận thêm tin nào nữa, trừ khi thư không chuyển được.",
	},
	Expanded: {
		"Your message was distributed to the members behind the addresses below.",
		"Thư của bạn đã được phân phát tới các thành viên của những địa chỉ dưới đây.",
	},
}

// letterText says in both languages what happened, once with the reasons.
func letterText(r *Report) string {
	var b strings.Builder
	intro := introductions[r.verdict()]
	host := text(r.ReportingMTA, maxAtom)
	fmt.Fprintf(&b, "This is the mail system at %s.\n\n%s\n\n", host, intro.english)
	fmt.Fprintf(&b, "Đây là hệ thống thư tại %s.\n\n%s\n\n", host, intro.vietnamese)
	for i := range r.Recipients {
		writeReason(&b, &r.Recipients[i])
	}
	if id := text(r.QueueID, maxAtom); id != "" {
		fmt.Fprintf(&b, "\nQueue id / Mã thư: %s\n", id)
	}
	return b.String()
}

// writeReason says what became of one recipient.
func writeReason(b *strings.Builder, rcpt *Recipient) {
	fmt.Fprintf(b, "<%s>: %s\n", text(rcpt.Final.String(), address.MaxPath), rcpt.Action)
	if host := text(rcpt.RemoteMTA, maxAtom); host != "" {
		fmt.Fprintf(b, "    host / máy chủ %s:\n", host)
	}
	if reason := text(rcpt.Diagnostic, MaxDiagnostic); reason != "" {
		fmt.Fprintf(b, "    %s\n", reason)
	}
	if !rcpt.WillRetryUntil.IsZero() && rcpt.Action == Delayed {
		fmt.Fprintf(b, "    tried until / thử tới: %s\n", date(rcpt.WillRetryUntil))
	}
}
