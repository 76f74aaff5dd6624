package mta_test

import (
	"strings"
	"testing"

	"tram/internal/directory"
	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
)

// structureOf is the BODYSTRUCTURE of a message, as its readers see it.
func structureOf(t *testing.T, text string) string {
	t.Helper()
	d, err := message.Scan(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(message.AppendBody(nil, d.BodyStructure))
}

// TestFooter: the footer of a domain stands under what its accounts submit, and
// no byte of theirs changes.
func TestFooter(t *testing.T) {
	const plain, unicode = "Here Ltd.\nAll mail is read by nobody.", "Công ty Ở Đây"
	tests := []struct {
		name, footer string
		header, body string
		how          string // "text": under it; "part": beside it; "": not at all
		ends         string // what the message then ends with, for "text"
	}{
		{"no MIME", plain, "", "Hello\r\n", "text", "Hello\r\n\r\nHere Ltd.\r\nAll mail is read by nobody.\r\n"},
		{"7bit", plain, "Content-Type: text/plain; charset=iso-8859-2\r\n", "Hello\r\n", "text", "Hello\r\n\r\nHere Ltd.\r\nAll mail is read by nobody.\r\n"},
		{"8bit UTF-8", unicode, "Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: 8bit\r\n", "Chào\r\n", "text", "Chào\r\n\r\nCông ty Ở Đây\r\n"},
		{"quoted-printable", unicode, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable\r\n", "Ch=C3=A0o\r\n", "text", "Ch=C3=A0o\r\n\r\nC=C3=B4ng ty =E1=BB=9E =C4=90=C3=A2y\r\n"},
		{"letters that do not fit", unicode, "Content-Type: text/plain; charset=us-ascii\r\n", "Hello\r\n", "part", ""},
		{"8bit in another set", unicode, "Content-Type: text/plain; charset=windows-1258\r\nContent-Transfer-Encoding: 8bit\r\n", "x\r\n", "part", ""},
		{"base64", plain, "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n", "SGVsbG8=\r\n", "part", ""},
		{"UTF-16", plain, "Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: 8bit\r\n", "x\r\n", "part", ""},
		{"html", plain, "MIME-Version: 1.0\r\nContent-Type: text/html;\r\n\tcharset=utf-8\r\n", "<p>x\r\n", "part", ""},
		{"alternative", plain, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n", "--b\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--b--\r\n", "part", ""},
		{"mixed", plain, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nx\r\n--b--\r\n", "part", ""},
		{"signed", plain, "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n", "--b\r\n\r\nx\r\n--b--\r\n", "", ""},
		{"encrypted", plain, "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; boundary=b\r\n", "--b--\r\n", "", ""},
		{"report", plain, "MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n", "--b--\r\n", "", ""},
		{"S/MIME", plain, "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n", "AAAA\r\n", "", ""},
		{"signed by DKIM", plain, "DKIM-Signature: v=1\r\n", "Hello\r\n", "", ""},
		{"two types", plain, "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "Hello\r\n", "", ""},
		{"no footer", "", "", "Hello\r\n", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, "")
			footer := test.footer
			d, err := l.dir.Domain(t.Context(), "here.example")
			l.must(err)
			d.Footer = footer
			l.must(l.dir.UpdateDomain(t.Context(), d))
			r := l.policed(directory.Rules{})
			text := "From: an@here.example\r\nSubject: x\r\n" + test.header + "\r\n" + test.body
			got := l.body(l.hand(r, user(), l.envelope("an@here.example", "x@far.example"), text))
			got = got[strings.Index(got, "From:"):]
			switch test.how {
			case "text":
				if got != strings.TrimSuffix(text, test.body)+test.ends {
					t.Errorf("%q", got)
				}
			case "part":
				if !strings.Contains(got, test.header[strings.Index(test.header, "Content-Type"):]+"\r\n"+test.body+"\r\n--") {
					t.Errorf("the body has changed: %q", got)
				}
				if s := structureOf(t, got); !strings.HasSuffix(s, `"mixed")`) || strings.Count(got, "MIME-Version") != 1 || !strings.HasPrefix(got, "From: an@here.example\r\nSubject: x\r\n") {
					t.Errorf("%s of %q", s, got)
				}
			default:
				if got != text {
					t.Errorf("%q", got)
				}
			}
		})
	}
}

// TestFooterOfStrangers: only accounts have it.
func TestFooterOfStrangers(t *testing.T) {
	l := newLab(t, "")
	d, err := l.dir.Domain(t.Context(), "here.example")
	l.must(err)
	d.Footer = "Here Ltd."
	l.must(l.dir.UpdateDomain(t.Context(), d))
	r := l.policed(directory.Rules{})
	for _, p := range []*smtpwire.Peer{peer(), own()} {
		if got := l.body(l.hand(r, p, l.envelope("an@here.example", "an@here.example"), letter)); !strings.HasSuffix(got, letter) {
			t.Errorf("%q", got)
		}
	}
	env := l.envelope("an@here.example", "an@here.example")
	env.FromParams.Body = smtpwire.BodyBinaryMIME
	if got := l.body(l.hand(r, user(), env, letter)); !strings.HasSuffix(got, letter) {
		t.Errorf("binary: %q", got)
	}
}
