package dsn

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"tram/internal/mail/message"
)

// returnedPart is the decoded third part of a report and its type.
func returnedPart(t *testing.T, report []byte) (content, contentType string) {
	t.Helper()
	d, _ := message.Scan(bytes.NewReader(report))
	table, _ := message.Parts(d.Parts)
	part, ok := table.Find([]int{3})
	if !ok {
		t.Fatalf("no third part in %s", d.BodyStructure)
	}
	value, _ := message.FieldValue(report[part.HeaderStart:], "Content-Type")
	r, err := message.OpenPart(bytes.NewReader(report), part)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(r)
	return string(b), strings.TrimSpace(string(value))
}

func TestReturnedMessage(t *testing.T) {
	header := "Subject: a\r\n"
	large := header + "\r\n" + strings.Repeat("line\r\n", MaxFull/6+1)
	longHeader := strings.Repeat("X: y\r\n", MaxHeaders/5)
	tests := []struct {
		name, original string
		full           bool
		want, kind     string
		eightBit       bool
	}{
		{"header", header + "\r\nbody\r\n", false, "Subject: a\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"whole", header + "\r\nbody\r\n", true, header + "\r\nbody\r\n", "message/rfc822", false},
		{"8-bit header", "Subject: \xe0\r\n\r\n", false, "Subject: \xe0\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"8-bit whole", header + "\r\n\xe0\r\n", true, header + "\r\n\xe0\r\n", "message/rfc822", true},
		{"too large", large, true, "Subject: a\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"line too long", header + "\r\n" + strings.Repeat("x", 1001), true, "Subject: a\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"NUL", header + "\r\n\x00", true, "Subject: a\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"long header line", "Subject: " + strings.Repeat("x", 5000) + "\r\n\r\n", false, "Subject: " + strings.Repeat("x", 5000) + "\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"long header", longHeader + "\r\nbody", false, longHeader[:MaxHeaders-MaxHeaders%6], "text/rfc822-headers; charset=utf-8", false},
		{"bare line ends", "Subject: a\n\nb\rc\n", true, "Subject: a\r\n\r\nb\r\nc\r\n", "message/rfc822", false},
		{"CR at the end", "Subject: a\r\n\r\nb\r", true, "Subject: a\r\n\r\nb\r\n", "message/rfc822", false},
		{"own boundary", "Subject: a\r\n\r\n--=_boundary--\r\n", false, "Subject: a\r\n", "text/rfc822-headers; charset=utf-8", false},
		{"empty", "", true, "", "message/rfc822", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := sample()
			r.Full = tt.full
			report := write(t, r, section(tt.original))
			checkReport(t, r, report)
			content, kind := returnedPart(t, report)
			if content != tt.want || kind != tt.kind {
				t.Errorf("%s returned as %.80q (%d octets), want %.80q (%d)", kind, content, len(content), tt.want, len(tt.want))
			}
			eightBit, err := EightBit(r, section(tt.original))
			if eightBit != tt.eightBit || err != nil {
				t.Errorf("8-bit %v, %v", eightBit, err)
			}
			if has := bytes.ContainsFunc(report, func(c rune) bool { return c > 127 }); has != tt.eightBit {
				t.Errorf("report has 8-bit bytes: %v", has)
			}
		})
	}
}
