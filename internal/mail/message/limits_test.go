package message

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// footprint is the memory that a scanner at work holds, in octets.
func (s *scan) footprint() int {
	c := &s.content
	return cap(s.held) + cap(s.header.raw) + cap(s.header.fields)*fieldRefSize +
		cap(c.text) + cap(c.log.bytes) + cap(c.params.buf) + cap(c.params.lex.comment) +
		cap(c.params.list)*rawParamSize + cap(c.params.pieces)*pieceSize +
		cap(c.envelopes.text) + cap(c.envelopes.addresses.buf) + cap(c.envelopes.addresses.lex.comment) +
		cap(s.tree.table) + cap(s.tree.open)*openPartSize + cap(s.tree.bounds)*boundarySize
}

const (
	fieldRefSize = int(unsafe.Sizeof(fieldRef{}))
	openPartSize = int(unsafe.Sizeof(openPart{}))
	boundarySize = int(unsafe.Sizeof(boundary{}))
	rawParamSize = int(unsafe.Sizeof(rawParam{}))
	pieceSize    = int(unsafe.Sizeof(paramPiece{}))
)

// hostile are generators of endless mail that means harm.
var hostile = map[string]func(w io.Writer, i int){
	"nested multiparts": func(w io.Writer, i int) {
		fmt.Fprintf(w, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	},
	"nested messages": func(w io.Writer, i int) {
		io.WriteString(w, "Content-Type: message/rfc822\r\nSubject: x\r\nFrom: a@b.example\r\n\r\n")
	},
	"parts": func(w io.Writer, i int) {
		if i == 0 {
			io.WriteString(w, "Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		}
		io.WriteString(w, "--b\r\n\r\n")
	},
	"parts with long headers": func(w io.Writer, i int) {
		if i == 0 {
			io.WriteString(w, "Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		}
		fmt.Fprintf(w, "--b\r\nContent-Type: a/b; name=%s\r\nContent-Description: %s\r\n\r\n", longWord, longWord)
	},
	"messages in a digest": func(w io.Writer, i int) {
		if i == 0 {
			io.WriteString(w, "Content-Type: multipart/digest; boundary=b\r\n\r\n")
		}
		fmt.Fprintf(w, "--b\r\n\r\nSubject: %s\r\nFrom: %s@b.example\r\n\r\n", longWord, longWord)
	},
	"childless multiparts": func(w io.Writer, i int) {
		if i == 0 {
			io.WriteString(w, "Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		}
		io.WriteString(w, "--b\r\nContent-Type: multipart/x\r\n\r\n")
	},
	"header line without end": func(w io.Writer, i int) {
		once(w, i, "Subject: ")
		io.WriteString(w, longWord)
	},
	"address list without end": func(w io.Writer, i int) {
		once(w, i, "From: a@b.example\r\nTo: ")
		io.WriteString(w, "\"a b\" (comment) <a@b.example>,\r\n ")
	},
	"nested comments": func(w io.Writer, i int) {
		once(w, i, "From: ")
		io.WriteString(w, "(")
	},
	"parameters without end": func(w io.Writer, i int) {
		once(w, i, "Content-Type: text/plain")
		fmt.Fprintf(w, "; n*%d*=%s", i, longWord)
	},
	"a million parameters": func(w io.Writer, i int) {
		once(w, i, "MIME-Version: 1.0\r\nContent-Type: text/plain")
		fmt.Fprintf(w, ";a%d=b", i)
	},
	"many fields": func(w io.Writer, i int) {
		io.WriteString(w, "Subject: x\r\nTo: a@b.example\r\nX-Label: y\r\n")
	},
	"body line without end": func(w io.Writer, i int) {
		once(w, i, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--")
		io.WriteString(w, longWord)
	},
	"dashes": func(w io.Writer, i int) {
		once(w, i, "Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		io.WriteString(w, "----------------------------------------")
	},
	"lines that are nearly boundaries": func(w io.Writer, i int) {
		if i < MaxDepth {
			fmt.Fprintf(w, "Content-Type: multipart/mixed; boundary=%s%02d\r\n\r\n--%s%02d\r\n", longBoundary, i, longBoundary, i)
			return
		}
		fmt.Fprintf(w, "--%sxx\r\n", longBoundary)
	},
	"empty lines": func(w io.Writer, i int) {
		once(w, i, "Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		io.WriteString(w, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n")
	},
	"encoded words": func(w io.Writer, i int) {
		once(w, i, "Subject: ")
		io.WriteString(w, "=?=?utf-8?q?=?")
	},
}

var (
	longWord     = strings.Repeat("x", 200)
	longBoundary = strings.Repeat("y", 70)
)

func once(w io.Writer, i int, s string) {
	if i == 0 {
		io.WriteString(w, s)
	}
}

// TestHostile feeds a million of everything, and lines of 10 million bytes: the
// scanner stays within its memory and gets through in time.
func TestHostile(t *testing.T) {
	for name, generate := range hostile {
		t.Run(name, func(t *testing.T) {
			enough := int64(10 << 20)
			if strings.HasPrefix(name, "nested") {
				enough = 1 << 40 // all the million
			}
			var piece bytes.Buffer
			var s Scanner
			var all int64
			peak := 0
			start := time.Now()
			for i := 0; i < 1_000_000 && all < enough; i++ {
				generate(&piece, i)
				if piece.Len() > 16<<10 {
					s.Write(piece.Bytes())
					all += int64(piece.Len())
					piece.Reset()
					peak = max(peak, s.work.footprint())
				}
			}
			d := s.Close()
			if took := time.Since(start); took > 30*time.Second { // quadratic time would be hours
				t.Errorf("%v for %d octets", took, all)
			}
			if peak > 256<<10 {
				t.Errorf("scanner holds %d octets", peak)
			}
			if size := len(d.BodyStructure) + len(d.Envelope) + len(d.Parts) + len(d.Header); size > 2<<20 {
				t.Errorf("digest of %d octets", size)
			}
			checkWire(t, "structure", d.BodyStructure)
			checkWire(t, "envelope", d.Envelope)
			checkParts(t, d)
			t.Logf("%4d KiB peak, %7d octets of digest, %4.0f MB/s", peak>>10, len(d.BodyStructure)+len(d.Parts)+len(d.Envelope),
				float64(all)/time.Since(start).Seconds()/1e6)
		})
	}
}

// countParts walks through a digest's parts.
func countParts(t *testing.T, d *Digest) (parts, depth int) {
	t.Helper()
	table, err := Parts(d.Parts)
	if err != nil {
		t.Fatal(err)
	}
	table.Walk(func(level int, _ *Part) bool {
		parts++
		depth = max(depth, level+1)
		return true
	})
	return parts, depth
}

func TestDepthLimit(t *testing.T) {
	for _, kind := range []string{"nested multiparts", "nested messages"} {
		for _, n := range []int{MaxDepth - 1, MaxDepth, MaxDepth + 1, 3 * MaxDepth} {
			var msg bytes.Buffer
			for i := range n {
				hostile[kind](&msg, i)
			}
			d := checkMessage(t, msg.Bytes())
			_, depth := countParts(t, d)
			if want := min(n+1, MaxDepth); depth != want {
				t.Errorf("%d %s: depth %d, want %d", n, kind, depth, want)
			}
			if opaque := bytes.Contains(d.BodyStructure, []byte(opaqueType)); opaque != (n+1 > MaxDepth) {
				t.Errorf("%d %s: opaque leaf %v", n, kind, opaque)
			}
		}
	}
}

func TestPartsLimit(t *testing.T) {
	for _, body := range []string{"", "Content-Type: text/plain\r\n\r\n", "Content-Type: text/html; charset=utf-8\r\n\r\nx"} {
		msg := append([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeated("--b\r\n"+body+"\r\n", MaxParts+50)...)
		d := checkMessage(t, msg)
		if parts, _ := countParts(t, d); parts != MaxParts {
			t.Errorf("%q: %d parts, want %d", body, parts, MaxParts)
		}
	}
}

// TestTablesLimit shows that a message whose parts cannot all be remembered is
// still whole.
func TestTablesLimit(t *testing.T) {
	part := "--b\r\nContent-Description: " + longWord + "\r\n\r\nx\r\n"
	msg := append([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeated(part, 2000)...)
	d := checkMessage(t, msg)
	parts, _ := countParts(t, d)
	if want := MaxTables / len(longWord); parts < want*8/10 || parts > want {
		t.Errorf("%d parts, about %d expected", parts, want)
	}
	table, _ := Parts(d.Parts)
	if last, ok := table.Find([]int{parts - 1}); !ok || last.BodyEnd != d.Size {
		t.Errorf("the last part %+v does not go to the end %d", last, d.Size)
	}
}

func TestHeaderLimits(t *testing.T) {
	var msg bytes.Buffer
	msg.WriteString("From: a@b.example\r\nTo: ")
	for i := range 5000 {
		fmt.Fprintf(&msg, "user%d@b.example,\r\n ", i)
	}
	msg.WriteString("last@b.example\r\nSubject: x\r\n\r\n")
	d := checkMessage(t, msg.Bytes())
	if d.Header != nil {
		t.Error("a cached header that is not whole")
	}
	if n := len(d.Envelope); n > MaxEnvelope || n < MaxEnvelope/2 {
		t.Errorf("envelope of %d octets", n)
	}
	if last := bytes.LastIndex(d.Envelope, []byte("user")); !bytes.HasPrefix(d.Envelope[last:], []byte("user1")) ||
		bytes.Contains(d.Envelope, []byte("MISSING")) {
		t.Errorf("the list ends with %.60q", d.Envelope[last:])
	}

	long := "Subject: " + strings.Repeat("x", MaxCachedHeader) + "\r\n\r\n"
	if d := checkMessage(t, []byte(long)); d.Header != nil {
		t.Errorf("cached header of %d octets", len(d.Header))
	}
	fits := "Subject: " + strings.Repeat("x", MaxCachedHeader-13) + "\r\n\r\n"
	if d := checkMessage(t, []byte(fits)); len(d.Header) != MaxCachedHeader {
		t.Errorf("cached header of %d octets", len(d.Header))
	}
	if d := checkMessage(t, repeated("Subject: x\r\n", maxHeaderFields+1)); d.Header != nil {
		t.Error("more fields than are kept, and a cached header")
	}
}

func TestBoundaryLimit(t *testing.T) {
	boundary := strings.Repeat("b", MaxBoundary+20)
	msg := "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary[:MaxBoundary] + "\r\n\r\n1\r\n--" + boundary + "--\r\n"
	d := checkMessage(t, []byte(msg))
	if parts, _ := countParts(t, d); parts != 3 { // what follows the compared octets is not looked at
		t.Errorf("%d parts in %s", parts, d.BodyStructure)
	}
}
