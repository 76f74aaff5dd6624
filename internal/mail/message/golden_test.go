package message

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDigestGolden fixes the digests of small messages, among them the form of
// the table of parts, which is stored. ENVELOPE, BODYSTRUCTURE and BODY of these
// files are what Dovecot says (TestDovecotAgrees).
func TestDigestGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/digest/*.eml")
	if len(files) < 15 {
		t.Fatalf("only %d messages", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			msg, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(checkMessage(t, msg), msg)
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// describe writes a digest for people to review.
func describe(d *Digest, msg []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "size %d, header %d, sent %s\n", d.Size, d.HeaderSize, d.SentDate.Format("2006-01-02T15:04:05Z07:00"))
	fmt.Fprintf(&b, "\nENVELOPE\n%q\n", d.Envelope)
	fmt.Fprintf(&b, "\nBODYSTRUCTURE\n%q\n", d.BodyStructure)
	fmt.Fprintf(&b, "\nBODY\n%q\n", AppendBody(nil, d.BodyStructure))
	fmt.Fprintf(&b, "\ncached header\n%q\n", d.Header)
	fmt.Fprintf(&b, "\nparts %x\n", d.Parts)
	table, err := Parts(d.Parts)
	if err != nil {
		return err.Error()
	}
	table.Walk(func(depth int, p *Part) bool {
		fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", depth), describePart(p))
		fmt.Fprintf(&b, "%s  %.60q\n", strings.Repeat("  ", depth), msg[p.BodyStart:p.BodyEnd])
		return true
	})
	return b.String()
}

func describePart(p *Part) string {
	s := fmt.Sprintf("%d-%d-%d lines %d", p.HeaderStart, p.BodyStart, p.BodyEnd, p.Lines)
	s += [...]string{" leaf", " multipart", " message"}[p.Kind]
	s += [...]string{"", " quoted-printable", " base64", " uuencode", " unknown"}[p.Encoding]
	for _, flag := range []struct {
		set  bool
		name string
	}{{p.Text, " text"}, {p.Readable, " readable"}, {p.Attached, " attached"}} {
		if flag.set {
			s += flag.name
		}
	}
	return s + " " + string(bytes.TrimSpace(p.Charset))
}
