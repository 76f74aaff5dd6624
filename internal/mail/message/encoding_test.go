package message

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDecoders(t *testing.T) {
	tests := []struct {
		name     string
		encoding Encoding
		in, want string
	}{
		{"plain", Identity, "a=3D", "a=3D"},
		{"base64", Base64, "aGVs\r\nbG8=\r\n", "hello"},
		{"base64 in pieces", Base64, "aGU=bGxv", "hello"},
		{"base64 without padding", Base64, "aGVsbG8", "hello"},
		{"base64 with noise", Base64, "a!G-V\x00s bG8=*", "hello"},
		{"base64 of nothing", Base64, "", ""},
		{"base64 cut", Base64, "aGVsb", "hel"},
		{"quoted-printable", QuotedPrintable, "a=3Db=3d=20\r\n", "a=b= \r\n"},
		{"soft break", QuotedPrintable, "long =\r\nline=  \r\nend=\n.", "long lineend."},
		{"blanks at the end", QuotedPrintable, "a \t\r\nb \nc  ", "a\r\nb\nc"},
		{"blanks inside", QuotedPrintable, "a \t b", "a \t b"},
		{"broken escape", QuotedPrintable, "=zz =4 =", "=zz =4 ="},
		{"bare CR", QuotedPrintable, "a \rb=\rc", "a \rb=\rc"},
		{"uuencode", UUEncode, "text\nbegin 644 name\r\n#0V%T\r\n`\r\nend\r\nmore", "Cat"},
		{"uuencode without end", UUEncode, "begin 644 name\n#0V%T", "Cat"},
		{"uuencode short line", UUEncode, "begin 644 name\n&0V%T\nend\n", "Cat\x00\x00\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.in), oneByte{strings.NewReader(tt.in)}} {
				got, err := io.ReadAll(NewDecoder(r, tt.encoding))
				if string(got) != tt.want || err != nil {
					t.Errorf("%q gives %q, %v; want %q", tt.in, got, err, tt.want)
				}
			}
		})
	}
}

func TestOpenPart(t *testing.T) {
	msg := []byte("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n")
	table, _ := Parts(digestOf(t, msg).Parts)
	part, _ := table.Find([]int{1})
	r, err := OpenPart(bytes.NewReader(msg), part)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(r); string(got) != "hello" {
		t.Errorf("part is %q", got)
	}
	part.Encoding = Unknown
	if _, err := OpenPart(bytes.NewReader(msg), part); !errors.Is(err, ErrUnknownEncoding) {
		t.Errorf("error %v", err)
	}
}

// TestReaderErrors passes the error of the source on.
func TestReaderErrors(t *testing.T) {
	broken := errors.New("disk")
	for _, e := range []Encoding{Identity, QuotedPrintable, Base64, UUEncode} {
		r := NewDecoder(io.MultiReader(strings.NewReader("aGVs"), errorReader{broken}), e)
		if _, err := io.ReadAll(r); !errors.Is(err, broken) {
			t.Errorf("encoding %d: error %v", e, err)
		}
	}
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// TestAngusUU reads the uuencoded texts that JavaMail is tested with. Where it
// gives up, we give what there is.
func TestAngusUU(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sharedFolder(t, "data/rfc2231-angus"), "uudata"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for test := range strings.SplitSeq(string(b), "\nTEST ") {
		name, rest, _ := strings.Cut(test, "\nDATA\n")
		data, want, ok := strings.Cut(rest, "\nEXPECT\n")
		want, _, _ = strings.Cut(want, "END\n")
		if !ok || strings.HasPrefix(want, "EXCEPTION") {
			continue
		}
		count++
		got, _ := io.ReadAll(NewDecoder(strings.NewReader(data), UUEncode))
		if string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if count == 0 {
		t.Error("no texts")
	}
}

func FuzzDecoders(f *testing.F) {
	f.Add([]byte("hello"), uint8(1))
	f.Add([]byte("=\r\n =3D= \t\r\n"), uint8(2))
	f.Add([]byte("begin 644 x\n#0V%T\nend"), uint8(3))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		for _, e := range []Encoding{QuotedPrintable, Base64, UUEncode} {
			whole, err := io.ReadAll(NewDecoder(bytes.NewReader(p), e))
			if err != nil || len(whole) > len(p)+64 && e != UUEncode {
				t.Fatalf("%v, %d octets of %d", err, len(whole), len(p))
			}
			pieces, _ := io.ReadAll(NewDecoder(steps{bytes.NewReader(p), int(step) + 1}, e))
			if !bytes.Equal(whole, pieces) {
				t.Fatalf("encoding %d of %q: %q in pieces, %q whole", e, p, pieces, whole)
			}
		}
		b64 := base64.StdEncoding.EncodeToString(p)
		if got, _ := io.ReadAll(NewDecoder(strings.NewReader(b64), Base64)); !bytes.Equal(got, p) {
			t.Fatalf("base64 of %q comes back as %q", p, got)
		}
		var qp bytes.Buffer
		w := quotedprintable.NewWriter(&qp)
		w.Binary = true
		w.Write(p)
		w.Close()
		if got, _ := io.ReadAll(NewDecoder(&qp, QuotedPrintable)); !bytes.Equal(got, p) {
			t.Fatalf("quoted-printable of %q comes back as %q", p, got)
		}
	})
}

// steps reads n octets at a time.
type steps struct {
	r io.Reader
	n int
}

func (s steps) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }
