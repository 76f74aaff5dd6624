package message

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// digestOf scans a message that is given in one piece.
func digestOf(t testing.TB, msg []byte) *Digest {
	t.Helper()
	var s Scanner
	if n, err := s.Write(msg); n != len(msg) || err != nil {
		t.Fatalf("Write gives %d, %v", n, err)
	}
	return s.Close()
}

// digestInPieces scans a message in pieces of the sizes that next gives.
func digestInPieces(msg []byte, next func() int) *Digest {
	var s Scanner
	for len(msg) > 0 {
		n := min(max(next(), 1), len(msg))
		piece := bytes.Clone(msg[:n])
		s.Write(piece)
		for i := range piece {
			piece[i] = 0xEE // the scanner may not keep it
		}
		msg = msg[n:]
	}
	return s.Close()
}

// checkMessage is what holds for every sequence of bytes.
func checkMessage(t testing.TB, msg []byte) *Digest {
	t.Helper()
	d := digestOf(t, msg)
	if d.Size != int64(len(msg)) || d.HeaderSize < 0 || d.HeaderSize > d.Size {
		t.Fatalf("size %d, header %d of %d octets", d.Size, d.HeaderSize, len(msg))
	}
	if end := HeaderEnd(msg); end >= 0 && int64(end) != d.HeaderSize || end < 0 && d.HeaderSize != d.Size {
		t.Fatalf("header of %d octets, HeaderEnd says %d", d.HeaderSize, end)
	}
	checkWire(t, "envelope", d.Envelope)
	checkWire(t, "structure", d.BodyStructure)
	checkWire(t, "body", AppendBody(nil, d.BodyStructure))
	checkParts(t, d)
	checkCached(t, d, msg)
	checkPieces(t, d, msg)
	return d
}

// checkPieces compares with the digests of the message in pieces.
func checkPieces(t testing.TB, want *Digest, msg []byte) {
	t.Helper()
	seed := uint64(len(msg))
	random := rand.New(rand.NewPCG(seed, 1))
	sizes := map[string]func() int{
		"pieces of 1":   func() int { return 1 },
		"pieces of 3":   func() int { return 3 },
		"random pieces": func() int { return random.IntN(200) },
	}
	if len(msg) > 64<<10 {
		delete(sizes, "pieces of 1")
		delete(sizes, "pieces of 3")
	}
	for name, next := range sizes {
		if got := digestInPieces(msg, next); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s give another digest:\n%+v\n%+v\n%s\n%s", name, got, want, got.BodyStructure, want.BodyStructure)
		}
	}
}

// checkParts looks at every part: in order, within its parent, and found again
// under its number.
func checkParts(t testing.TB, d *Digest) {
	t.Helper()
	table, err := Parts(d.Parts)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	var ends [MaxDepth]int64
	table.Walk(func(depth int, p *Part) bool {
		count++
		if depth == 0 {
			if p.HeaderStart != 0 || p.BodyStart != d.HeaderSize || p.BodyEnd != d.Size {
				t.Fatalf("root part %+v", p)
			}
		} else if p.BodyEnd > ends[depth-1] {
			t.Fatalf("part %+v goes past its parent's end %d", p, ends[depth-1])
		}
		if p.HeaderStart < 0 || p.HeaderStart > p.BodyStart || p.BodyStart > p.BodyEnd {
			t.Fatalf("part %+v", p)
		}
		ends[depth] = p.BodyEnd
		return true
	})
	if count < 1 || count > MaxParts {
		t.Fatalf("%d parts", count)
	}
}

// checkCached compares what the cached header answers with what the message's
// header answers.
func checkCached(t testing.TB, d *Digest, msg []byte) {
	t.Helper()
	if d.Header == nil {
		return
	}
	want := CachedFields.Append(nil, msg[:d.HeaderSize])
	if got := CachedFields.Append(nil, d.Header); !bytes.Equal(got, want) {
		t.Fatalf("cached header\n%q\nbut the message has\n%q", got, want)
	}
}

// checkText reads a message's texts to their end.
func checkText(t testing.TB, d *Digest, msg []byte) (text []byte) {
	t.Helper()
	table, err := Parts(d.Parts)
	if err != nil {
		t.Fatal(err)
	}
	err = Text(bytes.NewReader(msg), table, func(chunk []byte) bool {
		text = append(text, chunk...)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checkWire checks that b is one parenthesised list in IMAP syntax.
func checkWire(t testing.TB, what string, b []byte) {
	t.Helper()
	rest, err := wireValue(b, 0)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d octets too many", len(rest))
	}
	if err == nil && b[0] != '(' {
		err = fmt.Errorf("no list")
	}
	if err != nil {
		t.Fatalf("%s: %v in %q", what, err, b)
	}
}

// wireValue reads one value and returns what follows it.
func wireValue(b []byte, depth int) ([]byte, error) {
	switch {
	case len(b) == 0 || depth > 3*MaxDepth:
		return nil, io.ErrUnexpectedEOF
	case b[0] == '(':
		return wireList(b[1:], depth)
	case b[0] == '"':
		return wireQuoted(b[1:])
	case b[0] == '{':
		return wireLiteral(b)
	case bytes.HasPrefix(b, []byte("NIL")):
		return b[3:], nil
	case isDigit(b[0]):
		return bytes.TrimLeft(b, "0123456789"), nil
	}
	return nil, fmt.Errorf("unexpected %q", b[0])
}

func wireList(b []byte, depth int) ([]byte, error) {
	for first := true; ; first = false {
		if len(b) > 0 && b[0] == ')' && !first {
			return b[1:], nil
		}
		// RFC 3501 7.4.2: addresses and the parts of a multipart stand
		// without spaces between them.
		if !first && len(b) > 0 && b[0] == ' ' {
			b = b[1:]
		} else if !first && (len(b) == 0 || b[0] != '(') {
			return nil, fmt.Errorf("missing space")
		}
		var err error
		if b, err = wireValue(b, depth+1); err != nil {
			return nil, err
		}
	}
}

func wireQuoted(b []byte) ([]byte, error) {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return b[i+1:], nil
		case c == '\\':
			if i++; i == len(b) || b[i] != '"' && b[i] != '\\' {
				return nil, fmt.Errorf("wrong escape")
			}
		case c == 0 || c == '\r' || c == '\n' || c >= 0x80:
			return nil, fmt.Errorf("%q in a quoted string", c)
		}
	}
	return nil, io.ErrUnexpectedEOF
}

func wireLiteral(b []byte) ([]byte, error) {
	var n int
	if _, err := fmt.Sscanf(string(b[:min(len(b), 20)]), "{%d}", &n); err != nil {
		return nil, err
	}
	start := bytes.Index(b, []byte("}\r\n")) + 3
	if start < 3 || start+n > len(b) {
		return nil, fmt.Errorf("literal of %d octets", n)
	}
	if bytes.IndexByte(b[start:start+n], 0) >= 0 {
		return nil, fmt.Errorf("NUL in a literal")
	}
	return b[start+n:], nil
}

// sharedFolder finds a folder of the shared data beside the project.
func sharedFolder(t testing.TB, path string) string {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "..", "shared", filepath.FromSlash(path))
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no %s in the shared data folder beside the project", path)
	}
	return folder
}

// corpus reads the messages under the folders of test mail, with CRLF line
// ends.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	root := sharedFolder(t, "data")
	messages := map[string][]byte{}
	for _, pattern := range []string{"mime-*", "mail-auth"} {
		folders, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, folder := range folders {
			err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				name, _ := filepath.Rel(root, path)
				messages[name] = withCRLF(b)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(messages) == 0 {
		t.Skip("no mail in the shared data folder beside the project")
	}
	return messages
}

func withCRLF(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
}

// repeated is s n times.
func repeated(s string, n int) []byte { return bytes.Repeat([]byte(s), n) }
