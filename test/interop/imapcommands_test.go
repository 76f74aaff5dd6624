package interop

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	commandTime = flag.Duration("imapcommands", 10*time.Second, "how long TestCommandsAgainstReferences plays scripts")
	commandSeed = flag.Uint64("imapseed", 0, "the first script of TestCommandsAgainstReferences")
	contested   = flag.Bool("imapcontested", false, "show also what Dovecot and Cyrus answer differently")
)

// scriptLength is how many commands follow each other before all is made new.
const scriptLength = 25

// TestCommandsAgainstReferences plays the same random commands to Tram, Dovecot
// and Cyrus. Where Dovecot and Cyrus agree in the status of a command and in
// what they say besides, Tram has to agree too, or the command is one of
// commandExceptions.
func TestCommandsAgainstReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	all := startTrio(t, "127.0.79")
	if all.cyrus == nil {
		t.Skip("needs Cyrus: what Dovecot alone answers is no rule")
	}
	began, scripts, commands := time.Now(), 0, 0
	for seed := *commandSeed; time.Since(began) < *commandTime; seed++ {
		p := &commandPlayer{t: t, trio: all, seed: seed, gen: newGenerator(seed)}
		commands += p.play()
		scripts++
	}
	t.Logf("%d scripts, %d commands", scripts, commands)
}

type commandPlayer struct {
	t *testing.T
	*trio
	seed  uint64
	gen   *generator
	lines []string
}

// play plays a script up to its end or to the first command that does not fare
// alike, for after that the servers are in different states.
func (p *commandPlayer) play() int {
	p.clean()
	for n := range scriptLength {
		command := p.gen.command()
		p.lines = append(p.lines, command)
		tram, dovecot, cyrus := p.says(p.trio.tram, command), p.says(p.dovecot, command), p.says(p.trio.cyrus, command)
		if tram == dovecot && tram == cyrus {
			continue
		}
		if status(tram) == "BYE" && status(dovecot) != "BYE" {
			log := p.server.log.String()
			p.t.Errorf("script %d: %.300q: %s\n%s", p.seed, command, tram, log[max(0, len(log)-4000):])
		}
		judged := dovecot == cyrus
		if (judged || *contested) && !isCommandException(command, tram, dovecot) {
			p.t.Errorf("script %d, command %d: %.300q\nTram    %s\nDovecot %s\nCyrus   %s\nbefore: %.2000q", p.seed, n, command, tram, dovecot, cyrus, p.lines[:n])
		}
		if status(tram) != status(dovecot) || status(tram) != status(cyrus) {
			return n + 1
		}
	}
	return scriptLength
}

func status(said string) string {
	word, _, _ := strings.Cut(said, " ")
	return word
}

// clean makes the mailboxes of the script anew, for all servers alike.
func (p *commandPlayer) clean() {
	for _, c := range p.each() {
		if c.do("NOOP").status != "OK" {
			c.conn.Close()
			*c = *dialIMAP(p.t, c.name, c.conn.RemoteAddr().String(), c.user, password)
		}
		c.do("UNSELECT")
		for _, name := range mailboxNames(c.must(`LIST "" *`)) {
			c.do("UNSUBSCRIBE " + name)
			c.do("DELETE " + name)
		}
		c.do("UNSUBSCRIBE INBOX")
		for _, name := range mailboxNames(c.must(`LSUB "" *`)) {
			c.do("UNSUBSCRIBE " + name)
		}
		for _, name := range []string{"d", "d/a", "e"} {
			c.must("CREATE " + name)
		}
		c.must(`APPEND d (\Seen kw) ` + literal("Subject: one\r\nFrom: joe@x.test\r\n\r\nhello\r\n"))
		c.must("APPEND d " + literal("Subject: two\r\nTo: ann@x.test\r\n\r\nyes"))
		c.must(`APPEND d (\Flagged) "01-Jan-2020 10:00:00 +0000" ` + literal("A: b\r\n\r\n"))
		if p.seed%4 > 0 {
			c.must("SELECT d")
		}
	}
}

// mailboxNames are the names in LIST and LSUB responses as they were sent.
func mailboxNames(a answer) []string {
	var names []string
	for _, raw := range a.untagged {
		v := parseValues(raw)
		if len(v) == 4 && (v[0].text == "LIST" || v[0].text == "LSUB") && !strings.EqualFold(v[3].text, "INBOX") {
			names = append(names, literal(rawWord(raw, v[3])))
		}
	}
	slices.Reverse(names)
	return names
}

// rawWord is the last word of a response in its own case.
func rawWord(raw []byte, v value) string {
	if v.quoted {
		return v.text
	}
	return string(raw[len(raw)-len(v.text):])
}

// says is an answer in comparable form: what depends on the server, on the time
// and on the order in which it may be sent is left out.
func (p *commandPlayer) says(c *imapClient, command string) string {
	a := c.do(command)
	said := []string{a.status}
	if a.status == "BYE" {
		said[0] += " " + a.text
	}
	if code := comparableCode(a.text); code != "" {
		said[0] += " [" + code + "]"
	}
	fetches := map[string][]string{}
	var expunged []int
	last := map[string]string{}
	for _, raw := range a.untagged {
		v := parseValues(raw)
		if len(v) == 0 {
			continue
		}
		if len(v) > 1 {
			switch v[1].text {
			case "EXISTS", "RECENT":
				last[v[1].text] = v[0].text
				continue
			case "EXPUNGE":
				n, _ := strconv.Atoi(v[0].text)
				expunged = append(expunged, n)
				continue
			case "FETCH":
				seq, found, _ := fetched(raw)
				fetches[seq] = append(fetches[seq], comparableItems(found, strings.Contains(command, "UID"))...)
				continue
			}
		}
		if s := comparableUntagged(raw, v); s != "" {
			said = append(said, s)
		}
	}
	for seq, list := range fetches {
		slices.Sort(list)
		if list = slices.Compact(list); len(list) > 0 {
			said = append(said, seq+" FETCH "+strings.Join(list, " "))
		}
	}
	for name, n := range last {
		if name == "EXISTS" {
			said = append(said, n+" "+name)
		}
	}
	if len(expunged) > 0 {
		said = append(said, fmt.Sprint("EXPUNGE ", original(expunged)))
	}
	slices.Sort(said[1:])
	return strings.Join(said, " | ")
}

// original turns the numbers of EXPUNGE responses into those that the messages
// had before the first of them.
func original(expunged []int) []int {
	var gone []int
	for _, n := range expunged {
		for _, g := range gone {
			if g <= n {
				n++
			}
		}
		gone = append(gone, n)
		slices.Sort(gone)
	}
	return gone
}

// comparableItems are the items of a FETCH response. Servers may add UID.
func comparableItems(found map[string]value, withUID bool) []string {
	var out []string
	for name, v := range found {
		switch name {
		case "MODSEQ":
			continue
		case "UID":
			if !withUID {
				continue
			}
		case "FLAGS":
			flags := slices.DeleteFunc(sortedWords(v.list), func(f string) bool { return f == `\RECENT` })
			out = append(out, fmt.Sprint("FLAGS ", flags))
			continue
		case "INTERNALDATE":
			if !strings.Contains(v.text, "-2020 ") && !strings.Contains(v.text, "-1999 ") {
				continue
			}
		case "BODY", "BODYSTRUCTURE":
			v = v.folded()
		}
		out = append(out, name+" "+v.String())
	}
	return out
}

// comparableCode is the response code of a text, or "" for those that servers
// may leave out.
func comparableCode(text string) string {
	if !strings.HasPrefix(text, "[") {
		return ""
	}
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return ""
	}
	f := strings.Fields(strings.ToUpper(text[1:end]))
	switch f[0] {
	case "TRYCREATE", "READ-WRITE", "CLOSED":
		return f[0]
	case "APPENDUID", "COPYUID":
		return f[0] + " " + strings.Join(f[2:], " ")
	case "UNSEEN", "UIDNEXT":
		return strings.Join(f, " ")
	}
	return ""
}

func comparableUntagged(raw []byte, v []value) string {
	switch v[0].text {
	case "OK":
		_, text, _ := strings.Cut(string(raw), " ")
		if code := comparableCode(text); code != "" {
			return "OK [" + code + "]"
		}
		return ""
	case "SEARCH":
		return fmt.Sprint("SEARCH ", sortedWords(v[1:]))
	case "STATUS", "ESEARCH":
		return comparablePairs(v)
	case "LIST", "LSUB":
		if len(v) < 4 {
			return string(raw)
		}
		attributes := slices.DeleteFunc(sortedWords(v[1].list), func(a string) bool { return strings.HasSuffix(a, "MARKED") || a == `\NOINFERIORS` })
		return fmt.Sprint(v[0].text, attributes, v[2].text, " ", rawWord(raw, v[3]), v[4:])
	case "SORT", "THREAD":
		return value{isList: true, list: v}.String()
	}
	return "" // FLAGS, CAPABILITY, NAMESPACE, ID, …
}

// comparablePairs writes STATUS and ESEARCH with their pairs in order.
func comparablePairs(v []value) string {
	head, pairs := v[0].text, v[1:]
	if head == "STATUS" && len(v) > 2 {
		head, pairs = head+" "+strings.ToUpper(v[1].text), v[2].list
	}
	var out []string
	for i := 0; i < len(pairs); i++ {
		switch {
		case pairs[i].isList: // the tag
		case pairs[i].text == "UID" && head == "ESEARCH":
			out = append(out, "UID")
		case i+1 < len(pairs):
			if pairs[i].text != "HIGHESTMODSEQ" && pairs[i].text != "RECENT" && pairs[i].text != "MODSEQ" {
				out = append(out, pairs[i].text+" "+pairs[i+1].String())
			}
			i++
		}
	}
	slices.Sort(out)
	return head + " " + strings.Join(out, " ")
}

// commandExceptions are commands that Tram answers otherwise than Dovecot and
// Cyrus, on purpose: a reason of docs/imap-exceptions.md and what shows it.
var commandExceptions = []struct {
	reason  string
	matches func(command, tram, dovecot string) bool
}{
	{"store responses", func(command, tram, dovecot string) bool {
		return strings.Contains(command, "STORE") && withoutFlags(tram) == withoutFlags(dovecot)
	}},
	{"missing spaces", func(command, tram, _ string) bool {
		return tram == "BAD" && joined.MatchString(command)
	}},
	{"order of complaints", func(command, tram, dovecot string) bool {
		return tram == "BAD" && dovecot == "NO" && strings.Count(command, " ") > 1 || tram == "NO" && dovecot == "BAD" && strings.Contains(command, "nonsense")
	}},
	{"double spaces", func(command, _, dovecot string) bool {
		return dovecot == "BAD" && strings.Contains(command, "  ")
	}},
	{"wildcards in names", func(command, _, _ string) bool {
		return !strings.HasPrefix(command, "L") && wildcard.MatchString(command)
	}},
	{"UTF-8 in names", func(command, _, _ string) bool { return strings.Contains(command, `"é"`) }},
	{"quoted characters", func(command, tram, _ string) bool {
		return tram == "BAD" && strings.Contains(command, `"a\b"`)
	}},
	{"numbers", func(command, tram, _ string) bool {
		return tram == "BAD" && strings.Contains(command, "4294967296")
	}},
}

// wildcard matches a wildcard of LIST in a mailbox name.
var wildcard = regexp.MustCompile(`d\*|d/%`)

// joined matches a list with something right behind it or before it.
var joined = regexp.MustCompile(`\)[^ )]|[^ (\]]\(`)

var flagsFetched = regexp.MustCompile(` \| \d+ FETCH FLAGS \[[^]]*\]( UID \d+)?`)

func withoutFlags(said string) string { return flagsFetched.ReplaceAllString(said, "") }

func isCommandException(command, tram, dovecot string) bool {
	for _, e := range commandExceptions {
		if e.matches(command, tram, dovecot) {
			return true
		}
	}
	return false
}
