package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestUnterminated lets everything that needs an end have none. checkMessage
// holds the invariants; here only: what stands before is seen, and nothing is
// hidden.
func TestUnterminated(t *testing.T) {
	for name, msg := range map[string]string{
		"header":           "Subject: x\r\nFrom: a@b.example",
		"field name":       "Subject",
		"folded line":      "Subject: x\r\n ",
		"comment":          "Subject: x\r\nFrom: (((a@b.example\r\n\r\n",
		"quoted string":    "Subject: x\r\nFrom: \"a\\\" <a@b.example>\r\n\r\n",
		"quoted pair":      "Subject: x\r\nFrom: \"a\\",
		"route":            "Subject: x\r\nFrom: <@a,@b:c@d\r\n\r\n",
		"domain literal":   "Subject: x\r\nFrom: a@[1.2.3\r\n\r\n",
		"group":            "Subject: x\r\nTo: all: a@b.example, \r\n\r\n",
		"encoded word":     "Subject: x =?utf-8?q?abc\r\n\r\n",
		"parameter":        "Subject: x\r\nContent-Type: text/plain; charset=\"utf\r\n\r\n",
		"extended value":   "Subject: x\r\nContent-Type: text/plain; name*0*=utf-8'\r\n\r\n",
		"type":             "Subject: x\r\nContent-Type: text/\r\n\r\n",
		"boundary":         "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b\r\n\r\n--b\r\n\r\n",
		"multipart":        "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext",
		"part header":      "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html",
		"delimiter":        "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n-",
		"inner multipart":  "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--b--\r\n",
		"embedded message": "Subject: x\r\nContent-Type: message/rfc822\r\n\r\nSubject: y",
		"empty embedded":   "Subject: x\r\nContent-Type: message/rfc822\r\n\r\n",
		"base64":           "Subject: x\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\nYWJj\r\nYW",
		"CR":               "Subject: x\r\n\r",
	} {
		d := checkMessage(t, []byte(msg))
		if want := `"x`; strings.HasPrefix(msg, "Subject: x") && !bytes.Contains(d.Envelope, []byte(want)) {
			t.Errorf("%s: the subject is hidden: %s", name, d.Envelope)
		}
		table, err := Parts(d.Parts)
		if err != nil {
			t.Fatal(name, err)
		}
		if root, ok := table.Find(nil); !ok || root.BodyEnd != d.Size {
			t.Errorf("%s: the message ends at %d of %d", name, root.BodyEnd, d.Size)
		}
		if _, err := Preview(strings.NewReader(msg), table); err != nil {
			t.Errorf("%s: preview: %v", name, err)
		}
	}
}

// TestBoundaryPrefixes nests multiparts whose boundaries begin with each other,
// in both orders: every line belongs to the longest boundary that it can be.
func TestBoundaryPrefixes(t *testing.T) {
	for _, bounds := range [][]string{{"b", "bb", "bbb"}, {"bbb", "bb", "b"}, {"b", "b--", "b----"}, {"b--", "b", "b-"}} {
		var msg strings.Builder
		for i, b := range bounds {
			fmt.Fprintf(&msg, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", b, b)
			if i == len(bounds)-1 {
				msg.WriteString("\r\ninnermost")
			}
		}
		for i := len(bounds) - 1; i >= 0; i-- {
			fmt.Fprintf(&msg, "\r\n--%s\r\n\r\nsecond of %d\r\n--%s--", bounds[i], i, bounds[i])
		}
		raw := msg.String() + "\r\n"
		d := checkMessage(t, []byte(raw))
		table, err := Parts(d.Parts)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{"1.1.1": "innermost", "1.1.2": "second of 2", "1.2": "second of 1", "2": "second of 0"} {
			var numbers []int
			for n := range strings.SplitSeq(path, ".") {
				numbers = append(numbers, int(n[0]-'0'))
			}
			p, ok := table.Find(numbers)
			if got := raw[p.BodyStart:p.BodyEnd]; !ok || got != want {
				t.Errorf("%q: part %s is %q, want %q", bounds, path, got, want)
			}
		}
	}
}

// TestPieceLimits shows what is left out of ENVELOPE and BODYSTRUCTURE, and that
// nothing else is.
func TestPieceLimits(t *testing.T) {
	long := strings.Repeat("x", 2*maxPiece)
	d := checkMessage(t, []byte("MIME-Version: 1.0\r\nContent-Type: text/plain; name="+long+"; charset=utf-8\r\n"+
		"Content-ID: "+long+"\r\nContent-Description: short\r\nContent-Language: "+long+", vi\r\n\r\nx"))
	if s := string(d.BodyStructure); strings.Contains(s, `"name"`) || !strings.Contains(s, `"charset" "utf-8"`) ||
		!strings.Contains(s, `"short"`) || strings.Contains(s, strings.Repeat("x", maxPiece/2+1)) ||
		!strings.Contains(s, strings.Repeat("x", maxPiece/2)) {
		t.Errorf("structure %.200s", s)
	}

	subject := strings.Repeat("s", MaxEnvelope)
	d = checkMessage(t, []byte("Subject: "+subject[:MaxHeader-1000]+"\r\nFrom: a@b.example\r\n\r\n"))
	if s := string(d.Envelope); !strings.Contains(s, `"a" NIL`) && !strings.Contains(s, `"a" "b.example"`) || len(s) > MaxEnvelope/envelopeShare+500 {
		t.Errorf("envelope of %d octets: %.100s", len(s), s)
	}

	var list strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&list, "user%d@b.example,\r\n ", i)
	}
	d = checkMessage(t, []byte("Content-Type: message/rfc822\r\n\r\nTo: "+list.String()+"last@b.example\r\nSubject: inner\r\n\r\nx"))
	if n := len(d.BodyStructure); n > maxInnerEnvelope+500 || n < maxInnerEnvelope/2 || !bytes.Contains(d.BodyStructure, []byte(`"inner"`)) {
		t.Errorf("structure of %d octets with an embedded message", n)
	}

	charset := strings.Repeat("c", maxCharset+1)
	d = checkMessage(t, []byte("MIME-Version: 1.0\r\nContent-Type: text/plain; charset="+charset+"\r\n\r\nx"))
	table, _ := Parts(d.Parts)
	if p, _ := table.Find(nil); len(p.Charset) > maxCharset || !bytes.Contains(d.BodyStructure, []byte(charset)) {
		t.Errorf("charset %q", p.Charset)
	}
}

// TestHugeHeader lets one header be 100 MB of fields that matter.
func TestHugeHeader(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of work")
	}
	piece := bytes.Repeat([]byte("Content-Type: multipart/mixed; boundary=b\r\nSubject: x\r\nX-Other: y\r\n"), 1000)
	var s Scanner
	all := int64(0)
	for all < 100<<20 {
		s.Write(piece)
		all += int64(len(piece))
		if n := s.work.footprint(); n > 256<<10 {
			t.Fatalf("scanner holds %d octets", n)
		}
	}
	s.Write([]byte("\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	d := s.Close()
	if d.HeaderSize != all+2 || d.Header != nil {
		t.Errorf("header of %d octets, %d expected; %d kept", d.HeaderSize, all+2, len(d.Header))
	}
	if parts, _ := countParts(t, d); parts != 2 {
		t.Errorf("%d parts", parts)
	}
}
