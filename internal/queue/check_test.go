package queue

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tram/internal/mail/address"
	"tram/internal/storage/blob"
)

func TestAddRefuses(t *testing.T) {
	q := newQueue(t, Options{})
	for name, spoil := range map[string]func(*Message){
		"no body":             func(m *Message) { m.Body = blob.ID{} },
		"negative size":       func(m *Message) { m.Size = -1 },
		"no recipients":       func(m *Message) { m.Rcpts = nil },
		"null recipient":      func(m *Message) { m.Rcpts[0].To = address.Address{} },
		"too many recipients": func(m *Message) { m.Rcpts = slices.Repeat(m.Rcpts, MaxRcpts+1) },
		"CR in a recipient":   func(m *Message) { m.Rcpts[0].To.Local = "a\rb" },
		"LF in a recipient":   func(m *Message) { m.Rcpts[0].ORcpt = "rfc822;a\nb" },
		"NUL in notify":       func(m *Message) { m.Rcpts[0].Notify = "\x00" },
		"LF in the sender":    func(m *Message) { m.Sender.Domain = "example.org\n" },
		"LF in helo":          func(m *Message) { m.Origin.Helo = "a\nb" },
		"LF in envid":         func(m *Message) { m.EnvID = "a\nb" },
		"overlong text":       func(m *Message) { m.EnvID = strings.Repeat("a", MaxString+1) },
		"overlong header":     func(m *Message) { m.Header = []byte(strings.Repeat("a: b\r\n", MaxHeader/6+1)) },
		"unfinished header":   func(m *Message) { m.Header = []byte("a: b") },
		"bare LF in header":   func(m *Message) { m.Header = []byte("a: b\n") },
		"bare CR in header":   func(m *Message) { m.Header = []byte("a: b\rc\r\n") },
		"CR ends header":      func(m *Message) { m.Header = []byte("a: b\r") },
		"NUL in header":       func(m *Message) { m.Header = []byte("a: \x00\r\n") },
		"foreign ID":          func(m *Message) { m.ID = 0xff },
	} {
		m := letter(1, "binh@example.net")
		spoil(&m)
		if _, err := q.Add(t.Context(), m); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if q.Len() != 0 {
		t.Errorf("%d entries were queued", q.Len())
	}
}
