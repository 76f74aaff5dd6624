package mailstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"tram/internal/mail/fold"
	"tram/internal/mail/message"
	"tram/internal/storage/kv"
)

// scanned is what a search without an index says: whether a message has a
// needle in its header or body.
func (e *env) scanned(t testing.TB, id kv.Account, m *Message, n fold.Needle) (header, body bool) {
	t.Helper()
	raw, err := e.AppendBody(context.Background(), nil, m)
	if err != nil {
		t.Fatal(err)
	}
	table, err := message.Parts(m.Parts)
	if err != nil {
		t.Fatal(err)
	}
	has := func(text []byte) bool {
		text = fold.AppendCased(nil, text)
		if !n.Marked {
			text = fold.AppendBare(nil, text)
		}
		return bytes.Contains(text, n.Folded)
	}
	for f := range message.Fields(m.Own) {
		header = header || has(message.AppendDecoded(nil, f.Line))
	}
	var piece []byte
	own := int64(len(m.Own))
	r := io.NewSectionReader(bytes.NewReader(raw), own, int64(len(raw))-own)
	err = message.SortedText(r, table, func(inBody bool, chunk []byte) bool {
		piece = append(piece, chunk...)
		if len(chunk) == 0 {
			header, body = header || !inBody && has(piece), body || inBody && has(piece)
			piece = piece[:0]
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return header, body
}

// checkIndex compares the index of a mailbox with its messages, and returns how
// many verdicts it gave.
func (e *env) checkIndex(t testing.TB, id kv.Account, m MailboxID, needles ...string) (verdicts int) {
	t.Helper()
	for _, text := range needles {
		for _, n := range []fold.Needle{fold.NewNeedle(text), fold.Exact(text)} {
			q := n.Query()
			for _, scope := range []TextScope{HeaderText, BodyText, HeaderText | BodyText} {
				found, err := e.TextCandidates(context.Background(), id, m, q.Terms, scope)
				if err != nil {
					t.Fatal(err)
				}
				err = e.Messages(context.Background(), id, m, AllUIDs(), WantMeta|WantStructure, func(msg *Message) error {
					if !found.Decides(msg.UID) {
						return nil
					}
					verdicts++
					header, body := e.scanned(t, id, msg, n)
					want := scope&HeaderText != 0 && header || scope&BodyText != 0 && body
					if got := found.UIDs.Contains(msg.UID); got != want && (want || q.Whole) {
						t.Fatalf("message %d, %+v in scope %d: %v by the index, %v by the message", msg.UID, n, scope, got, want)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return verdicts
}

func indexMessageText(words ...string) string {
	return "Subject: " + words[0] + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Join(words, " ") + "\r\n"
}

func TestTextIndex(t *testing.T) {
	e := newEnv(t)
	m := e.inbox(t, alice)
	for _, words := range [][]string{{"alpha", "Tìm kiếm đường"}, {"beta", "alphabet", "日本語"}, {"x", "a.b@c.example"}} {
		e.deliver(t, alice, m, indexMessageText(words...), nil)
	}
	needles := []string{"alpha", "PHAB", "duong", "đường", "đuong", "kiem duong", "本", "日本", "日本語", "B@C", "example x", "Return-Path", "nowhere"}
	if n := e.checkIndex(t, alice, m, needles...); n != 0 {
		t.Fatalf("%d verdicts without an index", n)
	}
	if err := e.UpdateIndex(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	if n := e.checkIndex(t, alice, m, needles...); n == 0 {
		t.Fatal("no verdicts by the index")
	}
	for _, c := range []struct {
		needle string
		scope  TextScope
		want   string
	}{
		{"alpha", HeaderText, "[{1 1}]"}, {"alpha", BodyText, "[{1 2}]"}, {"duong", BodyText, "[{1 1}]"},
		{"return-path", HeaderText, "[{1 3}]"}, {"return-path", BodyText, "[]"}, {"本", HeaderText | BodyText, "[{2 2}]"},
	} {
		found, err := e.TextCandidates(t.Context(), alice, m, fold.NewNeedle(c.needle).Query().Terms, c.scope)
		if got := fmt.Sprint(found.UIDs); err != nil || got != c.want || found.To != 3 || len(found.Open) != 0 {
			t.Errorf("%s: %+v, %v, want %s", c.needle, found, err, c.want)
		}
	}
	if err := e.DropIndex(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	if n := e.checkIndex(t, alice, m, needles...); n != 0 {
		t.Fatalf("%d verdicts by an index that was dropped", n)
	}
}

// TestTextIndexOpen leaves to the reader of messages what an index cannot tell.
func TestTextIndexOpen(t *testing.T) {
	e := newEnv(t)
	m := e.inbox(t, alice)
	long := "Subject: =?utf-8?q?=C3=A9?= " + strings.Repeat("word ", 4000) + "\r\n\r\nbody\r\n"
	e.deliver(t, alice, m, indexMessageText("alpha"), nil)
	e.deliver(t, alice, m, indexMessageText(strings.Repeat("x", 10*fold.MaxWord)), nil)
	e.deliver(t, alice, m, long, nil)
	if err := e.UpdateIndex(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	found, err := e.TextCandidates(t.Context(), alice, m, fold.NewNeedle("alpha").Query().Terms, HeaderText)
	if err != nil || fmt.Sprint(found) != "{3 [{1 1}] [{2 3}]}" {
		t.Errorf("found %v, %v", found, err)
	}
}

// indexWords are what random messages and needles are made of.
var indexWords = []string{"alpha", "alphabet", "beta", "Tìm", "tim", "kiếm", "đường", "duong", "日本", "本語", "x.y@z", "ab-cd", "Ω", "ภาษา", "q1"}

// TestTextIndexModel does random things to two mailboxes and their indexes:
// whatever the index decides is what the messages say.
func TestTextIndexModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		disk := vfs.NewCrashableMem()
		e := newEnvOn(t, "", disk)
		boxes := []MailboxID{e.inbox(t, alice), e.box(t, alice, "Archive")}
		box := func() MailboxID { return rapid.SampledFrom(boxes).Draw(rt, "mailbox") }
		uids := func() UIDSet {
			first := UID(rapid.IntRange(1, 12).Draw(rt, "first"))
			return UIDSet{{first, first + UID(rapid.IntRange(0, 6).Draw(rt, "more"))}}
		}
		words := rapid.SliceOfN(rapid.SampledFrom(indexWords), 1, 4)
		must := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"append", "append", "append", "expunge", "copy", "move", "index", "index", "drop", "damage", "crash"}).Draw(rt, "op") {
			case "append":
				e.deliver(t, alice, box(), indexMessageText(words.Draw(rt, "words")...), nil)
			case "expunge":
				_, err := e.Remove(t.Context(), alice, box(), uids())
				must(err)
			case "copy":
				_, err := e.Copy(t.Context(), Place{alice, box()}, Place{alice, box()}, uids(), Quota{})
				must(err)
			case "move":
				_, err := e.Move(t.Context(), Place{alice, box()}, Place{alice, box()}, uids(), Quota{})
				must(err)
			case "index":
				must(e.UpdateIndex(t.Context(), alice))
			case "drop":
				must(e.DropIndex(t.Context(), alice))
			case "damage":
				e.damageIndex(rt, alice)
			case "crash":
				clone := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))})
				e.close()
				disk = clone
				e = newEnvOn(t, "", disk)
			}
		}
		needle := strings.Join(rapid.SliceOfN(rapid.SampledFrom(indexWords), 1, 2).Draw(rt, "needle"), " ")
		runes := []rune(needle)
		from := rapid.IntRange(0, len(runes)-1).Draw(rt, "from")
		part := string(runes[from : from+rapid.IntRange(1, len(runes)-from).Draw(rt, "length")])
		for _, m := range boxes {
			e.checkIndex(t, alice, m, needle, part)
		}
		// However it looked before: now it is whole.
		must(e.UpdateIndex(t.Context(), alice))
		must(e.UpdateIndex(t.Context(), alice)) // what was damaged is dropped by the first
		for _, m := range boxes {
			e.checkIndex(t, alice, m, needle, part)
			terms := fold.NewNeedle("alpha").Query().Terms
			found, err := e.TextCandidates(t.Context(), alice, m, terms, BodyText)
			must(err)
			if found.To == 0 { // damage that nobody had seen before
				must(e.UpdateIndex(t.Context(), alice))
				found, err = e.TextCandidates(t.Context(), alice, m, terms, BodyText)
				must(err)
			}
			if v := e.view(t, alice, m); v.Len() > 0 && found.To < v.At(v.Len()-1).UID {
				rt.Fatalf("index of mailbox %d ends at %d, the last message is %d", m, found.To, v.At(v.Len()-1).UID)
			}
		}
		e.close()
	})
}

// damageIndex spoils or removes one record of the text index.
func (e *env) damageIndex(t *rapid.T, id kv.Account) {
	err := e.db.Update(context.Background(), []kv.Account{id}, func(tx kv.Tx) error {
		space := tx.Account(id)
		it := space.Scan([]byte{kindIndex}, []byte{kindIndex + 1})
		var keys [][]byte
		for it.Next() {
			keys = append(keys, bytes.Clone(it.Key()))
		}
		it.Close()
		if len(keys) == 0 {
			return nil
		}
		key := rapid.SampledFrom(keys).Draw(t, "record")
		if rapid.Bool().Draw(t, "remove") {
			return space.Delete(key)
		}
		return space.Set(key, []byte{1})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTextIndexCorpora indexes mail from many programs, broken mail too.
func TestTextIndexCorpora(t *testing.T) {
	root := "../../../shared/data"
	if _, err := os.Stat(root); err != nil {
		t.Skip("no corpora: ", err)
	}
	e := newEnv(t)
	m := e.inbox(t, alice)
	var samples []string
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ext := filepath.Ext(path)
		if d.IsDir() || ext != ".eml" && ext != ".raw" && ext != ".txt" && ext != ".msg" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || len(text) > 200_000 || len(samples) > 400 {
			return err
		}
		e.deliver(t, alice, m, string(text), nil)
		samples = append(samples, string(text))
		return nil
	})
	if len(samples) == 0 {
		t.Skip("no messages in the corpora")
	}
	if err := e.UpdateIndex(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	needles := []string{"e", "the", "こ", "multipart", "é", "ü"}
	for range 12 {
		text := samples[rng.IntN(len(samples))]
		from := rng.IntN(len(text))
		needles = append(needles, strings.ToValidUTF8(text[from:min(len(text), from+1+rng.IntN(12))], ""))
	}
	verdicts := e.checkIndex(t, alice, m, slices.DeleteFunc(needles, func(s string) bool { return s == "" })...)
	status, err := e.IndexStatus(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	octets := 0
	for _, s := range samples {
		octets += len(s)
	}
	t.Logf("%d messages of %d octets, an index of %d, %d verdicts", len(samples), octets, status.Bytes, verdicts)
}

// indexRecords counts the records of an account's text indexes.
func (e *env) indexRecords(t testing.TB, id kv.Account) (n int) {
	t.Helper()
	err := e.db.View(context.Background(), id, func(r kv.Reader) error {
		it := r.Scan([]byte{kindIndex}, []byte{kindIndex + 1})
		defer it.Close()
		for it.Next() {
			n++
		}
		return it.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTextIndexGoes with the mailbox, with what Rebuild repairs, and with the
// account.
func TestTextIndexGoes(t *testing.T) {
	e := newEnv(t)
	m, err := e.Create(t.Context(), alice, "Work", "")
	if err != nil {
		t.Fatal(err)
	}
	fill := func() {
		t.Helper()
		e.deliver(t, alice, m.ID, indexMessageText("alpha"), nil)
		if err := e.UpdateIndex(t.Context(), alice); err != nil || e.indexRecords(t, alice) == 0 {
			t.Fatal("no index ", err)
		}
	}
	fill()
	err = e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
		return tx.Account(alice).Delete(appendItemKey(nil, kindStructure, m.ID, 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	repaired := 0
	if err := e.Rebuild(t.Context(), alice, func(Problem) { repaired++ }); err != nil || repaired == 0 {
		t.Fatal(repaired, err)
	}
	if n := e.indexRecords(t, alice); n != 0 {
		t.Errorf("%d records of the index after a repair", n)
	}
	fill()
	if err := e.Delete(t.Context(), alice, "Work"); err != nil {
		t.Fatal(err)
	}
	if n := e.indexRecords(t, alice); n != 0 {
		t.Errorf("%d records of the index of a mailbox that was deleted", n)
	}
	if m, err = e.Create(t.Context(), alice, "Work", ""); err != nil {
		t.Fatal(err)
	}
	fill()
	if err := e.DeleteAccount(t.Context(), alice); err != nil || e.indexRecords(t, alice) != 0 {
		t.Errorf("%d records of the index of an account that was deleted, %v", e.indexRecords(t, alice), err)
	}
}

// TestTextIndexWorker lets Run make the index.
func TestTextIndexWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		m := e.inbox(t, alice)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		deliver := func(n int) {
			var all []Delivery
			for i := range n {
				all = append(all, e.delivery(indexMessageText("alpha", fmt.Sprint(i))))
			}
			if _, _, err := e.Append(ctx, alice, m, all...); err != nil {
				t.Fatal(err)
			}
		}
		fresh := func() int {
			s, err := e.IndexStatus(ctx, alice)
			if err != nil {
				t.Fatal(err)
			}
			return s.Fresh
		}
		deliver(indexMessages - 1)
		time.Sleep(10 * indexWait)
		if n := fresh(); n != indexMessages-1 {
			t.Errorf("%d messages are not indexed: few are not worth it", n)
		}
		deliver(1)
		if e.IndexBacklog() != 1 {
			t.Error("nobody knows of new messages")
		}
		time.Sleep(10 * indexWait)
		if n := fresh(); n != 0 || e.IndexBacklog() != 0 {
			t.Errorf("%d messages are not indexed, %d accounts wait", n, e.IndexBacklog())
		}
		stop()
		<-done
		e.close()
	})
}

// TestTextIndexOff makes and uses none.
func TestTextIndexOff(t *testing.T) {
	e := newEnv(t)
	e.Store = New(e.db, e.blobs, Options{NoTextIndex: true})
	m := e.inbox(t, alice)
	e.deliver(t, alice, m, indexMessageText("alpha"), nil)
	if err := e.UpdateIndex(t.Context(), alice); err != nil || e.indexRecords(t, alice) != 0 || e.IndexBacklog() != 0 {
		t.Errorf("an index was made, %v", err)
	}
}
