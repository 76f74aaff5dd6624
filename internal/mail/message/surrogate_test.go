package message

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSurrogate(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ascii", "From: a@b\r\nSubject: x\r\n\r\n", "From: a@b\r\nSubject: x\r\n\r\n"},
		{"text", "Subject: Re: [vn] chào bạn nhé (x)\r\n", "Subject: Re: [vn] =?UTF-8?B?Y2jDoG8gYuG6oW4gbmjDqQ==?= (x)\r\n"},
		{"folded", "Subject: chào\r\n bạn\r\n\r\n", "Subject: =?UTF-8?B?Y2jDoG8gYuG6oW4=?=\r\n\r\n"},
		{"long", "X: " + strings.Repeat("ộ", 40) + "\r\n",
			"X: =?UTF-8?B?4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ?=\r\n" +
				" =?UTF-8?B?4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ?=\r\n" +
				" =?UTF-8?B?4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ4buZ?=\r\n"},
		{"name", "To: Bình <binh@x.test>, \"Lê, An\" <an@x.test>,\r\n c@x.test\r\n",
			"To: =?UTF-8?B?QsOsbmg=?= <binh@x.test>, =?UTF-8?B?TMOqLCBBbg==?= <an@x.test>,\r\n c@x.test\r\n"},
		{"address", "From: An <ăn@x.test>\r\n", "From: \"An\" =?UTF-8?B?xINuQHgudGVzdA==?= :;\r\n"},
		{"group", "To: bạn: an@x.test, ăn@x.test;, c@x.test\r\n",
			"To: =?UTF-8?B?YuG6oW4=?=: an@x.test, =?UTF-8?B?xINuQHgudGVzdA==?=\r\n <invalid@internationalized-address.invalid>;, c@x.test\r\n"},
		{"parameter", "Content-Disposition: attachment; filename=\"tệp \\\"1\\\".txt\"; size=3\r\n",
			"Content-Disposition: attachment; filename*=UTF-8''t%E1%BB%87p%20%221%22.txt;\r\n size=\"3\"\r\n"},
		{"message id", "References: <a@b> <ă@b>\r\n", "Downgraded-References: <a@b> =?UTF-8?B?PMSDQGI+?=\r\n"},
		{"name of a field", "Ă: x\r\nA: y\r\n\r\n", "A: y\r\n\r\n"},
	} {
		if got := string(AppendSurrogate(nil, []byte(c.in))); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestInternationalized(t *testing.T) {
	for in, want := range map[string]bool{"Subject: x": false, "Subject: chào": true, "Subject: ch\xe0o": false, "S: chào\r\nT: \xe0": false} {
		if Internationalized([]byte(in)) != want {
			t.Errorf("%q", in)
		}
	}
}

// FuzzSurrogate: of any internationalized header ASCII comes out, in lines that
// a client can take, with the empty line where it was, and at most a few times as
// long.
func FuzzSurrogate(f *testing.F) {
	for _, s := range []string{
		"From: Ă <ă@b>\r\n\r\n", "To: g: ă@b;\r\n", "Content-Type: text/plain; name=\"ă\";;x=\r\n",
		"Content-Type: ă/ă; ă=ă\r\n", ": ă\r\n", "S: ă\r\n\tă\r\n\r\nbody", "To: (ă) a@b, \"ă\"@b, @ă:a@b\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		if !Internationalized(header) {
			return
		}
		if end := HeaderEnd(header); end >= 0 {
			header = header[:end]
		}
		got := AppendSurrogate([]byte("x"), header)[1:]
		if !isASCII(got) || !utf8.Valid(got) {
			t.Fatalf("%q has more than ASCII", got)
		}
		if len(got) > 32*len(header)+256 {
			t.Fatalf("%d bytes of %d", len(got), len(header))
		}
		if HeaderEnd(header) == len(header) && HeaderEnd(got) != len(got) {
			t.Fatalf("the header ends elsewhere: %q", got)
		}
		if bytes.Contains(bytes.ReplaceAll(got, []byte("\r\n"), nil), []byte("\r\r")) && !bytes.Contains(header, []byte("\r")) {
			t.Fatalf("%q has a bare CR", got)
		}
	})
}
