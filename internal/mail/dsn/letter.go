package dsn

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tram/internal/mail/address"
)

// header writes the header of the report.
func (w *writer) header(r *Report) {
	title := r.words().title
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

// in picks the language of a letter.
func (p phrases) in(l language) string {
	if l == vietnamese {
		return p.vietnamese
	}
	return p.english
}

type language uint8

const (
	english language = iota
	vietnamese
)

// letterText says what happened, all of it in English and then all of it in
// Vietnamese: nobody has to pick his language out of two.
func letterText(r *Report) string {
	var b strings.Builder
	writeLetter(&b, r, english)
	b.WriteString("\n" + strings.Repeat("-", letterWidth) + "\n\n")
	writeLetter(&b, r, vietnamese)
	return b.String()
}

// writeLetter writes the letter in one language.
func writeLetter(b *strings.Builder, r *Report, l language) {
	said := r.words()
	fmt.Fprintf(b, said.opening.in(l)+"\n\n", text(r.ReportingMTA, maxAtom))
	paragraph(b, "", said.intro.in(l))
	writeAbout(b, r, l)
	for i := range min(len(r.Recipients), maxInLetter) {
		b.WriteByte('\n')
		writeReason(b, r, &r.Recipients[i], l)
	}
	if more := len(r.Recipients) - maxInLetter; more > 0 {
		fmt.Fprintf(b, "\n"+andMore.in(l)+"\n", more)
	}
	b.WriteByte('\n')
	paragraph(b, "", said.closing.in(l))
	if id := text(r.QueueID, maxAtom); id != "" {
		fmt.Fprintf(b, "\n%s: %s\n", queueNumber.in(l), id)
	}
}

// maxInLetter is how many recipients the letter tells about. The part for
// programs names all.
const maxInLetter = 100

// writeAbout says which message it is.
func writeAbout(b *strings.Builder, r *Report, l language) {
	subject := text(r.Subject, maxAtom)
	if subject == "" && r.Arrival.IsZero() {
		return
	}
	b.WriteByte('\n')
	if subject != "" {
		fmt.Fprintf(b, "    %s: %s\n", subjectWord.in(l), subject)
	}
	if !r.Arrival.IsZero() {
		fmt.Fprintf(b, "    %s: %s\n", receivedWord.in(l), date(r.Arrival))
	}
}

// writeReason says what became of one recipient, why, and what to do next.
func writeReason(b *strings.Builder, r *Report, rcpt *Recipient, l language) {
	fmt.Fprintf(b, "%s\n", text(rcpt.Final.String(), address.MaxPath))
	action := rcpt.action()
	if action != r.verdict() || r.Postmaster {
		paragraph(b, indent, actions[action].in(l))
	}
	if action == Failed || action == Delayed {
		why := meaningOf(rcpt.status())
		what := why.what.in(l)
		if action == Failed && rcpt.status()[0] == '4' { // given up after many tries
			what = expired.in(l) + " " + what
		}
		paragraph(b, indent, what)
		if action == Failed && !r.Postmaster {
			paragraph(b, indent, why.next.in(l))
		}
	}
	if !rcpt.WillRetryUntil.IsZero() && action == Delayed {
		paragraph(b, indent, fmt.Sprintf(triedUntil.in(l), date(rcpt.WillRetryUntil)))
	}
	writeAnswer(b, rcpt, l)
}

// writeAnswer repeats the words of the other side, for those who help.
func writeAnswer(b *strings.Builder, rcpt *Recipient, l language) {
	reason := text(rcpt.Diagnostic, MaxDiagnostic)
	if reason == "" || rcpt.action() == Delivered {
		return
	}
	if host := text(rcpt.RemoteMTA, maxAtom); host != "" {
		reason = fmt.Sprintf(hostSaid.in(l), host) + " " + reason
	} else {
		reason = detail.in(l) + " " + reason
	}
	paragraph(b, indent, reason)
}

const (
	letterWidth = 72 // characters of a line
	indent      = "    "
)

// paragraph writes a text in lines of at most letterWidth characters, where
// its words allow it.
func paragraph(b *strings.Builder, indent, s string) {
	column := 0
	for word := range strings.FieldsSeq(s) {
		width := utf8.RuneCountInString(word)
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+width > letterWidth:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	b.WriteByte('\n')
}
