package outlet

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"tram/internal/mail/address"
)

func TestCopyUnix(t *testing.T) {
	long := strings.Repeat("x", textBuffer-1)
	for _, test := range []struct{ in, plain, quoted string }{
		{"", "", ""},
		{"a\r\nb\r\n", "a\nb\n", "a\nb\n"},
		{"a", "a\n", "a\n"},
		{"From a\r\n", "From a\n", ">From a\n"},
		{">From a\r\n", ">From a\n", ">>From a\n"},
		{"x From a\r\nFrom:\r\n", "x From a\nFrom:\n", "x From a\nFrom:\n"},
		{"a\rb\nc\r", "a\rb\nc\r\n", "a\rb\nc\r\n"},
		{long + "\r\nFrom b\r\n", long + "\nFrom b\n", long + "\n>From b\n"},
		{long + "xFrom b\r\n", long + "xFrom b\n", long + "xFrom b\n"},
		{long + "\rFrom b", long + "\rFrom b\n", long + "\rFrom b\n"},
	} {
		for q, want := range map[quoting]string{verbatim: test.plain, mboxrd: test.quoted} {
			var out bytes.Buffer
			if err := copyUnix(t.Context(), &out, iotest.HalfReader(strings.NewReader(test.in)), q); err != nil {
				t.Error(err)
			}
			if out.String() != want {
				t.Errorf("%.40q (%v): %d bytes %.40q", test.in, q, out.Len(), out.String())
			}
		}
	}
}

// FuzzCopyUnix: no line of what is written into an mbox begins with "From ",
// and taking one ">" off gives the text back.
func FuzzCopyUnix(f *testing.F) {
	f.Add([]byte("From a\r\n>From b\r\n\rFrom c\nFrom d"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var plain, quoted bytes.Buffer
		if err := copyUnix(context.Background(), &plain, bytes.NewReader(in), verbatim); err != nil {
			t.Fatal(err)
		}
		if err := copyUnix(context.Background(), &quoted, bytes.NewReader(in), mboxrd); err != nil {
			t.Fatal(err)
		}
		var back bytes.Buffer
		for line := range bytes.Lines(quoted.Bytes()) {
			if bytes.HasPrefix(line, []byte("From ")) {
				t.Fatalf("%q", line)
			}
			if line[0] == '>' && looksLikeFrom(line) {
				line = line[1:]
			}
			back.Write(line)
		}
		if !bytes.Equal(back.Bytes(), plain.Bytes()) {
			t.Fatalf("%q became %q", plain.Bytes(), back.Bytes())
		}
		if bytes.Contains(plain.Bytes(), []byte("\r\n")) && !bytes.Contains(in, []byte("\r\r\n")) && !bytes.HasSuffix(in, []byte("\r")) {
			t.Fatal("CRLF is left")
		}
	})
}

func TestFromLine(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 0, time.FixedZone("", 7*3600))
	for _, test := range []struct {
		sender address.Address
		want   string
	}{
		{address.Address{}, "From MAILER-DAEMON Sat Nov 21 18:02:03 2026\n"},
		{address.Address{Local: "a", Domain: "b.example"}, "From a@b.example Sat Nov 21 18:02:03 2026\n"},
		{address.Address{Local: "a b", Domain: "b.example"}, "From \"a-b\"@b.example Sat Nov 21 18:02:03 2026\n"},
	} {
		if got := fromLine(test.sender, at); got != test.want {
			t.Errorf("%q", got)
		}
	}
}
