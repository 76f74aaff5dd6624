package imap

import (
	"bytes"
	"crypto/tls"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// TestGoIMAP drives the server with a client that someone else wrote.
func TestGoIMAP(t *testing.T) {
	s := newServer(t)
	news := make(chan uint32, 10)
	options := &imapclient.Options{
		TLSConfig: &tls.Config{InsecureSkipVerify: true},
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(data *imapclient.UnilateralDataMailbox) {
				if data.NumMessages != nil {
					news <- *data.NumMessages
				}
			},
		},
	}
	c, err := imapclient.DialStartTLS(s.listener.Addr().String(), options)
	check(t, err)
	defer c.Close()
	check(t, c.Login("alice", "secret").Wait())
	check(t, c.Create("Thư/nháp", nil).Wait())
	list, err := c.List("", "*", &imap.ListOptions{ReturnStatus: &imap.StatusOptions{NumMessages: true}}).Collect()
	check(t, err)
	if len(list) != 8 || list[6].Mailbox != "Thư/nháp" || *list[6].Status.NumMessages != 0 {
		t.Errorf("list: %d, %+v", len(list), list[6])
	}

	body := "Subject: =?utf-8?q?Ch=C3=A0o?=\r\nFrom: An <an@example.org>\r\n\r\n" + strings.Repeat("0123456789\r\n", 10_000)
	date := time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("", 7*3600))
	up := c.Append("INBOX", int64(len(body)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: date})
	_, err = io.WriteString(up, body)
	check(t, err)
	check(t, up.Close())
	appended, err := up.Wait()
	check(t, err)

	box, err := c.Select("INBOX", &imap.SelectOptions{CondStore: true}).Wait()
	check(t, err)
	if box.NumMessages != 1 || box.UIDNext != appended.UID+1 || box.HighestModSeq == 0 {
		t.Errorf("select: %+v", box)
	}
	messages, err := c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{
		UID: true, Flags: true, Envelope: true, InternalDate: true, RFC822Size: true, ModSeq: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection:   []*imap.FetchItemBodySection{{Peek: true}, {Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject"}}},
	}).Collect()
	check(t, err)
	m := messages[0]
	if m.Envelope.Subject != "Chào" || m.RFC822Size != int64(len(body)) || !m.InternalDate.Equal(date) || m.UID != appended.UID {
		t.Errorf("fetch: %+v", m)
	}
	if got := m.FindBodySection(&imap.FetchItemBodySection{Peek: true}); !bytes.Equal(got, []byte(body)) {
		t.Errorf("body: %d bytes", len(got))
	}

	found, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: "chào"}}},
		&imap.SearchOptions{ReturnAll: true, ReturnCount: true}).Wait()
	check(t, err)
	if found.Count != 1 || !found.All.(imap.UIDSet).Contains(appended.UID) {
		t.Errorf("search: %+v", found)
	}
	sorted, err := c.Sort(&imapclient.SortOptions{
		SearchCriteria: &imap.SearchCriteria{}, SortCriteria: []imapclient.SortCriterion{{Key: imapclient.SortKeyDate}}}).Wait()
	if err != nil || len(sorted) != 1 {
		t.Errorf("sort: %v, %v", sorted, err)
	}
	threads, err := c.Thread(&imapclient.ThreadOptions{Algorithm: imap.ThreadReferences, SearchCriteria: &imap.SearchCriteria{}}).Wait()
	if err != nil || len(threads) != 1 {
		t.Errorf("thread: %v, %v", threads, err)
	}
	copied, err := c.Copy(imap.SeqSetNum(1), "Thư/nháp").Wait()
	check(t, err)
	if copied.UIDValidity == 0 || len(copied.DestUIDs) != 1 {
		t.Errorf("copy: %+v", copied)
	}
	moved, err := c.Move(imap.UIDSetNum(appended.UID), "Thư/nháp").Wait()
	check(t, err)
	if moved.DestUIDs.String() != "2" {
		t.Errorf("move: %+v", moved)
	}

	for len(news) > 0 {
		<-news
	}
	idle, err := c.Idle()
	check(t, err)
	s.login("alice").add("INBOX", testMessage(1))
	select {
	case n := <-news:
		if n != 1 {
			t.Errorf("IDLE told of %d messages", n)
		}
	case <-time.After(patience):
		t.Error("IDLE told nothing")
	}
	check(t, idle.Close())
	check(t, idle.Wait())
	check(t, c.Logout().Wait())
}

// pythonClient is what TestPython runs.
const pythonClient = `
import imaplib, ssl, sys, time
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
m = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
m.starttls(context)
assert m.authenticate("PLAIN", lambda _: b"\0alice\0secret")[0] == "OK"
assert m.create('"a box"')[0] == "OK"
body = b"Subject: python\r\n\r\n" + b"x" * 100000 + b"\r\n"
for i in range(3):
    typ, data = m.append('"a box"', r"(\Seen)", imaplib.Time2Internaldate(time.time()), body)
    assert typ == "OK" and b"APPENDUID" in data[0], data
assert m.select('"a box"') == ("OK", [b"3"])
typ, data = m.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE BODYSTRUCTURE BODY.PEEK[])")
assert typ == "OK" and data[0][1] == body and b"BODYSTRUCTURE" in data[0][0], data[0][0]
assert m.search(None, "SUBJECT", "PYTHON")[1] == [b"1 2 3"]
assert m.sort("(REVERSE ARRIVAL)", "UTF-8", "ALL")[0] == "OK"
assert m.thread("REFERENCES", "UTF-8", "ALL")[0] == "OK"
assert m.store("1", "+FLAGS", r"(\Deleted kw)")[0] == "OK"
assert m.expunge() == ("OK", [b"1"])
assert m.copy("1", "INBOX")[0] == "OK"
assert m.namespace()[0] == "OK" and m.lsub()[0] == "OK" and m.status("INBOX", "(MESSAGES)")[1] == [b"INBOX (MESSAGES 1)"]
assert m.close()[0] == "OK" and m.delete('"a box"')[0] == "OK"
try:
    m.select("nope"); m.fetch("1", "(FLAGS)")
    sys.exit("an error was expected")
except imaplib.IMAP4.error: pass
m.logout()
`

// TestPython drives the server with Python's imaplib.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	s := newServer(t)
	_, port, _ := strings.Cut(s.listener.Addr().String(), ":")
	if out, err := exec.Command(python, "-c", pythonClient, port).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
