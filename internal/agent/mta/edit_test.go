package mta

import (
	"bytes"
	"strings"
	"testing"

	"tram/internal/mail/address"
	"tram/internal/mail/message"
)

// FuzzEdit changes the header of whatever a client of ours sends. Only address
// fields change, no field appears or goes, and a footer leaves the body whole
// and the message readable.
func FuzzEdit(f *testing.F) {
	for _, s := range []string{
		"From: a@in.example\r\nTo: b@in.example,\r\n\tc@in.example (x)\r\nSubject: a@in.example\r\n\r\nbody\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n", "Content-Type: text/html\r\nX: y\r\n\r\n", "\r\n", " x\r\n: y\r\n\r\nz",
		"From:\r\n \r\n\r\n", "\n\r\n\r\n", "A: b\n\r\n\r\n", "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n=",
	} {
		f.Add([]byte(s))
	}
	rule := func(a address.Address) address.Address {
		if a.Domain == "in.example" {
			a.Domain = "out.example"
		}
		return a
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		header, rest, err := peekHeader(bytes.NewReader(text))
		if err != nil || !bytes.Equal(append(bytes.Clone(header), rest...), text) {
			t.Fatalf("%q fell into %q and %q, %v", text, header, rest, err)
		}
		if header == nil {
			return
		}
		got := rewriteHeader(header, rule, rule)
		var before, after []message.Field
		for field := range message.Fields(header) {
			before = append(before, field)
		}
		for field := range message.Fields(got) {
			after = append(after, field)
		}
		if len(before) != len(after) {
			t.Fatalf("%q became %q", header, got)
		}
		for i := range before {
			isAddress := senderFields.Has(before[i].Name) || recipientFields.Has(before[i].Name)
			if !bytes.Equal(before[i].Name, after[i].Name) || !isAddress && !bytes.Equal(before[i].Line, after[i].Line) {
				t.Fatalf("%q became %q", before[i].Line, after[i].Line)
			}
		}
		if !bytes.HasSuffix(got, []byte("\r\n")) {
			t.Fatalf("%q does not end the header", got)
		}
		if w, ok := addFooter(header, "Một dòng"); ok {
			whole := strings.Join([]string{string(w.header), string(w.before), string(rest), string(w.after)}, "")
			if message.HeaderEnd([]byte(whole)) != len(w.header) {
				t.Fatalf("%q became %q", header, w.header)
			}
			if _, err := message.Scan(strings.NewReader(whole)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// BenchmarkRewriteHeader is what rewriting costs where there are rules.
func BenchmarkRewriteHeader(b *testing.B) {
	header := []byte("Received: from a\r\n\tby b\r\nFrom: An <an@in.example>\r\nTo: " + strings.Repeat("x@far.example,\r\n\t", 20) + "y@in.example\r\n" +
		"Subject: hello\r\nDate: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n")
	rule := func(a address.Address) address.Address {
		if a.Domain == "in.example" {
			a.Domain = "out.example"
		}
		return a
	}
	b.SetBytes(int64(len(header)))
	b.ReportAllocs()
	for b.Loop() {
		rewriteHeader(header, rule, rule)
	}
}
