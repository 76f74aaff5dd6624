package dsn

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tram/internal/mail/message"
)

func TestParseStatus(t *testing.T) {
	body := "Reporting-MTA: dns; mx.example.org\nArrival-Date: Sat, 21 Nov 2026 11:34:56 +0700\n\n\n" +
		"final-recipient: RFC822; <bob@example.net>\nAction: FAILED (really)\nStatus: 5.1.1 (no such user)\n" +
		"Diagnostic-Code: smtp; 550\n\tfolded\n\n" +
		"Original-Recipient: utf-8;th\\x{1b0}@v.example\nAction: delayed\n\n" +
		"X-Nothing: here\n\nFinal-Recipient: no type\nAction: delivered"
	got, err := ParseStatus([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := []RecipientStatus{
		{FinalType: "rfc822", Final: "bob@example.net", Action: Failed, Status: "5.1.1", DiagnosticType: "smtp", Diagnostic: "550 folded"},
		{OriginalType: "utf-8", Original: "thư@v.example", Action: Delayed},
		{Final: "no type", Action: Delivered},
	}
	if diff := cmp.Diff(want, got.Recipients); diff != "" || got.ReportingMTA != "mx.example.org" || got.Arrival.IsZero() {
		t.Errorf("%+v\n%s", got, diff)
	}
	for _, bad := range []string{"", "\n\n\n", "text", "Reporting-MTA: dns; x\n\n", "Final-Recipient: rfc822; a@b.example\n"} {
		if _, err := ParseStatus([]byte(bad)); !errors.Is(err, ErrNotStatus) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestRecipientLimit(t *testing.T) {
	body := strings.Repeat("Final-Recipient: rfc822; a@b.example\nAction: failed\n\n", MaxRecipients+5)
	got, err := ParseStatus([]byte(body))
	if err != nil || len(got.Recipients) != MaxRecipients {
		t.Errorf("%d recipients, %v", len(got.Recipients), err)
	}
}

func TestUnitext(t *testing.T) {
	for plain, encoded := range map[string]string{
		"a@b.example":    "a@b.example",
		"thư@v.example":  `th\x{1B0}@v.example`,
		"a b+c=d\\@x":    `a\x{20}b\x{2B}c\x{3D}d\x{5C}@x`,
		"\U0001F600@x.y": `\x{1F600}@x.y`,
	} {
		if got := encodeUnitext(plain); got != encoded {
			t.Errorf("%q encodes to %q, want %q", plain, got, encoded)
		}
		if got := decodeUnitext(encoded); got != plain {
			t.Errorf("%q decodes to %q, want %q", encoded, got, plain)
		}
	}
	for _, odd := range []string{`\x{`, `\x{}`, `\x{zz}`, `\x{D800}`, `\x{110000}`, `\x{0D}\x{0A}`, `\x{41`, `\x{0000000041}`} {
		if got := decodeUnitext(odd); got != odd {
			t.Errorf("%q decodes to %q", odd, got)
		}
	}
}

// TestForeignReports reads the reports of other systems.
func TestForeignReports(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "..", "shared", "data")
	patterns := []string{"mime-enmime/dsn_testdata/*", "mime-ruby-mail/emails/multipart_report_emails/*", "mime-python-email/msg_05.txt", "mime-python-email/msg_43.txt"}
	count := 0
	for _, pattern := range patterns {
		files, _ := filepath.Glob(filepath.Join(shared, filepath.FromSlash(pattern)))
		for _, file := range files {
			mail, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range statusParts(mail) {
				status, err := ParseStatus(part)
				if err != nil {
					t.Logf("%s: %v", filepath.Base(file), err)
					continue
				}
				count++
				for _, r := range status.Recipients {
					if r.Status != "" && !isStatus(r.Status) || r.Action == "" {
						t.Errorf("%s: %+v", filepath.Base(file), r)
					}
				}
			}
		}
	}
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no data in the shared data folder beside the project")
	}
	if count < 5 {
		t.Errorf("only %d reports", count)
	}
}

// statusParts finds the parts that look like a delivery status.
func statusParts(mail []byte) (parts [][]byte) {
	d, _ := message.Scan(bytes.NewReader(mail))
	table, err := message.Parts(d.Parts)
	if err != nil {
		return nil
	}
	table.Walk(func(_ int, p *message.Part) bool {
		value, _ := message.FieldValue(mail[p.HeaderStart:p.BodyStart], "Content-Type")
		if c := message.ParseContentType(value); c.Subtype == "delivery-status" {
			parts = append(parts, mail[p.BodyStart:p.BodyEnd])
		}
		return true
	})
	return parts
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte("Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; \\x{1b0}@x\nAction: failed\nStatus: 5.0.0\n\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		status, err := ParseStatus(body)
		if err != nil {
			return
		}
		for _, r := range status.Recipients {
			for _, s := range []string{r.Final, r.Original, r.Diagnostic, r.RemoteMTA, string(r.Action), r.Status} {
				if strings.ContainsAny(s, "\r\n\x00") {
					t.Fatalf("%+v of %q", r, body)
				}
			}
		}
	})
}

// FuzzReport puts anything into a report: it stays one report of three parts
// about one recipient.
func FuzzReport(f *testing.F) {
	f.Add("mx\r\nX: y", "a b\r\n", "550 x\r\n\r\n--=_boundary\r\n", "rfc822;a\r\nAction: x", "Subject: x\r\n\r\n--=_boundary--\r\n", true, false)
	f.Add("mx", "id", "", "", "\x7f", false, false) // DEL is 7-bit
	f.Add("thư", "ü", strings.Repeat("é", 3000), "utf-8;\\x{0A}", "\xff\n.\r.\n", false, true)
	f.Fuzz(func(t *testing.T, mta, id, diagnostic, original, mail string, full, utf8 bool) {
		r := sample()
		r.Boundary = "boundary\x00" + id
		if strings.Contains(mail, "=_") {
			r.Boundary = "" // nobody can guess it
		}
		r.ReportingMTA, r.MessageID, r.EnvID, r.QueueID, r.References, r.Subject = mta, id, id, id, id, diagnostic
		r.Recipients = r.Recipients[:1]
		r.Recipients[0].RemoteMTA, r.Recipients[0].Diagnostic, r.Recipients[0].Original = mta, diagnostic, original
		r.Recipients[0].Status = id
		r.Full, r.UTF8 = full, utf8
		report := write(t, r, section(mail))
		checkReport(t, r, report)
		eightBit, err := EightBit(r, section(mail))
		if err != nil {
			t.Fatal(err)
		}
		if !eightBit && bytes.ContainsFunc(report, func(c rune) bool { return c > 127 }) {
			t.Fatalf("8-bit bytes in %q", report)
		}
	})
}
