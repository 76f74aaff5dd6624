package mailstore

import (
	"io"
	"slices"
	"testing"
)

const letter = "From: a@example.org\r\nSubject: hi\r\n\r\nbody\r\n"

func TestAppendAndRead(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	uid := e.deliver(t, alice, in, letter, func(d *Delivery) { d.Flags = Seen | Flagged; d.Keywords = []string{"$Label"} })
	if uid != 1 {
		t.Fatalf("first UID %d", uid)
	}
	v := e.view(t, alice, in)
	want := Entry{Flags: Seen | Flagged | Keyword(0), ModSeq: 2, UID: 1, Size: uint32(len(letter) + 17)}
	if got := entries(v); len(got) != 1 || got[0] != want {
		t.Fatalf("entries %+v, want %+v", got, want)
	}
	if !slices.Equal(v.Keywords(), []string{"$Label"}) {
		t.Fatalf("keywords %q", v.Keywords())
	}
	seen := 0
	err := e.Messages(t.Context(), alice, in, AllUIDs(), WantMeta|WantEnvelope|WantHeader|WantStructure, func(m *Message) error {
		seen++
		if m.InternalDate.Format("2006-01-02 15:04 -0700") != "2026-11-21 08:30 +0700" {
			t.Errorf("internal date %v", m.InternalDate)
		}
		body, err := e.AppendBody(t.Context(), nil, m)
		if err != nil || string(body) != "Return-Path: <>\r\n"+letter {
			t.Errorf("body %q, %v", body, err)
		}
		r, err := e.Body(t.Context(), m)
		if err != nil {
			return err
		}
		defer r.Close()
		for off := range r.Size() {
			p := make([]byte, r.Size()-off)
			if n, err := r.ReadAt(p, off); err != nil && err != io.EOF || string(p[:n]) != string(body[off:]) {
				t.Errorf("ReadAt %d: %q, %v", off, p[:n], err)
			}
		}
		return nil
	})
	if err != nil || seen != 1 {
		t.Fatalf("%d messages, %v", seen, err)
	}
}
