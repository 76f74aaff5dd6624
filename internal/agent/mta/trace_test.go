package mta

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
)

func TestTrace(t *testing.T) {
	state := &tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
	one := []smtpwire.Rcpt{{To: address.Address{Local: "an", Domain: "here.example"}}}
	foreign := []smtpwire.Rcpt{{To: address.Address{Local: "thư", Domain: "here.example"}}}
	const date = ";\r\n\tFri, 21 Nov 2025 22:03:09 +0700\r\n"
	tests := []struct {
		name string
		peer smtpwire.Peer
		e    smtpwire.Envelope
		show bool
		want string
	}{
		{
			"plain", smtpwire.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:1"), Helo: "c.example"}, smtpwire.Envelope{Rcpts: one}, false,
			"from c.example ([192.0.2.7])\r\n\tby mx.example (Tram) with SMTP id ID\r\n\tfor <an@here.example>",
		}, {
			"TLS, IPv6, two recipients", smtpwire.Peer{Remote: netip.MustParseAddrPort("[2001:db8::7]:1"), Helo: "[IPv6:2001:db8::7]", ESMTP: true, TLS: state},
			smtpwire.Envelope{Rcpts: append(one, one...)}, false,
			"from [IPv6:2001:db8::7] ([IPv6:2001:db8::7])\r\n\tby mx.example (Tram) with ESMTPS id ID tls TLS_AES_128_GCM_SHA256 (TLS 1.3)",
		}, {
			"mapped address, hostile name", smtpwire.Peer{Remote: netip.MustParseAddrPort("[::ffff:192.0.2.7]:1"), Helo: "a);(b\x00\r\nX: y é", ESMTP: true}, smtpwire.Envelope{}, false,
			"from a???b???X:?y??? ([192.0.2.7])\r\n\tby mx.example (Tram) with ESMTP id ID",
		}, {
			"user", smtpwire.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:1"), Helo: "laptop", ESMTP: true, TLS: state, User: "an@here.example"}, smtpwire.Envelope{Rcpts: one}, false,
			"by mx.example (Tram) with ESMTPSA id ID\r\n\tfor <an@here.example> tls TLS_AES_128_GCM_SHA256 (TLS 1.3)",
		}, {
			"user, shown", smtpwire.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:1"), Helo: "laptop", ESMTP: true, User: "an@here.example"}, smtpwire.Envelope{Rcpts: one}, true,
			"from laptop ([192.0.2.7])\r\n\tby mx.example (Tram) with ESMTPA id ID\r\n\tfor <an@here.example>",
		}, {
			"LMTP on a Unix socket", smtpwire.Peer{Socket: "/run/lmtp", Helo: "here", ESMTP: true, LMTP: true}, smtpwire.Envelope{}, false,
			"from here (local socket)\r\n\tby mx.example (Tram) with LMTP id ID",
		}, {
			"UTF-8", smtpwire.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:1"), ESMTP: true},
			smtpwire.Envelope{FromParams: smtpwire.MailParams{SMTPUTF8: true}, Rcpts: foreign}, false,
			"from unknown ([192.0.2.7])\r\n\tby mx.example (Tram) with UTF8SMTP id ID\r\n\tfor <thư@here.example>",
		},
	}
	now := time.Date(2025, 11, 21, 22, 3, 9, 0, time.FixedZone("", 7*3600))
	for _, test := range tests {
		tr := trace{host: "mx.example", id: "ID", peer: &test.peer, envelope: &test.e, showClient: test.show, now: now}
		if got := string(tr.append(nil)); got != "Received: "+test.want+date {
			t.Errorf("%s:\n%q, want\n%q", test.name, got, "Received: "+test.want+date)
		}
	}
}

// TestHeaderWatch: the watch sees what package message sees, in whatever
// pieces the header comes.
func TestHeaderWatch(t *testing.T) {
	for _, text := range watchSeeds {
		checkWatch(t, []byte(text))
	}
}

var watchSeeds = []string{
	"", "\r\n", "Received: a\r\n\r\nReceived: b\r\n", "RECEIVED : a\r\n b\r\nreceived:\r\nX: Received: y\r\n",
	"Delivered-To: a@b\r\n", "X: \xc3\xa9\r\n\r\n\xff", "Receivedx: a\r\nReceive: b\r\nDelivered-Tooo: c\r\n", "no colon\r\nReceived: a",
	" Received: folded\r\nReceived: a\r\n\tReceived: b\r\n", "Received: a\n\nReceived: b\n", "\r\nReceived: a", "Re ceived: a\r\n", ":\r\n:\r\nReceived:\r\n",
}

func FuzzHeaderWatch(f *testing.F) {
	for _, text := range watchSeeds {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkWatch(t, text) })
}

func checkWatch(t *testing.T, text []byte) {
	t.Helper()
	var whole headerWatch
	whole.write(text)
	for size := 1; size < 8; size++ {
		var pieces headerWatch
		for i := 0; i < len(text); i += size {
			pieces.write(text[i:min(i+size, len(text))])
		}
		if pieces.received != whole.received || pieces.deliveredTo != whole.deliveredTo || pieces.eightBit != whole.eightBit {
			t.Fatalf("%q in pieces of %d: %+v, whole: %+v", text, size, pieces, whole)
		}
	}
	if strings.ContainsAny(string(text), "\x00\r") && !strings.Contains(string(text), "\r\n") {
		return // no message that the door lets in
	}
	received, delivered := 0, false
	for field := range message.Fields(text) {
		if field.Is("Received") {
			received++
		}
		delivered = delivered || field.Is("Delivered-To")
	}
	// The watch may take a broken name for a whole one, never the reverse: a
	// loop must not hide.
	if whole.received < received || !whole.deliveredTo && delivered {
		t.Fatalf("%q: %d Received and %v, the watch has %d and %v", text, received, delivered, whole.received, whole.deliveredTo)
	}
}
