package imap

import (
	"strings"
	"testing"
)

func TestIMAPURL(t *testing.T) {
	tests := []struct {
		url     string
		mailbox string
		uid     uint32
		label   string // of the section; "" for a bad URL
	}{
		{"/INBOX/;UID=1", "INBOX", 1, "BODY[] "},
		{"INBOX/;uid=1", "INBOX", 1, "BODY[] "},
		{"/D%E1%BB%B1%20%C3%A1n/a;UIDVALIDITY=7/;UID=4294967295", "Dự án/a", 1<<32 - 1, "BODY[] "},
		{";UID=1/;SECTION=1.2.MIME", "", 1, "BODY[1.2.MIME] "},
		{"/;UID=1/;section=text", "", 1, "BODY[TEXT] "},
		{"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(DATE%20FROM)", "INBOX", 1, "BODY[HEADER.FIELDS (DATE FROM)] "},
		{"/INBOX/;UID=1/;SECTION=HEADER.FIELDS.NOT%20%28X-A%29/;PARTIAL=5", "INBOX", 1, "BODY[HEADER.FIELDS.NOT (X-A)]<5> "},
		{"/INBOX/;UID=1/;PARTIAL=0.1024", "INBOX", 1, "BODY[]<0> "},
		{"/INBOX/;UID=1/;SECTION=", "INBOX", 1, "BODY[] "},

		{url: ""},
		{url: "/INBOX"},
		{url: "/INBOX/;UID="},
		{url: "/INBOX/;UID=0"},
		{url: "/INBOX/;UID=4294967296"},
		{url: "/INBOX/;UID=1x"},
		{url: "/INBOX/;UID=1/"},
		{url: "/INBOX/;UID=1/;SECTION=NONSENSE"},
		{url: "/INBOX/;UID=1/;SECTION=1]"},
		{url: "/INBOX/;UID=1/;SECTION=TEXT%0D%0A"},
		{url: "/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20({3}"},
		{url: "/INBOX/;UID=1/;SECTION=%zz"},
		{url: "/INBOX/;UID=1/;PARTIAL=1.0"},
		{url: "/INBOX/;UID=1/;PARTIAL=-1"},
		{url: "/INBOX/;UID=1/;PARTIAL=99999999999999999999"},
		{url: "/INBOX;UIDVALIDITY=x/;UID=1"},
		{url: "//host/INBOX/;UID=1"},
		{url: "imap://u@h/INBOX/;UID=1"},
		{url: "/a%zz/;UID=1"},
		{url: "/\xff/;UID=1"},
		{url: "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:0123"},
	}
	for _, tt := range tests {
		u, err := parseIMAPURL(tt.url)
		switch {
		case tt.label == "":
			if err == nil {
				t.Errorf("%q was taken: %+v", tt.url, u)
			}
		case err != nil || u.mailbox != tt.mailbox || uint32(u.uid) != tt.uid || u.section.label("BODY") != tt.label:
			t.Errorf("%q gives %q, %d, %q, %v", tt.url, u.mailbox, u.uid, u.section.label("BODY"), err)
		}
	}
}

func FuzzIMAPURL(f *testing.F) {
	f.Add("/INBOX;UIDVALIDITY=7/;UID=1/;SECTION=1.HEADER.FIELDS%20(A)/;PARTIAL=1.2")
	f.Add(";UID=1")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseIMAPURL(s)
		if err == nil && (u.uid == 0 || u.section.count < 0 || u.section.offset < 0 || strings.ContainsAny(u.section.label("BODY"), "\r\n")) {
			t.Errorf("%q gives %+v", s, u)
		}
		if text := urlText(s); strings.ContainsAny(text, "]\r\n\\") {
			t.Errorf("%q as %q", s, text)
		}
	})
}
