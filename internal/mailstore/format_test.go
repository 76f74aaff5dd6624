package mailstore

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"tram/internal/storage/blob"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is one value of each format. Changing the bytes of any of them means
// a new version byte and a reader for both.
type sample struct {
	name  string
	key   []byte
	value []byte
	back  func(value []byte) (any, error) // decodes
	want  any
}

func samples() []sample {
	when := time.Date(2026, 11, 21, 8, 30, 0, 0, time.FixedZone("", 7*3600))
	acct := account{modSeq: 300, lastMailbox: 7, lastValidity: 1795226400, lastEmail: 1000, bytes: 123456, messages: 42,
		mailboxes: 7, subscriptions: 6, logFloor: 5, home: [homes]MailboxID{1, 2, 3, 4, 5, 0}, threadGen: 3, threadKeys: 200, goneFloor: 4}
	acct1 := acct
	acct1.threadGen, acct1.threadKeys, acct1.goneFloor = 0, 0, 5
	box := Mailbox{ID: 7, Name: "Dự án/Trạm", UIDValidity: 1795226401, SpecialUse: UseSent, Created: when.UTC()}
	c := counters{uidValidity: 1795226401, uidNext: 131, highest: 300, messages: 3, unseen: 2, deleted: 1, size: 70000, recent: 130, keywords: 2}
	shared := ACL{{"-eve@example.org", RightRead}, {"@example.org", RightLookup | RightRead}, {WhoAnyone, AllRights}}
	blk := &block{num: 1, entries: []Entry{
		{UID: 128, Flags: Seen, ModSeq: 300, Size: 65536},
		{UID: 130, Flags: Deleted | Keyword(1), ModSeq: 2, Size: 1},
		{UID: 255, ModSeq: 299, Size: 4463},
	}}
	id := blob.ID{0xb1, 0x0b, 15: 0xff}
	msg := Message{Blob: id, Size: 9017, HeaderSize: 617, InternalDate: when, SentDate: when.Add(-time.Hour).In(time.FixedZone("", -90*60)),
		SavedDate: when.UTC(), EmailID: 1000, ContentID: 999, ThreadID: 500, Own: []byte("Return-Path: <>\r\n")}
	msg1 := msg
	msg1.ThreadID = msg.ContentID
	undated := Message{Blob: id, InternalDate: when.UTC(), SavedDate: when.UTC(), Own: []byte{}}
	chg := change{added: UIDSet{{128, 130}}, flags: UIDSet{{1, 1}, {3, 9}}, expunged: UIDSet{{4, 5}, {100, 100}}, emails: []uint64{10, 11, 7}}
	gone := []goneRun{{65536, 65536, 300}, {65540, 70000, 5}, {70001, 131071, 299}}
	life := change{created: true, deleted: true, renamed: true, was: "Dự án", rights: true}
	names := change{subscriptions: []string{"Dự án", "b"}, entries: []string{"/shared/comment"}}
	meta := func(value []byte) (any, error) {
		var m Message
		var z zones
		err := m.decodeMeta(value, &z)
		m.InternalDate, m.SentDate = m.InternalDate.In(m.InternalDate.Location()), m.SentDate.In(m.SentDate.Location())
		return fmt.Sprintf("%+v", m), err
	}
	decodeWith := func(fn func(*Message, []byte) error) func([]byte) (any, error) {
		return func(value []byte) (any, error) {
			var m Message
			err := fn(&m, value)
			return m, err
		}
	}
	return []sample{
		{"account", accountKey, acct.append(nil), func(v []byte) (any, error) { return decodeAccount(v) }, acct},
		{"account-version-1", accountKey, fromHex("01ac0207a0f683d806e807c0c4072a070605010203040500"),
			func(v []byte) (any, error) { return decodeAccount(v) }, acct1},
		{"mailbox", appendBoxKey(nil, kindMailbox, 7), appendMailbox(nil, &box), func(v []byte) (any, error) { return decodeMailbox(7, v) }, box},
		{"name", appendNameKey(nil, kindName, box.Name), appendMailboxID(nil, 300), func(v []byte) (any, error) {
			d := decode(v)
			return MailboxID(d.uint32()), d.err("")
		}, MailboxID(300)},
		{"level", appendNameKey(nil, kindLevel, "Dự án"), []byte{version1}, func(v []byte) (any, error) { d := decode(v); return nil, d.err("") }, nil},
		{"counters", appendBoxKey(nil, kindCounters, 7), c.append(nil), func(v []byte) (any, error) { return decodeCounters(v) }, c},
		{"keywords", appendBoxKey(nil, kindKeywords, 7), appendKeywords(nil, []string{"$Junk", "work"}),
			func(v []byte) (any, error) { return decodeKeywords(v) }, []string{"$Junk", "work"}},
		{"acl", appendBoxKey(nil, kindACL, 7), shared.append(nil), func(v []byte) (any, error) { return decodeACL(v) }, shared},
		{"unique-ids", appendBoxKey(nil, kindUIDL, 7), UIDLs{1795226401, 131}.append(nil),
			func(v []byte) (any, error) { return decodeUIDLs(v) }, UIDLs{1795226401, 131}},
		{"annotation", appendEntryKey(nil, 7, "/private/comment", "bob@example.org"), append([]byte{version1}, "note"...),
			func(v []byte) (any, error) {
				return checkAnnotation(appendEntryKey(nil, 7, "/private/comment", "bob@example.org"), v)
			},
			Annotation{"/private/comment", []byte("note")}},
		{"grant", appendGrantKey(nil, "@example.org", alice, 7), []byte{version1}, func(v []byte) (any, error) { d := decode(v); return nil, d.err("") }, nil},
		{"flags", appendItemKey(nil, kindFlags, 7, 1), blk.append(nil), func(v []byte) (any, error) { return decodeBlock(1, v, 0) }, blk},
		{"message", appendItemKey(nil, kindMeta, 7, 128), appendMeta(nil, &msg), meta, fmt.Sprintf("%+v", msg)},
		{"message-version-1", appendItemKey(nil, kindMeta, 7, 129),
			fromHex("01b10b00000000000000000000000000ffa846d804b0d087b00dc806909887b00db301b0d087b00d00e807e70752657475726e2d506174683a203c3e0d0a"),
			meta, fmt.Sprintf("%+v", msg1)},
		{"message-undated", appendItemKey(nil, kindMeta, 7, 130), appendMeta(nil, &undated), meta, fmt.Sprintf("%+v", undated)},
		{"structure", appendItemKey(nil, kindStructure, 7, 128), appendStructure(nil, []byte("parts"), []byte("(structure)")),
			decodeWith((*Message).decodeStructure), Message{Parts: []byte("parts"), BodyStructure: []byte("(structure)")}},
		{"envelope", appendItemKey(nil, kindEnvelope, 7, 128), appendEnvelope(nil, []byte("(envelope)")),
			decodeWith((*Message).decodeEnvelope), Message{Envelope: []byte("(envelope)")}},
		{"header", appendItemKey(nil, kindHeader, 7, 128), appendHeader(nil, []byte("Subject: x\r\n")),
			decodeWith((*Message).decodeHeader), Message{Header: []byte("Subject: x\r\n")}},
		{"header-none", appendItemKey(nil, kindHeader, 7, 129), appendHeader(nil, []byte{}),
			decodeWith((*Message).decodeHeader), Message{Header: []byte{}}},
		{"header-unknown", appendItemKey(nil, kindHeader, 7, 130), appendHeader(nil, nil), decodeWith((*Message).decodeHeader), Message{}},
		{"preview", appendItemKey(nil, kindPreview, 7, 128), appendPreview(nil, []byte("Xin chào")),
			decodeWith((*Message).decodePreview), Message{Preview: []byte("Xin chào")}},
		{"preview-empty", appendItemKey(nil, kindPreview, 7, 129), appendPreview(nil, nil),
			decodeWith((*Message).decodePreview), Message{Preview: []byte{}}},
		{"thread", appendThreadKey(nil, 3, threadKey{1, 15: 2}), binary.AppendUvarint([]byte{version1}, 500),
			func(v []byte) (any, error) { return decodeThread(v) }, uint64(500)},
		{"gone", appendItemKey(nil, kindGone, 7, 1), appendGone(nil, 1, gone),
			func(v []byte) (any, error) { return decodeGone(1, v, 0) }, gone},
		{"change", appendLogKey(nil, 300, 7), chg.append(nil), func(v []byte) (any, error) { return decodeChange(v) }, chg},
		{"change-life", appendLogKey(nil, 301, 7), life.append(nil), func(v []byte) (any, error) { return decodeChange(v) }, life},
		{"change-names", appendLogKey(nil, 302, 0), names.append(nil), func(v []byte) (any, error) { return decodeChange(v) }, names},
	}
}

// fromHex is a value as an older version wrote it.
func fromHex(s string) []byte {
	value, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return value
}

func TestFormats(t *testing.T) {
	var got bytes.Buffer
	for _, s := range samples() {
		fmt.Fprintf(&got, "%s\n  key   %s\n  value %s\n", s.name, hex.EncodeToString(s.key), hex.EncodeToString(s.value))
	}
	golden := filepath.Join("testdata", "formats.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("formats changed: a stored format needs a new version. Got\n%s", got.String())
	}
}

func TestFormatsDecode(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			got, err := s.back(s.value)
			if err != nil || !reflect.DeepEqual(got, s.want) {
				t.Fatalf("decoded %+v, %v, want %+v", got, err, s.want)
			}
			if len(s.value) > kvValue || len(s.key) > kvKey {
				t.Fatal("too large for a store")
			}
			other := bytes.Clone(s.value)
			other[0] = 0x7f
			if _, err := s.back(other); err == nil {
				t.Fatal("another version was decoded")
			}
			if _, err := s.back(nil); err == nil {
				t.Fatal("an empty value was decoded")
			}
			for n := range s.value { // no panic, whatever is missing
				s.back(s.value[:n])
			}
		})
	}
}

// FuzzDecode feeds damaged values to every decoder: an error or a value, never
// a panic, and never memory out of proportion.
func FuzzDecode(f *testing.F) {
	all := samples()
	for i, s := range all {
		f.Add(i, s.value)
	}
	f.Fuzz(func(t *testing.T, i int, value []byte) {
		if i < 0 || i >= len(all) {
			return
		}
		got, err := all[i].back(value)
		if b, ok := got.(*block); ok && err == nil {
			for j := range b.entries {
				if blockOf(b.entries[j].UID) != b.num || j > 0 && b.entries[j].UID <= b.entries[j-1].UID {
					t.Fatalf("entries out of order: %+v", b.entries)
				}
			}
		}
	})
}
