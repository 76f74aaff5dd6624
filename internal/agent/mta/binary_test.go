package mta_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"tram/internal/mail/smtpwire"
)

// TestBinary: what is not text is encoded before it is queued; what is, and
// what only says that it is binary, stays as it came.
func TestBinary(t *testing.T) {
	const header = "From: a@there.example\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
	for _, body := range []string{"\x00", "a\nb", "a\rb\r\n", "\r", "no end", strings.Repeat("x", 2000) + "\r\n", "text\r\n.\r\n", "th\xc6\xb0\r\n"} {
		l := newLab(t, "")
		env := l.envelope("a@there.example", "an@here.example")
		env.FromParams.Body = smtpwire.BodyBinaryMIME
		l.sendAs(env, header+body)
		e, err := l.queue.Next(t.Context())
		l.must(err)
		text := l.body(e)
		l.queue.Release(e)
		_, rest, _ := strings.Cut(text, "\r\n\r\n")
		if clean := strings.ReplaceAll(text, "\r\n", ""); strings.ContainsAny(clean, "\r\n\x00") || !strings.HasSuffix(text, "\r\n") {
			t.Errorf("%.20q is queued as %q", body, text)
		}
		if e.Binary {
			if rest != body {
				t.Errorf("%.20q became %q", body, rest)
			}
			continue
		}
		if strings.Contains(text, "Content-Transfer-Encoding: 7bit") {
			if rest != body+"\r\n" {
				t.Errorf("%.20q became %q", body, rest)
			}
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(rest, "\r\n", ""))
		if err != nil || !bytes.Equal(raw, []byte(body)) || !strings.Contains(text, "Content-Transfer-Encoding: base64") || strings.Contains(text, "binary") {
			t.Errorf("%.20q became %q", body, text)
		}
		if e.Size != int64(len(text)) || e.Digest == nil || e.Digest.Size != e.Size {
			t.Errorf("%.20q: size %d of %d, digest %+v", body, e.Size, len(text), e.Digest)
		}
	}
}

// TestBinaryRefused: a signature would not hold any more.
func TestBinaryRefused(t *testing.T) {
	l := newLab(t, "")
	env := l.envelope("a@there.example", "an@here.example")
	env.FromParams.Body = smtpwire.BodyBinaryMIME
	text := "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\r\n--b--\r\n"
	_, err := l.intake.Take(t.Context(), peer(), env, strings.NewReader(text))
	if err == nil || !strings.HasPrefix(err.Error(), "554 5.6.3") || l.left() != 0 {
		t.Errorf("%v, %d in the queue", err, l.left())
	}
}
