package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// preview is the preview of a message with LF.
func preview(t testing.TB, msg string) string {
	t.Helper()
	raw := []byte(strings.ReplaceAll(msg, "\n", "\r\n"))
	s := NewScanner()
	s.Write(raw)
	table, err := Parts(s.Close().Parts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Preview(bytes.NewReader(raw), table)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPreview(t *testing.T) {
	long := strings.Repeat("đường ", 100)
	tests := []struct{ name, msg, want string }{
		{"plain", "Subject: x\n\nHello,\n\n  world!\n", "Hello, world!"},
		{"no header", "\nHello\n", "Hello"},
		{"empty", "Subject: x\n\n", ""},
		{"signature", "\n\nHi\n-- \nAl\n", "Hi"},
		{"quoted first", "\n\n> > you said\n>that\nI say this\n", "I say this"},
		{"only quoted", "\n\n> you said\n> that\n", "you said that"},
		{"quoted-printable", "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=iso-8859-1\n\ncaf=E9 =\nau lait\n", "café au lait"},
		{"Vietnamese", "Content-Type: text/plain; charset=viscii\n\nVi\xaet\n", "Việt"},
		{"not declared", "\nch\xe0o\n", "chào"},
		{"long", "Content-Type: text/plain; charset=utf-8\n\n" + long, strings.TrimSpace(string([]rune(long)[:MaxPreview]))},
		{"html", "Content-Type: text/html\n\n<style>p{}</style><p>Hello&nbsp;<b>wor</b>ld</p><div>!</div><!-- no -->", "Hello world !"},
		{"html without end", "Content-Type: text/html\n\nHi<script>var a = 1", "Hi"},
		{"html of nothing", "Content-Type: text/html\n\n<img src=x>&zwnj;&nbsp;&#847;&nbsp;", ""},
		{"alternative", "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<b>rich</b>\n--b\n\nplain\n--b--\n", "plain"},
		{"empty plain", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<b>rich</b>\n--b--\n", "rich"},
		{"attachment", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nno\n--b\n\nyes\n--b--\n", "yes"},
		{"embedded", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\nno\n--b\n\nyes\n--b--\n", "yes"},
		{"image", "Content-Type: image/png\n\nPNG", ""},
		{"PGP", "\n-----BEGIN PGP MESSAGE-----\n\nabc\n", ""},
		{"unknown encoding", "MIME-Version: 1.0\nContent-Transfer-Encoding: x-own\n\nabc\n", ""},
		{"controls", "\na\x07b\u200b\u00adc\n", "abc"},
	}
	for _, tt := range tests {
		if got := preview(t, tt.msg); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestPreviewLimits shows that what a message may cost does not depend on the
// message.
func TestPreviewLimits(t *testing.T) {
	var parts strings.Builder
	parts.WriteString("Content-Type: multipart/mixed; boundary=b\n\n")
	for i := range 2 * maxPreviewParts {
		fmt.Fprintf(&parts, "--b\nContent-Type: text/x-%d\n\nno\n", i)
	}
	parts.WriteString("--b\n\ntoo far\n--b--\n")
	if got := preview(t, parts.String()); got != "" {
		t.Errorf("part %d was looked at: %q", 2*maxPreviewParts, got)
	}
	far := "Content-Type: text/html\n\n<style>" + strings.Repeat("x", maxPreviewSource) + "</style>too far"
	if got := preview(t, far); got != "" {
		t.Errorf("source beyond its limit: %q", got)
	}
	header := "Content-Type: multipart/mixed; boundary=b\n\n--b\nX-Long: " + strings.Repeat("x", maxPreviewHeader) +
		"\nContent-Type: text/html\n\n<i>rich</i>\n--b--\n"
	if got := preview(t, header); got != "<i>rich</i>" {
		t.Errorf("type beyond the limit of a header: %q", got)
	}
}

func FuzzPreview(f *testing.F) {
	f.Add("Content-Type: text/html\n\n<b>x")
	f.Add("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n> y\n--b--")
	f.Fuzz(func(t *testing.T, msg string) {
		got := preview(t, msg)
		if n := utf8.RuneCountInString(got); n > MaxPreview || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r\n") {
			t.Errorf("%d characters: %q", n, got)
		}
	})
}

func TestNextMessageID(t *testing.T) {
	for value, want := range map[string]string{
		"":                                 "",
		"<a@b>":                            "a@b ",
		" <a@b>\r\n <c@d> (x) e@f <g@h>":   "a@b c@d g@h ",
		"<<a@b>> <>":                       "a@b ",
		"<a@b <c@d>":                       "c@d ",
		"<a> <@b> <c@> <\"a b\"@c> <a@ b>": "ab@c a@b ",
	} {
		var got []byte
		for rest := []byte(value); ; {
			var id []byte
			if id, rest = NextMessageID(rest); id == nil {
				break
			}
			got = append(AppendMessageID(got, id), ' ')
		}
		if string(got) != want {
			t.Errorf("%q gives %q, want %q", value, got, want)
		}
	}
}
