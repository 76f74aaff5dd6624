package message

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComplete(t *testing.T) {
	a := Address{Local: "a", Domain: "b.example"}
	c := Address{Name: "C", Local: "c", Domain: "d.example"}
	tests := []struct {
		name, header string
		want         Completion
	}{
		{"nothing", "", Completion{NoDate: true, NoMessageID: true, NoFrom: true}},
		{"all", "Date: x\r\nmessage-id: <y>\r\nFROM: a@b.example\r\n", Completion{From: []Address{a}}},
		{"odd spelling", "From : a@b.example\r\n", Completion{NoDate: true, NoMessageID: true, From: []Address{a}}},
		{"two authors", "From: a@b.example, C <c@d.example>\r\n", Completion{NoDate: true, NoMessageID: true, NoSender: true, From: []Address{a, c}}},
		{"sender", "From: a@b.example,\r\n C <c@d.example>\r\nSender: a@b.example\r\n",
			Completion{NoDate: true, NoMessageID: true, From: []Address{a, c}, Sender: &a}},
		{"behind the header", "\r\nFrom: a@b.example\r\n", Completion{NoDate: true, NoMessageID: true, NoFrom: true}},
	}
	for _, tt := range tests {
		got, err := Complete([]byte(tt.header))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

// TestCompleteRefuses what might be shown as another author than the one who was
// checked.
func TestCompleteRefuses(t *testing.T) {
	tests := []struct {
		header string
		want   error
	}{
		{"From: a@b.example\r\nFrom: a@b.example\r\n", ErrTwoFrom},
		{"From: a@b.example\r\nSubject: x\r\nfrom : c@d.example\r\n", ErrTwoFrom},
		{"From: a@b.example\r\nFrom\x00: c@d.example\r\n", ErrTwoFrom},
		{"F rom: a@b.example\r\n", ErrBadFrom},
		{" From: a@b.example\r\n", ErrBadFrom},
		{"From\xc2\xa0: a@b.example\r\n", ErrBadFrom},
		{"From:\r\n", ErrBadFrom},
		{"From: \r\n \r\n", ErrBadFrom},
		{"From: name only\r\n", ErrBadFrom},
		{"From: <>\r\n", ErrBadFrom},
		{"From: a\r\n", ErrBadFrom},
		{"From: a@\r\n", ErrBadFrom},
		{"From: a@b.example, \r\n", nil},
		{"From: a@b.example, nobody\r\n", ErrBadFrom},
		{"From: a@b.example garbage\r\n", ErrBadFrom},
		{"From: <a@b.example> <c@d.example>\r\n", ErrBadFrom},
		{"From: <a@b.example>; c@d.example\r\n", ErrBadFrom},
		{"From: a@b.example (open\r\n", ErrBadFrom},
		{"From: <@evil.example:a@b.example>\r\n", ErrBadFrom},
		{"From: group: a@b.example;\r\n", ErrBadFrom},
		{"From: group:;\r\n", ErrBadFrom},
		{"From: \"a\x00b\"@b.example\r\n", nil},
		{"From: \"a\rb\"@b.example\r\n", ErrBadFrom},
		{"From: a@b.example\r\nSender: a@b.example, c@d.example\r\n", ErrBadSender},
		{"From: a@b.example\r\nSender:\r\n", ErrBadSender},
		{"From: a@b.example\r\nSender: g:;\r\n", ErrBadSender},
		{"From: a@b.example\r\nSender: a@b.example\r\nSender: a@b.example\r\n", ErrTwoSender},
	}
	for _, tt := range tests {
		if _, err := Complete([]byte(tt.header)); !errors.Is(err, tt.want) {
			t.Errorf("%q: %v, want %v", tt.header, err, tt.want)
		}
	}
}

func FuzzComplete(f *testing.F) {
	f.Add([]byte("From: a@b.example\r\nSender: c@d.example\r\n"))
	f.Add([]byte("From\x00: <a@b.example>\r\n\tx\r\nFrom:"))
	f.Fuzz(func(t *testing.T, header []byte) {
		c, err := Complete(header)
		if err != nil || c.NoFrom {
			return
		}
		if len(c.From) == 0 {
			t.Fatalf("no author in %q", header)
		}
		for _, a := range c.From {
			if a.Domain == "" || a.Kind != Mailbox {
				t.Fatalf("author %+v in %q", a, header)
			}
		}
	})
}
