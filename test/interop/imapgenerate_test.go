package interop

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes commands that clients send, and some that they should not.
type generator struct {
	*rand.Rand
	boxes []string // that the script may have made
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 4)), boxes: []string{"d", "d/a", "e"}}
}

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// some are one to n things, joined.
func (g *generator) some(n int, between string, thing func() string) string {
	list := make([]string, 1+g.IntN(n))
	for i := range list {
		list[i] = thing()
	}
	return strings.Join(list, between)
}

func literal(text string) string { return fmt.Sprintf("{%d+}\r\n%s", len(text), text) }

// command is one command without its tag.
func (g *generator) command() string {
	uid := g.one("", "", "UID ")
	switch g.IntN(30) {
	case 0:
		return "CREATE " + g.mailbox()
	case 1:
		return "DELETE " + g.mailbox()
	case 2:
		return "RENAME " + g.mailbox() + " " + g.mailbox()
	case 3:
		return g.one("SUBSCRIBE ", "UNSUBSCRIBE ") + g.mailbox()
	case 4, 5:
		return g.list()
	case 6:
		return "STATUS " + g.mailbox() + " (" + g.some(4, " ", g.statusItem) + ")"
	case 7, 8:
		return g.append()
	case 9, 10:
		return g.one("SELECT ", "SELECT ", "EXAMINE ") + g.one(g.boxes...)
	case 11:
		return g.one("SELECT ", "EXAMINE ") + g.mailbox()
	case 12:
		return g.one("CLOSE", "UNSELECT", "CHECK", "NOOP", "EXPUNGE", "EXPUNGE", "UID EXPUNGE "+g.set())
	case 13, 14, 15:
		return uid + "STORE " + g.set() + " " + g.one("", "", "", "(UNCHANGEDSINCE 1) ") + g.one("", "+", "-") + g.one("FLAGS", "FLAGS", "FLAGS.SILENT", "flags", "FLAG") + " " + g.flags()
	case 16:
		return uid + g.one("COPY ", "MOVE ") + g.set() + " " + g.mailbox()
	case 17, 18, 19, 20:
		return uid + "FETCH " + g.set() + " " + g.fetchItems()
	case 21, 22, 23, 24:
		return uid + "SEARCH " + g.one("", "", "", "RETURN (COUNT) ", "RETURN () ", "RETURN (MIN MAX ALL) ", "CHARSET UTF-8 ", "CHARSET us-ascii ", "CHARSET nonsense ", "RETURN (SAVE) ") + g.some(3, " ", g.searchKey)
	case 25:
		return uid + "SORT (" + g.some(2, " ", g.sortKey) + ") " + g.one("UTF-8", "US-ASCII", "nonsense") + " " + g.searchKey()
	case 26:
		return uid + "THREAD " + g.one("REFERENCES", "ORDEREDSUBJECT", "references", "NOTHING") + " " + g.one("UTF-8", "US-ASCII") + " " + g.searchKey()
	case 27:
		return g.odd()
	}
	return g.spoil(g.command())
}

// odd are commands with something wrong, or rarely seen.
func (g *generator) odd() string {
	return g.one("FOO", "UID", "UID FOO", "UID NOOP", "", "NOOP x", "NOOP ", "FETCH", "FETCH 1", "STORE 1", "STORE 1 FLAGS", "SEARCH", "SEARCH ", "SELECT", "SELECT ",
		"LIST", "LIST \"\"", "STATUS d", "STATUS d ()", "STATUS d (FOO)", "CREATE", "RENAME d", "COPY 1", "UID COPY 1", "APPEND", "APPEND d", "APPEND d (", "CLOSE x", "EXPUNGE x",
		"LOGIN a b", "STARTTLS", "AUTHENTICATE PLAIN", "CAPABILITY x", "ENABLE", "ENABLE FOO", "NAMESPACE", "ID NIL", "ID (\"name\" \"x\")", "ID (\"name\")", "ID ()", "DONE", "IDLE x",
		"LSUB \"\" *", "UID SEARCH", "UID STORE 1", "SORT", "THREAD", "noop", "list \"\" %", "CHECK", "UID EXPUNGE", "SEARCH CHARSET", "SEARCH CHARSET UTF-8", "SEARCH RETURN (FOO) ALL")
}

// spoil breaks a command a little.
func (g *generator) spoil(command string) string {
	if strings.Contains(command, "+}") || command == "" {
		return command
	}
	i := g.IntN(len(command))
	switch g.IntN(5) {
	case 0:
		return command + " "
	case 1:
		return command + " x"
	case 2:
		return command[:i]
	case 3:
		return strings.Replace(command, " ", "  ", 1)
	}
	return command[:i] + command[i+1:]
}

func (g *generator) mailbox() string {
	if g.chance(70) {
		return g.one(g.boxes...)
	}
	return g.one("f", "d/b", "d/a/c", "INBOX", "inbox", "Inbox/x", `""`, "d/", "/d", "d//a", "D", `"d"`, literal("d"), `"a\b"`, "a&b", "&Jjo-", "&Jjo", "t&AOk-", "&-", "~x", `"sp ace"`, "x]y", `"q\"uote"`, "nope",
		"nope/below", `"d/%"`, "d*", "NIL", `"é"`, "(d)", "5", `".."`, "d/../e", "#x", "d.a", "+d", `"tab`+"\t"+`"`, strings.Repeat("n", 300))
}

func (g *generator) list() string {
	pattern := func() string {
		return g.one("*", "%", "d", "d/%", "d/*", "%/%", "*a", "d%", "%d%", `""`, "inbox", "IN%", "d/", "nope", "D*", "%/a", `"*"`, "INBOX*", "**", "*%", "/%")
	}
	reference := g.one(`""`, `""`, `""`, `""`, "d/", "d", `"d/"`, "nope", "/")
	switch g.IntN(6) {
	case 0:
		return "LSUB " + reference + " " + pattern()
	case 1:
		return "LIST (SUBSCRIBED) " + reference + " " + pattern()
	case 2:
		return "LIST " + reference + " (" + g.some(3, " ", pattern) + ")"
	case 3:
		return "LIST " + g.one("", "(SUBSCRIBED) ", "(SUBSCRIBED RECURSIVEMATCH) ", "(RECURSIVEMATCH) ", "() ", "(FOO) ", "(REMOTE) ") + reference + " " + pattern() + " RETURN (" + g.one("", "CHILDREN", "SUBSCRIBED", "CHILDREN SUBSCRIBED", "STATUS (MESSAGES)", "FOO") + ")"
	}
	return "LIST " + reference + " " + pattern()
}

func (g *generator) statusItem() string {
	return g.one("MESSAGES", "RECENT", "UIDNEXT", "UNSEEN", "messages", "SIZE", "UIDNEXT", "FOO", "HIGHESTMODSEQ")
}

func (g *generator) append() string {
	text := g.one("From: a@b.test\r\nSubject: one\r\n\r\nhello\r\n", "Subject: Re: one\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@x>\r\n\r\nworld of text\r\n", "x", "Subject: =?utf-8?q?caf=C3=A9?=\r\nTo: b@c\r\nReferences: <1@x>\r\n\r\ncafé\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\npart one\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>two\r\n--b--\r\n", "\r\n\r\n", "")
	options := g.one("", "", g.flags()+" ", `" 1-Jan-2020 10:00:00 +0000" `, `"01-Jan-2020 10:00:00 +0000" `, `(\Seen) "31-Dec-1999 23:59:59 -1200" `, `"1-Jan-2020 10:00:00 +0000" `, `"01-Foo-2020 10:00:00 +0000" `, `"32-Jan-2020 10:00:00 +0000" `, `"01-Jan-2020 25:00:00 +0000" `, `"" `)
	return "APPEND " + g.mailbox() + " " + options + literal(text) + g.one("", "", "", "", " "+literal(text), " (\\Seen) "+literal(text))
}

func (g *generator) set() string {
	if g.chance(60) {
		return g.one("1", "2", "1:*", "1:2", "*", "1,3", "2:1", "1:3")
	}
	return g.one("*:1", "0", "5:2", "1,1,2", "1:3,2:5", "999", "999:*", "4294967295", "4294967296", "1:", ",1", "1,", "a", "1:2:3", "$", "-1", "1.2", "*:*", "3,*", "0:1", "*,1:2", "01", "1:0", `"1"`, "()")
}

func (g *generator) flags() string {
	flag := func() string {
		return g.one(`\Seen`, `\Deleted`, `\Answered`, `\Flagged`, `\Draft`, `\seen`, "kw", "$Label1", "KW", "kw2", `\Seen`, `\Deleted`)
	}
	if g.chance(85) {
		return "(" + g.some(3, " ", flag) + ")"
	}
	return g.one("()", flag(), flag()+" "+flag(), `(\Recent)`, `(\Foo)`, `(\*)`, "NIL", "(", "(a]b)", "(a)b)", `("x")`, "(é)", `\`, `(\)`, "("+strings.Repeat("k", 200)+")", "(a%b)", "(a{b)")
}

func (g *generator) fetchItems() string {
	item := func() string {
		return g.one("FLAGS", "UID", "ENVELOPE", "BODY", "BODYSTRUCTURE", "RFC822.SIZE", "INTERNALDATE", "BODY[]", "BODY.PEEK[]", "BODY[TEXT]", "BODY.PEEK[HEADER]", "RFC822", "RFC822.HEADER", "RFC822.TEXT", g.section())
	}
	switch g.IntN(8) {
	case 0:
		return g.one("ALL", "FAST", "FULL", "all", "(ALL)", "(FLAGS ALL)", "()", "(FLAGS", "FLAGS)", "FOO", "(FLAGS FOO)", "FLAGS UID", "BODY.PEEK", "RFC822.PEEK", "(FLAGS)(UID)", "(FLAGS  UID)", "MODSEQ", "(UID FLAGS) (CHANGEDSINCE 1)", "FLAGS (CHANGEDSINCE 0)", "FLAGS (FOO)")
	case 1, 2:
		return item()
	}
	return "(" + g.some(4, " ", item) + ")"
}

func (g *generator) section() string {
	return "BODY" + g.one("", ".PEEK") + "[" + g.one("1", "2", "1.1", "1.MIME", "2.MIME", "1.HEADER", "1.TEXT", "99", "0", "MIME", "HEADER", "HEADER.FIELDS (Subject)", "HEADER.FIELDS.NOT (Subject From)", `HEADER.FIELDS ("Subject")`, "HEADER.FIELDS ()", "HEADER.FIELDS", "1.HEADER.FIELDS (X)",
		"TEXT.1", "text", "HEADER.FIELDS (a]b)", "FOO", "1.", ".1", "1.0", "2.1", "4294967296") + "]" + g.one("", "", "", "<0.5>", "<2.3>", "<100.5>", "<0.0>", "<5>", "<1.>", "<0.4294967295>", "<0.4294967296>")
}

func (g *generator) searchKey() string {
	text := func() string {
		return g.one("one", `"hello"`, `""`, literal("café"), `"Re: one"`, "x", literal("world"), "@", "é")
	}
	date := func() string {
		return g.one("1-Jan-2020", `"21-Nov-2026"`, "31-Dec-1999", "01-Jan-2020", "1-Foo-2020", "1-Jan-20", "31-Feb-2020", "1-jan-2020")
	}
	switch g.IntN(14) {
	case 0, 1:
		return g.one("ALL", "SEEN", "UNSEEN", "DELETED", "UNDELETED", "ANSWERED", "FLAGGED", "DRAFT", "UNDRAFT", "NEW", "OLD", "RECENT", "UNFLAGGED", "all", "UNANSWERED")
	case 2:
		return g.one("SUBJECT ", "FROM ", "TO ", "CC ", "BCC ", "BODY ", "TEXT ") + text()
	case 3:
		return "HEADER " + g.one("Subject", `"Message-ID"`, "X", `""`, "from") + " " + text()
	case 4:
		return g.one("BEFORE ", "ON ", "SINCE ", "SENTBEFORE ", "SENTON ", "SENTSINCE ") + date()
	case 5:
		return g.one("LARGER ", "SMALLER ") + g.one("0", "10", "100000", "4294967295", "99999999999", "x", "-1")
	case 6:
		return g.one("KEYWORD ", "UNKEYWORD ") + g.one("kw", "KW", "nope", `\Seen`, `"kw"`)
	case 7:
		return "NOT " + g.searchKey()
	case 8:
		return "OR " + g.searchKey() + " " + g.searchKey()
	case 9:
		return "(" + g.some(2, " ", g.searchKey) + ")"
	case 10:
		return g.set()
	case 11:
		return "UID " + g.set()
	case 12:
		return g.one("OLDER ", "YOUNGER ") + g.one("100", "0", "x", "4294967295")
	}
	return g.one("FOO", "()", "OR ALL", "NOT", "MODSEQ 1", "HEADER Subject", "(ALL", "ALL)", `"ALL"`, "CHARSET UTF-8 ALL", "NOT NOT SEEN")
}

func (g *generator) sortKey() string {
	return g.one("ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "REVERSE SUBJECT", "REVERSE", "FOO", "subject")
}
