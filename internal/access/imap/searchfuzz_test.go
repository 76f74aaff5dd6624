package imap

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// commandText is the bytes of a command; nobody is asked to go on.
type commandText struct{ *strings.Reader }

func (commandText) Continue() error { return nil }

// searcher is a session without a connection, with a mailbox of a few messages
// selected.
func searcher(t testing.TB) *session {
	srv := newServer(t)
	c := srv.login("alice")
	c.add("INBOX", testMessage(1), testMessage(2), "Subject: =?utf-8?q?=C3=89t=C3=A9?=\r\nReferences: <1@example.org>\r\n\r\nx\r\n", "\r\n")
	c.ok("SELECT INBOX")
	c.ok(`STORE 2 FLAGS (\Seen \Flagged kw)`)
	s := &session{srv: srv.Server, ctx: context.Background(), account: kv.Account(testAccounts["alice"]), dec: new(imapwire.Decoder)}
	s.mail = srv.store.As(mailstore.Actor{Address: "alice", Account: s.account})
	sel, err := s.openMailbox("INBOX", true)
	check(t, err)
	s.sel = sel
	return s
}

// searchText reads a program and finds what it says.
func (s *session) searchText(text string) (found []uint32, ok bool, err error) {
	s.dec.Reset(commandText{strings.NewReader(text + "\r\n")}, s.decoderLimits(), nil)
	s.dec.Begin()
	p := s.newKeyParser()
	if !p.charset() {
		return nil, false, p.failure()
	}
	prog, ok := p.program()
	if !ok || !s.dec.ExpectCRLF() {
		return nil, false, p.failure()
	}
	in := s.sel.target()
	f, err := s.find(prog, prog.bind(in), in)
	if err != nil {
		return nil, true, err
	}
	return f.indexes, true, nil
}

// FuzzSearchKeys reads any bytes as a search. One that is in form finds without
// an error, and together with its opposite it finds each message once.
func FuzzSearchKeys(f *testing.F) {
	for _, seed := range []string{
		"ALL", "OR SEEN NOT (FLAGGED KEYWORD kw)", "1:2,* UID 2:4", "$", "MODSEQ \"/flags/\\\\Seen\" all 2", "LARGER 10 SMALLER 5000",
		"SINCE 1-Feb-2020 SENTON 21-Nov-2026 SAVEDBEFORE 31-Feb-2030", "YOUNGER 60 OLDER 1", "CHARSET iso-8859-1 SUBJECT {3+}\r\n\xe9t\xe9",
		"HEADER References \"\" FROM sender TO x BODY body", "FUZZY TEXT \"message 1\"", "EMAILID M1-1 THREADID Tx-1", "NEW OLD RECENT UNKEYWORD b",
	} {
		f.Add(seed)
	}
	s := searcher(f)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "FUZZY") {
			return // FUZZY need not be exact
		}
		found, ok, err := s.searchText(text)
		if !ok {
			if err == nil {
				t.Fatalf("%q was refused without a reason", text)
			}
			return
		}
		check(t, err)
		if strings.HasPrefix(strings.ToUpper(text), "CHARSET ") || s.dec.Buffered() > 0 {
			return // NOT cannot stand in front of all of it
		}
		rest, ok, err := s.searchText("NOT (" + text + ")")
		check(t, err)
		if all := mergeSorted(found, rest); !ok || !slices.Equal(all, []uint32{0, 1, 2, 3}) {
			t.Fatalf("%q finds %v, NOT finds %v", text, found, rest)
		}
	})
}
