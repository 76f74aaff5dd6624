package mailstore

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tram/internal/mail/fold"
	"tram/internal/storage/kv"
)

// rulesMessage has what texts can differ in: encodings, charsets, parts, accents,
// scripts.
const rulesMessage = "From: =?utf-8?q?Nguy=E1=BB=85n_V=C4=83n?= <a.n@b.example>\r\nSubject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= folded\r\n\tline\r\n" +
	"X-Long: " + "word-word_word@word'word\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n" +
	"--b\r\nContent-Type: text/plain; charset=viscii\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nTi=AAng Vi=AEt\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+xJHGsOG7nW5nPC9wPg==\r\n" +
	"--b\r\nContent-Type: application/pdf; name=hidden.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\naGlkZGVu\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nภาษาไทย 日本語 한국어 Лай ﬁne ½ 😀 naïve Ørsted\r\n" +
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n--b--\r\n"

// TestTextIndexRules: what the index keeps of a message has not changed.
// Otherwise textindex.Rules must be raised, or indexes that exist already say
// something else than searches that read.
func TestTextIndexRules(t *testing.T) {
	e := newEnv(t)
	m := e.inbox(t, alice)
	e.deliver(t, alice, m, rulesMessage, nil)
	if err := e.UpdateIndex(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	err := e.db.View(context.Background(), alice, func(r kv.Reader) error {
		prefix := append(indexPrefix(m), 2) // vocabularies
		it := r.Scan(prefix, append(indexPrefix(m), 3))
		defer it.Close()
		for it.Next() {
			fmt.Fprintf(&got, "field %d\n%s", it.Key()[len(prefix)+4], it.Value()[2:])
		}
		return it.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "textindex.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got.String() != string(want) {
		t.Errorf("the terms of a message changed: raise textindex.Rules. %v\n%s", err, got.String())
	}
}

// TestTextIndexMemory indexes messages whose words are in no other message: the
// worst that a sender can do. Memory stays within its bound.
func TestTextIndexMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a large index")
	}
	e := newEnv(t)
	m := e.inbox(t, alice)
	word := 0
	for range 60 {
		var b strings.Builder
		b.WriteString("Subject: x\r\n\r\n")
		for b.Len() < 200_000 {
			word++
			fmt.Fprintf(&b, "w%07dx ", word)
		}
		e.deliver(t, alice, m, b.String(), nil)
	}
	most := uint64(0)
	before := heap()
	w := indexWork{s: e.Store, id: alice, mailbox: m, prefix: indexPrefix(m), builder: &e.indexer.builder}
	steps := 0
	w.rest = func(context.Context) error {
		if steps++; steps%10 == 0 {
			most = max(most, heap()-min(before, heap()))
		}
		return nil
	}
	if err := w.run(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	// Twice the terms (the table grows by doubling), a commit on its way, and
	// the memtables of the store, which is in memory here with all its files.
	status, err := e.IndexStatus(t.Context(), alice)
	if err != nil || status.Fresh != 0 {
		t.Fatalf("%+v, %v", status, err)
	}
	if limit := uint64(8*indexMemory) + 2*status.Bytes; most > limit {
		t.Errorf("%d bytes of memory for an index of %d, more than %d", most, status.Bytes, limit)
	}
	t.Logf("%d bytes of memory, %+v", most, status)
}

// heap is the memory in use after a collection.
func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestTextIndexTooMuch leaves a message with too many words of its own to be
// scanned, and does not let it fill the index.
func TestTextIndexTooMuch(t *testing.T) {
	e := newEnv(t)
	m := e.inbox(t, alice)
	var b strings.Builder
	b.WriteString("Subject: x\r\n\r\n")
	for n := range 3 * indexTerms / 64 {
		fmt.Fprintf(&b, "w%07dx ", n)
	}
	e.deliver(t, alice, m, indexMessageText("alpha"), nil)
	e.deliver(t, alice, m, b.String(), nil)
	if err := e.UpdateIndex(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	status, err := e.IndexStatus(t.Context(), alice)
	if err != nil || status.Fresh != 0 || status.Bytes > indexTerms/2 {
		t.Errorf("%+v, %v", status, err)
	}
	found, err := e.TextCandidates(t.Context(), alice, m, fold.NewNeedle("w0000001x").Query().Terms, BodyText)
	if err != nil || fmt.Sprint(found) != "{2 [] [{2 2}]}" {
		t.Errorf("%v, %v", found, err)
	}
}
