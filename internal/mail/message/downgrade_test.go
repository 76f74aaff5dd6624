package message_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"tram/internal/mail/message"
)

func downgrade(t testing.TB, text string) (string, error) {
	t.Helper()
	d, err := message.NewDowngrade(strings.NewReader(text), int64(len(text)))
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	n, err := d.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatal(n, b.Len(), err)
	}
	return b.String(), nil
}

func TestDowngrade(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing to do", "Subject: a\r\n\r\nbody\r\n", "Subject: a\r\n\r\nbody\r\n"},
		{"no MIME", "Subject: a\r\n\r\nthư\r\n",
			"Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nth=C6=B0\r\n"},
		{"text", "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<p>thư = \r\n",
			"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>th=C6=B0 =3D=20\r\n"},
		{"label only", "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8BIT\r\n\r\nplain\r\n", "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\n\r\nplain\r\n"},
		{"not a text", "MIME-Version: 1.0\r\nContent-Type: image/x\r\n\r\n\x00\xff\r\nx", "MIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n\r\nAP8NCng="},
		{"parts", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\nmở\r\n--b\r\n\r\nmột\r\n--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n",
			"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n\r\nm???\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nm=E1=BB=99t\r\n--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n"},
		{"embedded", "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nMIME-Version: 1.0\r\nSubject: in\r\n\r\nđó\r\n",
			"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nMIME-Version: 1.0\r\nSubject: in\r\nContent-Type: text/plain; charset=unknown-8bit\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C4=91=C3=B3\r\n"},
		{"signed in 7 bits", "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"},
	} {
		if got, err := downgrade(t, tt.text); err != nil || got != tt.want {
			t.Errorf("%s: %v\n%q\nwant\n%q", tt.name, err, got, tt.want)
		}
	}
}

func TestDowngradeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, why string }{
		{"header", "Subject: thư\r\n\r\nx\r\n", "header field"},
		{"header of a part", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Description: thư\r\n\r\nx\r\n--b--\r\n", "header field"},
		{"signed", "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nthư\r\n--b--\r\n", "signed"},
		{"mislabelled", "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nthư\r\n", "in spite"},
		{"a type that is 7-bit by definition", "MIME-Version: 1.0\r\nContent-Type: message/partial\r\n\r\nthư\r\n", "must not be encoded"},
		{"long header", "X: " + strings.Repeat("x", 300<<10) + "\r\n\r\nthư\r\n", "too long"},
	} {
		_, err := downgrade(t, tt.text)
		var no *message.ConversionError
		if !errors.As(err, &no) || !strings.Contains(no.Why, tt.why) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// FuzzDowngrade: what comes out is 7-bit text in lines that any host takes, and
// reads as what went in.
func FuzzDowngrade(f *testing.F) {
	for _, s := range []string{"Subject: a\r\n\r\nthư\r\n", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nmở\r\n--b\r\n\r\nmột\r\n--b\r\nContent-Type: image/x\r\n\r\n\x00\xff\r\n--b--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\n" + strings.Repeat("đó -", 60), "a: b\r\n\r\n" + strings.Repeat("\xff", 1200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := downgrade(t, text)
		if err != nil {
			var no *message.ConversionError
			if !errors.As(err, &no) {
				t.Fatal(err)
			}
			return
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r >= 0x80 }); i >= 0 {
			t.Fatalf("8-bit octets at %d of %q", i, got)
		}
		before, after := leaves(t, text), leaves(t, got)
		if len(before) != len(after) {
			t.Fatalf("%d parts became %d:\n%q\n%q", len(before), len(after), text, got)
		}
		for i := range before {
			if before[i] != after[i] {
				t.Fatalf("part %d was\n%q and is\n%q", i, before[i], after[i])
			}
		}
	})
}

// leaves are the decoded bodies of the parts that have one.
func leaves(t *testing.T, text string) (bodies []string) {
	t.Helper()
	digest, err := message.Scan(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	table, err := message.Parts(digest.Parts)
	if err != nil {
		t.Fatal(err)
	}
	table.Walk(func(_ int, p *message.Part) bool {
		if p.Kind != message.Leaf {
			return true
		}
		part := *p
		if part.Encoding == message.Unknown {
			part.Encoding = message.Identity
		}
		r, err := message.OpenPart(strings.NewReader(text), part)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(body))
		return true
	})
	return bodies
}
