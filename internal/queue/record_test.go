package queue

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

var update = flag.Bool("update", false, "write golden files")

// fullEntry uses every field of a record.
func fullEntry() *Entry {
	at := time.UnixMilli(1764000000123).UTC()
	e := &Entry{Message: Message{
		Hold: true, HoldReason: "looks like spam",
		Sender: address.Address{Local: "An Trạm", Domain: "bưuđiện.example"},
		Body:   bodyOf(42), Size: 123456,
		Header:   []byte("Received: from a by b\r\n\tid 1\r\n"),
		Received: at,
		Origin: Origin{
			Client: netip.MustParseAddr("2001:db8::25"), Helo: "mx.example.net",
			User: "an@example.org", Account: 4711, Protocol: "ESMTPSA",
		},
		SMTPUTF8: true, EightBit: true, Binary: true, RequireTLS: true, Ret: "HDRS", EnvID: "QQ+3D314159",
		Priority: -4, Release: at.Add(time.Minute), By: DeliverBy{Until: at.Add(time.Hour), Return: true, Trace: true},
	}}
	e.Rcpts = []Rcpt{
		{To: address.Address{Local: "binh", Domain: "example.net"}, ORcpt: "rfc822;binh@example.net", Notify: "SUCCESS,DELAY", Outlet: "/var/mail/all", Warned: true, number: 1},
		{
			To: address.Address{Local: "chi", Domain: "example.com"}, Notify: "NEVER", number: 99,
			Attempts: 300, Tried: at.Add(time.Hour), Next: at.Add(2 * time.Hour), LastReply: "450 4.2.1 đợi",
		},
	}
	return e
}

func smallEntry() *Entry {
	return &Entry{Message: Message{Body: bodyOf(1), Received: time.UnixMilli(1764000000000).UTC(), Rcpts: []Rcpt{rcptOf("a@b.example")}}}
}

// recordOf is the record of an entry that is handed out at its next attempt.
func recordOf(b []byte, e *Entry) []byte { return appendRecord(b, e, e.attempt()) }

// TestGolden keeps old records readable: a change of this file needs a new
// version of the record, not an update.
func TestGolden(t *testing.T) {
	small := smallEntry()
	mark := keyOf(0x0102030405060708)
	var got strings.Builder
	for _, line := range []struct {
		name  string
		bytes []byte
	}{
		{"key of 0x0102030405060708", mark[:]},
		{"small", recordOf(nil, small)},
		{"full", recordOf(nil, fullEntry())},
	} {
		got.WriteString(line.name + "\n" + hex.Dump(line.bytes) + "\n")
	}
	golden := filepath.Join("testdata", "record-v2.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("records differ from %s:\n%s", golden, got.String())
	}
	for _, e := range []*Entry{small, fullEntry()} {
		back, err := decodeRecord(recordOf(nil, e))
		if err != nil {
			t.Fatal(err)
		}
		if !same(e, back) {
			t.Errorf("got  %+v\nwant %+v", back, e)
		}
	}
}

// same compares what records keep.
func same(a, b *Entry) bool {
	plain := func(e *Entry) Entry {
		c := *e
		c.ID, c.Digest, c.Expires, c.Warn, c.flight = 0, nil, time.Time{}, time.Time{}, flight{}
		if len(c.Header) == 0 {
			c.Header = nil
		}
		return c
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

func drawEntry(t *rapid.T) *Entry {
	text := rapid.StringN(0, 20, 40)
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return timeOf(rapid.Int64Range(0, 1<<42).Draw(t, "ms"))
	})
	addr := rapid.Custom(func(t *rapid.T) address.Address {
		return address.Address{Local: text.Draw(t, "local"), Domain: text.Draw(t, "domain")}
	})
	e := &Entry{}
	e.Message = Message{
		Sender: addr.Draw(t, "sender"), Body: bodyOf(rapid.IntRange(0, 1000).Draw(t, "body")),
		Size: rapid.Int64Range(0, 1<<40).Draw(t, "size"), Received: at.Draw(t, "received"),
		Header: []byte(text.Draw(t, "header")),
		Origin: Origin{
			Helo: text.Draw(t, "helo"), User: text.Draw(t, "user"), Protocol: text.Draw(t, "protocol"),
			Account: kv.Account(rapid.Uint64().Draw(t, "account")),
		},
		SMTPUTF8: rapid.Bool().Draw(t, "utf8"), EightBit: rapid.Bool().Draw(t, "eightbit"),
		Binary: rapid.Bool().Draw(t, "binary"), RequireTLS: rapid.Bool().Draw(t, "requiretls"),
		Ret: text.Draw(t, "ret"), EnvID: text.Draw(t, "envid"),
		Priority: int8(rapid.IntRange(-MaxPriority, MaxPriority).Draw(t, "priority")),
		Release:  at.Draw(t, "release"),
		By: DeliverBy{
			Until: at.Draw(t, "until"), Return: rapid.Bool().Draw(t, "return"), Trace: rapid.Bool().Draw(t, "trace"),
		},
		Hold: rapid.Bool().Draw(t, "hold"), HoldReason: text.Draw(t, "reason"),
	}
	if rapid.Bool().Draw(t, "has client") {
		e.Origin.Client = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip")))
	}
	for number := 0; number < MaxRcptsPerEntry; number += rapid.IntRange(1, 60).Draw(t, "step") {
		e.Rcpts = append(e.Rcpts, Rcpt{
			To: addr.Draw(t, "to"), ORcpt: text.Draw(t, "orcpt"), Notify: text.Draw(t, "notify"),
			Outlet: text.Draw(t, "outlet"), Warned: rapid.Bool().Draw(t, "warned"),
			Attempts: rapid.IntRange(0, 1000).Draw(t, "attempts"), Tried: at.Draw(t, "tried"),
			Next: at.Draw(t, "next"), LastReply: text.Draw(t, "reply"), number: uint8(number),
		})
	}
	return e
}

func mustHead(t *rapid.T, record []byte) head {
	h, err := decodeHead(record)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		record := recordOf(nil, e)
		back, err := decodeRecord(record)
		if err != nil {
			t.Fatal(err)
		}
		if !same(e, back) {
			t.Fatalf("got  %+v\nwant %+v", back, e)
		}
		if got, want := string(domainOf(mustHead(t, record), record)), e.domain(); got != want {
			t.Fatalf("domain %q, want %q", got, want)
		}
		h, err := decodeHead(record)
		if err != nil || h.body != e.Body || h.next != e.attempt() || h.priority != e.Priority || h.flags != flagsOf(e) {
			t.Fatalf("head %+v, %v", h, err)
		}
		// Every shorter record is refused, and so is a longer one.
		cut := rapid.IntRange(0, len(record)-1).Draw(t, "cut")
		if _, err := decodeRecord(record[:cut]); err == nil {
			t.Fatalf("%d of %d bytes were accepted", cut, len(record))
		}
		if _, err := decodeRecord(append(record, 0)); !errors.Is(err, errTrailing) {
			t.Fatalf("one byte more: %v", err)
		}
	})
}

func TestNewerRecordIsRefused(t *testing.T) {
	record := recordOf(nil, fullEntry())
	for _, change := range []func([]byte){
		func(b []byte) { b[0] = 3 },
		func(b []byte) { b[1] |= 0x80 },
	} {
		b := bytes.Clone(record)
		change(b)
		if _, err := decodeRecord(b); !errors.Is(err, errNewVersion) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(recordOf(nil, fullEntry()))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 100))
	f.Add(append([]byte{recordVersion1, 0}, make([]byte, 60)...))
	f.Add(append([]byte{recordVersion, 0}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeRecord(b)
		if err != nil {
			return
		}
		back, err := decodeRecord(recordOf(nil, e))
		if err != nil || !same(e, back) {
			t.Errorf("got %+v, %v\nwant %+v", back, err, e)
		}
		// What steps over a record agrees with what reads it, old or new.
		if h, err := decodeHead(b); err != nil || string(domainOf(h, b)) != e.domain() {
			t.Errorf("domain %q, %v, want %q", domainOf(h, b), err, e.domain())
		}
	})
}
