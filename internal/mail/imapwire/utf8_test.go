package imapwire

import (
	"bytes"
	"strings"
	"testing"
)

// TestUTF8 reads and writes strings and mailbox names for a client that speaks
// UTF-8 (RFC 6855 3) and for one that does not.
func TestUTF8(t *testing.T) {
	for _, c := range []struct{ name, plain, utf8 string }{
		{"Drafts", "Drafts", "Drafts"},
		{"Thư đến", `"Th&AbA- &AREevw-n"`, `"Thư đến"`},
		{"R&D", "R&-D", "R&D"},
		{"日本/東京", "&ZeVnLA-/&Z3FOrA-", `"日本/東京"`},
		{`a"b ü`, `"a\"b &APw-"`, `"a\"b ü"`},
	} {
		for on, want := range map[bool]string{false: c.plain, true: c.utf8} {
			var out bytes.Buffer
			var enc Encoder
			enc.Reset(&out)
			enc.SetUTF8(on)
			enc.Mailbox(c.name)
			if enc.Flush(); out.String() != want {
				t.Errorf("%q, UTF-8 %v: wrote %s, not %s", c.name, on, out.String(), want)
			}
			d := newTestDecoder(&script{Reader: strings.NewReader(want + "\r\n")})
			d.SetUTF8(on)
			var got string
			if !d.ExpectMailbox(&got) || got != c.name {
				t.Errorf("%s, UTF-8 %v: read %q, %v", want, on, got, d.Err())
			}
		}
	}
	for _, bad := range []string{"\"a\xffb\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "a\xffb"} {
		d := newTestDecoder(&script{Reader: strings.NewReader(bad + "\r\n")})
		d.SetUTF8(true)
		var got string
		if d.ExpectMailbox(&got) && got != NoMailbox {
			t.Errorf("%q: taken as %q", bad, got)
		}
	}
	var out bytes.Buffer
	var enc Encoder
	enc.Reset(&out)
	enc.SetUTF8(true)
	enc.String("é\xff") // not UTF-8: only a literal can hold it
	enc.Reset(&out)
	enc.String("é")
	if enc.Flush(); strings.Contains(out.String(), `"`) {
		t.Errorf("%q: quoted", out.String())
	}
}
