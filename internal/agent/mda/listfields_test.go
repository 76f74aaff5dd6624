package mda

import (
	"bytes"
	"testing"

	"tram/internal/mail/message"
)

// FuzzListFields: whatever stands in a header, no field of a list is left when
// they are taken out, and every other line is, in its order.
func FuzzListFields(f *testing.F) {
	f.Add([]byte("List-Id: a\r\n b\r\nSubject: x\r\nprecedence : bulk\r\nFrom: y\r\n\r\nList-Id: body\r\n"))
	f.Add([]byte("no colon\r\n List-Id: x\r\nLIST-ID:\n\nx"))
	f.Fuzz(func(t *testing.T, head []byte) {
		kept := appendWithoutListFields(nil, head)
		if hasListFields(kept) {
			t.Fatalf("%q is left of %q", kept, head)
		}
		var want []byte
		for field := range message.Fields(head) {
			if !isListField(&field) {
				want = append(want, field.Line...)
			}
		}
		if !bytes.Equal(kept, want) {
			t.Fatalf("%q, want %q", kept, want)
		}
		if n := fieldsEnd(head); n < 0 || n > int64(len(head)) {
			t.Fatalf("fields end at %d of %d", n, len(head))
		}
	})
}
