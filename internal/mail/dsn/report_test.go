package dsn

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tram/internal/mail/address"
	"tram/internal/mail/message"
)

var update = flag.Bool("update", false, "write the golden files anew")

var when = time.Date(2026, 11, 21, 12, 34, 56, 0, time.FixedZone("", 7*3600))

const originalText = "Received: from a.example by mx.example.org; Sat, 21 Nov 2026 12:00:00 +0700\r\n" +
	"From: Lan <lan@example.org>\r\nTo: bob@example.net\r\nSubject: Xin =?utf-8?q?ch=C3=A0o?=\r\n" +
	"Message-ID: <1@example.org>\r\n\r\nThe body.\r\n"

func section(s string) *io.SectionReader {
	return io.NewSectionReader(strings.NewReader(s), 0, int64(len(s)))
}

// sample is a report about two recipients.
func sample() *Report {
	return &Report{
		ReportingMTA: "mx.example.org",
		From:         address.Address{Local: "mailer-daemon", Domain: "example.org"},
		To:           address.Address{Local: "lan", Domain: "example.org"},
		MessageID:    "report.1@mx.example.org",
		Boundary:     "boundary",
		Date:         when,
		References:   "1@example.org",
		EnvID:        "envelope 1",
		Arrival:      when.Add(-time.Hour),
		QueueID:      "01k9z",
		Subject:      "Xin chào",
		Recipients: []Recipient{
			{
				Final: address.Address{Local: "bob", Domain: "example.net"}, Original: "rfc822;robert@example.net",
				Action: Failed, Status: "5.1.1", RemoteMTA: "mx.example.net",
				Diagnostic: "550-5.1.1 no such user\n550 5.1.1 try another", LastAttempt: when.Add(-time.Minute),
			},
			{
				Final: address.Address{Local: "carol", Domain: "example.com"}, Action: Delayed, Status: "4.4.1",
				Diagnostic: "no answer from any host", WillRetryUntil: when.Add(48 * time.Hour),
			},
		},
	}
}

func write(t testing.TB, r *Report, original *io.SectionReader) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, original); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	vietnamese := address.Address{Local: "thư", Domain: "ví-dụ.vn"}
	reports := map[string]func() (*Report, *io.SectionReader){
		"failed":      func() (*Report, *io.SectionReader) { return sample(), section(originalText) },
		"failed-full": func() (*Report, *io.SectionReader) { r := sample(); r.Full = true; return r, section(originalText) },
		"delayed": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Recipients = r.Recipients[1:]
			return r, nil
		},
		"delivered": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Recipients = []Recipient{{Final: r.To, Action: Delivered, Status: "2.1.5"}}
			return r, section(originalText)
		},
		"relayed": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Full, r.By = true, when.Add(time.Hour)
			r.Recipients = []Recipient{
				{Final: r.To, Action: Relayed, Status: "2.0.0", RemoteMTA: "mx.example.net", Diagnostic: "250 2.0.0 taken"},
				{Final: r.Recipients[1].Final, Action: Delivered, Status: "2.1.5"},
			}
			return r, section(originalText)
		},
		"expanded": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Recipients = []Recipient{{Final: r.To, Action: Expanded, Status: "2.1.5"}}
			return r, section(originalText)
		},
		"expired": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Recipients = []Recipient{{Final: r.To, Action: Failed, Status: "4.4.1", Diagnostic: "451 4.4.1 mx.example.net[192.0.2.1]: at connect: no answer in time"}}
			return r, section(originalText)
		},
		"postmaster": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Recipients, r.Postmaster, r.Full = r.Recipients[:1], true, true
			return r, section(originalText)
		},
		"utf8": func() (*Report, *io.SectionReader) {
			r := sample()
			r.UTF8, r.To = true, vietnamese
			r.Recipients = []Recipient{{Final: vietnamese, Original: `utf-8;th\x{1B0}@v\x{ED}-d\x{1EE5}.vn`, Action: Failed, Diagnostic: "550 không có"}}
			return r, section("Subject: Xin chào\r\n\r\n")
		},
		"utf8-recipient-only": func() (*Report, *io.SectionReader) {
			r := sample()
			r.Recipients = []Recipient{{Final: vietnamese, Original: "utf-8;thư@ví-dụ.vn", Action: Failed, Diagnostic: "550 không có"}}
			return r, section("Subject: Xin chào\r\n\r\n")
		},
	}
	for name, make := range reports {
		t.Run(name, func(t *testing.T) {
			r, original := make()
			got := write(t, r, original)
			checkReport(t, r, got)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkReport is what holds for every report.
func checkReport(t testing.TB, r *Report, report []byte) *Status {
	t.Helper()
	for line := range bytes.SplitSeq(report, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %q", line)
		}
	}
	d, err := message.Scan(bytes.NewReader(report))
	if err != nil {
		t.Fatal(err)
	}
	if !r.UTF8 && bytes.ContainsFunc(report[:d.HeaderSize], func(c rune) bool { return c > 126 }) {
		t.Fatalf("header %q", report[:d.HeaderSize])
	}
	completion, err := message.Complete(report[:d.HeaderSize])
	if err != nil || completion.NoDate || completion.NoMessageID || completion.NoFrom {
		t.Fatalf("header %+v, %v in %q", completion, err, report[:d.HeaderSize])
	}
	table, err := message.Parts(d.Parts)
	if err != nil {
		t.Fatal(err)
	}
	part, ok := table.Find([]int{2})
	if !ok {
		t.Fatalf("no second part in %s", d.BodyStructure)
	}
	if _, more := table.Find([]int{4}); more {
		t.Fatalf("too many parts in %s", d.BodyStructure)
	}
	status, err := ParseStatus(report[part.BodyStart:part.BodyEnd])
	if err != nil {
		t.Fatalf("%v in %q", err, report[part.BodyStart:part.BodyEnd])
	}
	if len(status.Recipients) != len(r.Recipients) {
		t.Fatalf("%d recipients, want %d", len(status.Recipients), len(r.Recipients))
	}
	return status
}

func TestStatusComesBack(t *testing.T) {
	r := sample()
	got := checkReport(t, r, write(t, r, nil))
	want := &Status{
		ReportingMTA: "mx.example.org", EnvID: "envelope 1", Arrival: when.Add(-time.Hour),
		Recipients: []RecipientStatus{
			{
				OriginalType: "rfc822", Original: "robert@example.net", FinalType: "rfc822", Final: "bob@example.net",
				Action: Failed, Status: "5.1.1", RemoteMTA: "mx.example.net", DiagnosticType: "smtp",
				Diagnostic: "550-5.1.1 no such user 550 5.1.1 try another", LastAttempt: when.Add(-time.Minute),
			},
			{
				FinalType: "rfc822", Final: "carol@example.com", Action: Delayed, Status: "4.4.1",
				DiagnosticType: "x-tram", Diagnostic: "no answer from any host", WillRetryUntil: when.Add(48 * time.Hour),
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefuses(t *testing.T) {
	nobody := sample()
	nobody.Recipients = nil
	if err := Write(io.Discard, nobody, nil); !errors.Is(err, ErrNoRecipients) {
		t.Errorf("no recipients: %v", err)
	}
	null := sample()
	null.To = address.Address{}
	if err := Write(io.Discard, null, nil); !errors.Is(err, ErrNullSender) {
		t.Errorf("null sender: %v", err)
	}
	broken := errors.New("disk")
	if err := Write(brokenWriter{broken}, sample(), nil); !errors.Is(err, broken) {
		t.Errorf("broken writer: %v", err)
	}
	for _, full := range []bool{false, true} {
		r := sample()
		r.Full = full
		if err := Write(io.Discard, r, io.NewSectionReader(brokenReader{broken}, 0, 100)); !errors.Is(err, broken) {
			t.Errorf("broken reader, full %v: %v", full, err)
		}
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

type brokenReader struct{ err error }

func (b brokenReader) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// TestDefaults makes what is not given.
func TestDefaults(t *testing.T) {
	r := &Report{ReportingMTA: "mx.example.org", To: sample().To, Recipients: []Recipient{{Final: sample().To, Status: "nonsense"}}}
	one, two := write(t, r, nil), write(t, r, nil)
	if bytes.Equal(one, two) {
		t.Error("boundary and Message-ID are not random")
	}
	status := checkReport(t, r, one)
	if got := status.Recipients[0]; got.Action != Failed || got.Status != "5.0.0" {
		t.Errorf("%+v", got)
	}
	if from, _ := message.FieldValue(one, "From"); !bytes.Contains(from, []byte("<mailer-daemon@mx.example.org>")) {
		t.Errorf("From: %q", from)
	}
}
