package mda

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tram/internal/mail/message"
	"tram/internal/queue"
)

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
