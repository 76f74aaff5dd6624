package interop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestMessagesAgainstReferences appends every message of the corpora to Tram
// and to the references, asks them the same about each, and holds the answers
// that differ against testdata/imap-exceptions.txt: what is not listed there
// fails, and what is listed and does not occur fails too.
func TestMessagesAgainstReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	samples := corpus(t)
	all := startTrio(t, "127.0.78")
	list := readExceptions(t)
	d := &messageDiff{trio: all, samples: all.fill(t, "diffbox", samples)}
	d.each()
	d.together()
	list.judge(t, d.found)
	t.Logf("%d messages, %d answers compared", len(samples), d.compared)
}

// fill makes a mailbox and appends the messages, each to all servers; it gives
// those that all have taken, in the order of their sequence numbers.
func (s *trio) fill(t testing.TB, mailbox string, samples []sample) []sample {
	t.Helper()
	for _, c := range s.each() {
		c.do("DELETE " + mailbox)
		c.must("CREATE " + mailbox)
	}
	var taken []sample
	for _, m := range samples {
		n := len(taken)
		command := fmt.Sprintf("APPEND %s \"21-Nov-2026 %02d:%02d:%02d +0000\" {%d+}\r\n%s", mailbox, 1+n/3600, n/60%60, n%60, len(m.text), m.text)
		for _, c := range []*imapClient{s.tram, s.dovecot} {
			c.must(command)
		}
		if s.cyrus != nil && s.cyrus.do(command).status != "OK" {
			// Cyrus refuses messages with broken headers; the numbers stay equal.
			place := strings.Repeat("x", 10)
			s.cyrus.must(fmt.Sprintf("APPEND %s {%d+}\r\nX-Refused: %s\r\n\r\n", mailbox, 15+len(place), place))
			m.name += " (refused by Cyrus)"
		}
		taken = append(taken, m)
	}
	for _, c := range s.each() {
		c.must("SELECT " + mailbox)
	}
	return taken
}

// difference is an answer of Tram that is not Dovecot's.
type difference struct {
	message, item string // what it is about; message is "*" for the whole mailbox
	tram, dovecot string
	cyrus         string // "" where it was not asked
}

type messageDiff struct {
	*trio
	samples  []sample
	found    []difference
	compared int
}

// items are what is asked about each message as a whole.
const items = "RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)] " +
	"BODY.PEEK[HEADER.FIELDS.NOT (RECEIVED)] BODY.PEEK[]<5.40> BODY.PEEK[] RFC822.HEADER BODY.PEEK[TEXT]<0.10> BODY.PEEK[HEADER]<3.20> " +
	"BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[99] BODY.PEEK[1.1.1.1.1] BODY.PEEK[HEADER.FIELDS (X-NOT-THERE)]"

// each compares what the servers say about every single message.
func (d *messageDiff) each() {
	for i, m := range d.samples {
		d.fetch(m.name, fmt.Sprintf("FETCH %d (%s)", i+1, items))
		a := d.dovecot.do(fmt.Sprintf("FETCH %d BODYSTRUCTURE", i+1))
		for _, raw := range a.untagged {
			if _, found, ok := fetched(raw); ok {
				if parts := partItems(found["BODYSTRUCTURE"], nil, nil); len(parts) > 0 {
					d.fetch(m.name, fmt.Sprintf("FETCH %d (%s)", i+1, strings.Join(parts[:min(len(parts), 120)], " ")))
				}
			}
		}
	}
}

// partItems are sections of each part of a BODYSTRUCTURE.
func partItems(b value, prefix []string, out []string) []string {
	section := func(what string) string { return "BODY.PEEK[" + strings.Join(prefix, ".") + what + "]" }
	switch {
	case len(b.list) == 0:
		return out
	case b.list[0].isList:
		for k, part := range b.list {
			if !part.isList {
				break
			}
			out = partItems(part, append(slices.Clone(prefix), fmt.Sprint(k+1)), out)
		}
		return out
	}
	if len(prefix) == 0 {
		prefix = []string{"1"}
	}
	out = append(out, section(""), section(".MIME"), section("")+"<2.7>")
	if len(b.list) > 8 && strings.EqualFold(b.list[0].text+"/"+b.list[1].text, "message/rfc822") {
		out = append(out, section(".HEADER"), section(".TEXT"), section(".HEADER.FIELDS (SUBJECT)"), section(".HEADER.FIELDS.NOT (SUBJECT)"))
		if inner := b.list[8]; len(inner.list) > 0 && !inner.list[0].isList {
			prefix = append(slices.Clone(prefix), "1")
		}
		return partItems(b.list[8], prefix, out)
	}
	return out
}

// fetch compares the items of one FETCH.
func (d *messageDiff) fetch(message, command string) {
	tram, dovecot := fetchOne(d.tram, command), fetchOne(d.dovecot, command)
	var cyrus map[string]string
	for _, name := range union(tram, dovecot) {
		d.compared++
		if tram[name] == dovecot[name] {
			continue
		}
		found := difference{message: message, item: name, tram: tram[name], dovecot: dovecot[name]}
		if d.cyrus != nil && !strings.HasSuffix(message, "by Cyrus)") {
			if cyrus == nil {
				cyrus = fetchOne(d.cyrus, command)
			}
			found.cyrus = cyrus[name]
		}
		d.found = append(d.found, found)
	}
}

// fetchOne is the items of the answer in comparable form. What depends on the
// session is left out.
func fetchOne(c *imapClient, command string) map[string]string {
	a := c.do(command)
	out := map[string]string{"status": a.status}
	for _, raw := range a.untagged {
		_, found, ok := fetched(raw)
		if !ok {
			continue
		}
		for name, v := range found {
			switch name {
			case "FLAGS", "UID", "MODSEQ":
				continue
			case "BODY", "BODYSTRUCTURE":
				v = v.folded()
			}
			out[name] = v.String()
		}
	}
	return out
}

func union(a, b map[string]string) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// searches ask about every message at once; a difference is one of the
// messages that only one of the answers holds.
var searches = []string{
	`SENTBEFORE 1-Jan-1995`, `SENTBEFORE 1-Jan-2005`, `SENTSINCE 1-Jan-2005`, `SENTON 14-May-2003`, `SENTSINCE 1-Jan-2016`, `BEFORE 22-Nov-2026`, `ON 21-Nov-2026`,
	`LARGER 2000`, `SMALLER 2000`, `HEADER Message-ID ""`, `HEADER X-Mailer ""`, `HEADER Date ""`, `HEADER Content-Type ""`, `HEADER Received "by"`,
	`HEADER Content-Type "multipart"`, `HEADER Content-Disposition "attachment"`, `HEADER References "<"`, `HEADER From "=?"`,
	`SUBJECT "re"`, `SUBJECT "test"`, `SUBJECT ""`, `FROM "com"`, `FROM "<"`, `FROM "john"`, `TO "a"`, `CC "a"`, `BCC "a"`, `FROM "example.com>"`,
	`BODY "the"`, `BODY "a"`, `BODY "test"`, `BODY "--"`, `BODY "charset"`, `BODY "html"`, `TEXT "received"`, `TEXT "content"`, `TEXT "é"`, `BODY "ü"`, `SUBJECT "ü"`,
	`SUBJECT "日本"`, `BODY "日本"`, `BODY "и"`, `TEXT "и"`, `BODY "–"`, `FROM "ö"`, `SUBJECT "Ä"`, `NOT BODY "a"`, `OR SUBJECT "test" FROM "test"`, `1:* SUBJECT ""`,
}

// together compares what is said about the whole mailbox. Messages whose dates
// are read differently are left out of the threads, which are in their order.
func (d *messageDiff) together() {
	odd := map[int]bool{}
	for _, q := range searches {
		for _, n := range d.search(q) {
			odd[n] = odd[n] || strings.Contains(q, "SENT")
		}
	}
	for _, key := range []string{"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"} {
		if strings.HasPrefix(key, "DISPLAY") && !strings.Contains(d.tram.must("CAPABILITY").untaggedText(), "SORT=DISPLAY") {
			continue
		}
		for _, n := range d.order("SORT ("+key+") UTF-8 ", odd) {
			odd[n] = odd[n] || key == "DATE" || key == "SUBJECT"
		}
		d.order("SORT (REVERSE "+key+") UTF-8 ", odd)
	}
	for _, by := range []string{"ORDEREDSUBJECT", "REFERENCES"} {
		d.whole("THREAD "+by, "THREAD "+by+" UTF-8 "+d.without(odd), "THREAD")
	}
}

// without is the set of all messages but some.
func (d *messageDiff) without(odd map[int]bool) string {
	var set []string
	for i := range d.samples {
		if !odd[i+1] {
			set = append(set, fmt.Sprint(i+1))
		}
	}
	return strings.Join(set, ",")
}

// order compares the orders of all messages but some: those have changed their
// place that are not in the longest run that both orders share.
func (d *messageDiff) order(command string, but map[int]bool) (odd []int) {
	set := d.without(but)
	tram, dovecot := d.tram.do(command+set), d.dovecot.do(command+set)
	d.compared++
	if tram.status != dovecot.status {
		d.found = append(d.found, difference{message: "*", item: command, tram: tram.status, dovecot: dovecot.status})
		return nil
	}
	a, b := tram.numbers("SORT"), dovecot.numbers("SORT")
	for _, n := range moved(a, b) {
		i, _ := strconv.Atoi(n)
		odd = append(odd, i)
		d.found = append(d.found, difference{message: d.samples[i-1].name, item: strings.TrimSpace(command), tram: near(a, n), dovecot: near(b, n)})
	}
	return odd
}

// near is where in an order a number stands.
func near(order []string, n string) string {
	i := slices.Index(order, n)
	return strings.Join(order[max(0, i-3):min(len(order), i+4)], " ")
}

// moved are the words of a that are not in the longest common subsequence of a
// and b.
func moved(a, b []string) []string {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out []string
	for i, j := 0, 0; i < len(a); {
		switch {
		case j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j < len(b) && longest[i][j+1] >= longest[i+1][j]:
			j++
		default:
			out = append(out, a[i])
			i++
		}
	}
	return out
}

func (a answer) untaggedText() string {
	var b strings.Builder
	for _, raw := range a.untagged {
		b.Write(raw)
		b.WriteByte('\n')
	}
	return b.String()
}

// search compares the messages that a search finds and gives the numbers of
// those that only one server finds.
func (d *messageDiff) search(query string) (odd []int) {
	command := "SEARCH CHARSET UTF-8 " + query
	if i := strings.IndexByte(query, '"'); i >= 0 {
		text := strings.Trim(query[i:], `"`)
		if strings.IndexFunc(text, func(r rune) bool { return r > 126 }) >= 0 {
			command = fmt.Sprintf("SEARCH CHARSET UTF-8 %s{%d+}\r\n%s", query[:i], len(text), text)
		}
	}
	sets := map[*imapClient]map[string]bool{}
	for _, c := range d.trio.each() {
		a := c.do(command)
		sets[c] = map[string]bool{}
		for _, n := range a.numbers("SEARCH") {
			sets[c][n] = true
		}
		if a.status != "OK" {
			d.found = append(d.found, difference{message: "*", item: c.name + ": " + query, tram: a.status + a.text})
		}
	}
	for i, m := range d.samples {
		n := fmt.Sprint(i + 1)
		d.compared++
		if sets[d.tram][n] == sets[d.dovecot][n] {
			continue
		}
		odd = append(odd, i+1)
		found := difference{message: m.name, item: "SEARCH " + query, tram: fmt.Sprint(sets[d.tram][n]), dovecot: fmt.Sprint(sets[d.dovecot][n])}
		if d.cyrus != nil && !strings.HasSuffix(m.name, "by Cyrus)") {
			found.cyrus = fmt.Sprint(sets[d.cyrus][n])
		}
		d.found = append(d.found, found)
	}
	return odd
}

// whole compares an answer about all messages.
func (d *messageDiff) whole(item, command, response string) {
	says := func(c *imapClient) string {
		a := c.do(command)
		return a.status + " " + strings.Join(a.numbers(response), " ")
	}
	d.compared++
	tram, dovecot := says(d.tram), says(d.dovecot)
	if tram == dovecot {
		return
	}
	found := difference{message: "*", item: item, tram: tram, dovecot: dovecot}
	if d.cyrus != nil {
		found.cyrus = says(d.cyrus)
	}
	d.found = append(d.found, found)
}
