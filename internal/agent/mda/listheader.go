package mda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strings"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/queue"
)

// listLines are the lines that a list puts in front of a message (RFC 2369,
// RFC 2919). There is no Sender field: it would take the author's place in the
// eyes of some mail programs.
func listLines(l *directory.List, list address.Address) []byte {
	owner := mailto(ownerOf(list))
	var b strings.Builder
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", l.Address)
	fmt.Fprintf(&b, "List-Id: %s<%s>\r\n", listPhrase(l.Description), listID(list))
	fmt.Fprintf(&b, "List-Post: <%s>\r\n", mailto(list))
	fmt.Fprintf(&b, "List-Owner: <%s>\r\n", owner)
	fmt.Fprintf(&b, "List-Unsubscribe: <%s?subject=unsubscribe>\r\n", owner)
	b.WriteString("Precedence: list\r\n")
	return []byte(b.String())
}

// listID is the address as a domain name (RFC 2919 2): "staff.example.org".
func listID(list address.Address) string {
	label := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, list.Local)
	return strings.Trim(label, ".") + "." + list.ASCII()
}

// maxEncodedLine is what fits behind "List-Id: " on a line with an encoded word
// (RFC 2047 2: 76 octets in all).
const maxEncodedLine = 76 - len("List-Id: ")

// listPhrase is the description in front of the List-Id, in encoded words when
// it must be.
func listPhrase(description string) string {
	if description == "" {
		return ""
	}
	if encoded := mime.BEncoding.Encode("utf-8", description); encoded != description {
		encoded = strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?") + "\r\n "
		if first, _, _ := strings.Cut(encoded, "\r\n"); len(first) > maxEncodedLine {
			encoded = "\r\n " + encoded
		}
		return encoded
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(description) + `" `
}

func mailto(a address.Address) string {
	return "mailto:" + url.PathEscape(a.Local) + "@" + a.ASCII()
}

// listFields are those of which a message has one at most, that of the last
// list it went through (RFC 2919 3, RFC 2369 4). List-Archive of an outer list
// stays.
var listFields = [...]string{
	"List-Id", "List-Post", "List-Owner", "List-Unsubscribe", "List-Unsubscribe-Post",
	"List-Help", "List-Subscribe", "Precedence",
}

func isListField(f *message.Field) bool {
	for _, name := range listFields {
		if f.Is(name) {
			return true
		}
	}
	return false
}

// hasListFields reports whether there is something to take out. A header that
// was too long to be read whole is left as it is.
func hasListFields(header []byte) bool {
	if len(header) >= message.MaxHeader {
		return false
	}
	for f := range message.Fields(header) {
		if isListField(&f) {
			return true
		}
	}
	return false
}

// appendWithoutListFields appends the fields of a header that a list leaves
// alone; what follows the fields is not appended.
func appendWithoutListFields(dst, header []byte) []byte {
	for f := range message.Fields(header) {
		if !isListField(&f) {
			dst = append(dst, f.Line...)
		}
	}
	return dst
}

// header reads the lines in front of a message and its header, at most
// message.MaxHeader octets of it.
func (d *Deliverer) header(ctx context.Context, e *queue.Entry) ([]byte, error) {
	body, err := d.o.Blobs.Open(ctx, e.Body)
	if err != nil {
		return nil, fmt.Errorf("read message %s: %w", e.ID, err)
	}
	defer body.Close()
	size := min(body.Size(), message.MaxHeader)
	if e.Digest != nil {
		size = min(size, e.Digest.HeaderSize)
	}
	head := make([]byte, len(e.Header)+int(size))
	copy(head, e.Header)
	if _, err := body.ReadAt(head[len(e.Header):], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read message %s: %w", e.ID, err)
	}
	if end := message.HeaderEnd(head[len(e.Header):]); end >= 0 {
		head = head[:len(e.Header)+end]
	}
	return head, nil
}

// rewrite stores the body of m without the list fields in its header, head,
// once for all members.
func (d *Deliverer) rewrite(ctx context.Context, m *queue.Message, head []byte) error {
	old, err := d.o.Blobs.Open(ctx, m.Body)
	if err != nil {
		return fmt.Errorf("read a message to a list: %w", err)
	}
	defer old.Close()
	w, err := d.o.Blobs.Create(ctx)
	if err != nil {
		return fmt.Errorf("write a message to a list: %w", err)
	}
	defer w.Abort()
	scanner := message.NewScanner()
	defer scanner.Reset()
	out := io.MultiWriter(w, scanner)
	kept := appendWithoutListFields(make([]byte, 0, len(head)), head)
	if _, err := out.Write(kept); err != nil {
		return fmt.Errorf("write a message to a list: %w", err)
	}
	rest := fieldsEnd(head)
	if _, err := io.Copy(out, io.NewSectionReader(old, rest, old.Size()-rest)); err != nil {
		return fmt.Errorf("write a message to a list: %w", err)
	}
	m.Size = w.Size()
	if m.Digest != nil { // else a Delivered-To in it is yet to be found
		m.Digest = scanner.Close()
	}
	if m.Body, err = w.Commit(ctx); err != nil {
		return fmt.Errorf("write a message to a list: %w", err)
	}
	return nil
}

// fieldsEnd is where the fields of a header end: at the empty line.
func fieldsEnd(head []byte) (n int64) {
	for f := range message.Fields(head) {
		n += int64(len(f.Line))
	}
	return n
}
