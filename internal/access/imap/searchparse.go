package imap

import (
	"cmp"
	"strings"
	"time"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// Limits of what a client may search for in one command.
const (
	// maxSearchNesting limits lists, NOT and OR in one another. Clients write
	// long lists as OR a OR b OR c, which is one.
	maxSearchNesting = 1000
	maxSearchKeys    = 20_000
	maxSearchText    = 4096 // bytes of one string

	// maxBodySearches limits TEXT and BODY: each of them goes through all texts.
	maxBodySearches = 100
)

// keyParser reads search keys (RFC 3501 6.4.4, RFC 9051 6.4.4) into a program.
type keyParser struct {
	s       *session
	d       *imapwire.Decoder
	prog    program
	textIn  string // of the strings; "" is UTF-8
	depth   int
	keys    int
	bodies  int
	saved   int // slot of "$" and one; 0 when it was not named yet
	fuzzy   int // FUZZY keys around what is read
	err     error
	refused error // a charset that is not known
}

func (s *session) newKeyParser() *keyParser { return &keyParser{s: s, d: s.dec} }

// failure is why parsing ended. What is wrong with the syntax comes before an
// unknown charset: it is BAD whatever else is refused.
func (p *keyParser) failure() error {
	return cmp.Or(p.err, p.d.Err(), p.refused)
}

// program reads keys up to the end of the line; all of them must match.
func (p *keyParser) program() (*program, bool) {
	var all []key
	for {
		k, ok := p.key()
		if !ok {
			return nil, false
		}
		all = append(all, k)
		if p.d.SP() && !p.d.AtEnd() {
			continue
		}
		if p.refused != nil {
			p.d.ExpectCRLF()
			return nil, false
		}
		p.prog.key = and(all)
		return &p.prog, p.d.Err() == nil
	}
}

// key reads one search-key.
func (p *keyParser) key() (key, bool) {
	d := p.d
	p.depth++
	p.keys++
	defer func() { p.depth-- }()
	switch {
	case p.depth > maxSearchNesting:
		return nil, d.Fail("Search keys nested too deeply")
	case p.keys > maxSearchKeys:
		return nil, d.Fail("Too many search keys")
	case d.AtSpecial('('):
		return p.list()
	case d.AtDigit(), d.AtSpecial('*'), d.AtSpecial('$'):
		return p.numbers(false)
	}
	var name string
	if !d.ExpectKeyword(&name) {
		return nil, false
	}
	if k, ok := plainKeys[name]; ok {
		return k, true
	}
	if read, ok := argumentKeys[name]; ok {
		return read(p, name)
	}
	return nil, d.Fail("Unknown search key")
}

func (p *keyParser) list() (key, bool) {
	var all []key
	ok := p.d.ExpectList(func() bool {
		k, ok := p.key()
		all = append(all, k)
		return ok
	})
	if ok && len(all) == 0 {
		ok = p.d.Fail("No search parameters inside list")
	}
	if !ok {
		return nil, false
	}
	return and(all), true
}

// numbers is a set of message numbers or UIDs.
func (p *keyParser) numbers(byUID bool) (key, bool) {
	set := searchSet{byUID: byUID}
	if !p.d.ExpectNumSet(&set.NumSet) {
		return nil, false
	}
	if !byUID && !set.Saved {
		p.prog.numbers, p.s.numbers = true, true
		if p.s.on(enabledUIDOnly) { // RFC 9586 3.2
			p.err = errUIDRequired
			return nil, false
		}
	}
	if set.Saved && p.saved > 0 {
		// It is as long as the last result, and is looked up once however often
		// it is named.
		return setKey{slot: p.saved - 1}, true
	}
	p.prog.sets = append(p.prog.sets, set)
	if set.Saved {
		p.saved = len(p.prog.sets)
	}
	return setKey{slot: len(p.prog.sets) - 1}, true
}

// plainKeys are the keys without arguments.
var plainKeys = map[string]key{
	"ALL":        allKey{},
	"ANSWERED":   hasFlag(mailstore.Answered),
	"DELETED":    hasFlag(mailstore.Deleted),
	"DRAFT":      hasFlag(mailstore.Draft),
	"FLAGGED":    hasFlag(mailstore.Flagged),
	"SEEN":       hasFlag(mailstore.Seen),
	"UNANSWERED": lacksFlag(mailstore.Answered),
	"UNDELETED":  lacksFlag(mailstore.Deleted),
	"UNDRAFT":    lacksFlag(mailstore.Draft),
	"UNFLAGGED":  lacksFlag(mailstore.Flagged),
	"UNSEEN":     lacksFlag(mailstore.Seen),
	"RECENT":     recentKey{recent: true},
	"OLD":        recentKey{},
	"NEW":        andKey{recentKey{recent: true}, lacksFlag(mailstore.Seen)},

	"SAVEDATESUPPORTED": allKey{}, // RFC 8514 4.3: in every mailbox
}

// argumentKeys read the arguments of the other keys.
var argumentKeys map[string]func(p *keyParser, name string) (key, bool)

func init() { // OR and NOT read keys again
	argumentKeys = map[string]func(p *keyParser, name string) (key, bool){
		"NOT": (*keyParser).not, "OR": (*keyParser).or, "FUZZY": (*keyParser).fuzzyKey,
		"UIDAFTER": (*keyParser).uidBound, "UIDBEFORE": (*keyParser).uidBound,
		"UID": (*keyParser).uid, "KEYWORD": (*keyParser).keyword, "UNKEYWORD": (*keyParser).keyword,
		"LARGER": (*keyParser).size, "SMALLER": (*keyParser).size,
		"BEFORE": (*keyParser).date, "ON": (*keyParser).date, "SINCE": (*keyParser).date,
		"SENTBEFORE": (*keyParser).date, "SENTON": (*keyParser).date, "SENTSINCE": (*keyParser).date,
		"SAVEDBEFORE": (*keyParser).date, "SAVEDON": (*keyParser).date, "SAVEDSINCE": (*keyParser).date,
		"YOUNGER": (*keyParser).within, "OLDER": (*keyParser).within,
		"MODSEQ":  (*keyParser).modseq,
		"EMAILID": (*keyParser).objectID, "THREADID": (*keyParser).objectID,
		"HEADER": (*keyParser).header, "SUBJECT": (*keyParser).headerOf, "FROM": (*keyParser).address,
		"TO": (*keyParser).address, "CC": (*keyParser).address, "BCC": (*keyParser).address,
		"BODY": (*keyParser).text, "TEXT": (*keyParser).text,
	}
}

// not reads the key behind NOT; NOT NOT is nothing.
func (p *keyParser) not(string) (key, bool) {
	negate := true
	if !p.d.ExpectSP() {
		return nil, false
	}
	for p.d.Word("NOT") {
		negate = !negate
		p.keys++
		if !p.d.ExpectSP() {
			return nil, false
		}
	}
	k, ok := p.key()
	if ok && negate {
		k = negation(k)
	}
	return k, ok
}

// or reads both keys behind OR. When the second is an OR itself, as in a long
// list, it is read here too.
func (p *keyParser) or(string) (key, bool) {
	var all []key
	for {
		if !p.d.ExpectSP() {
			return nil, false
		}
		k, ok := p.key()
		if !ok || !p.d.ExpectSP() {
			return nil, false
		}
		all = append(all, k)
		if !p.d.Word("OR") {
			break
		}
		p.keys++
	}
	k, ok := p.key()
	if !ok {
		return nil, false
	}
	return or(append(all, k)), true
}

func (p *keyParser) uid(string) (key, bool) {
	if !p.d.ExpectSP() {
		return nil, false
	}
	return p.numbers(true)
}

func (p *keyParser) keyword(name string) (key, bool) {
	var keyword string
	if !p.d.ExpectSP() || !p.d.Flag(&keyword) {
		return nil, p.d.Fail("Expected a keyword")
	}
	p.prog.keywords = append(p.prog.keywords, keyword)
	return keywordKey{slot: len(p.prog.keywords) - 1, set: name == "KEYWORD"}, true
}

func (p *keyParser) size(name string) (key, bool) {
	var n uint64
	if !p.d.ExpectSP() || !p.d.ExpectNumber64(&n) {
		return nil, false
	}
	return sizeKey{size: n, larger: name == "LARGER"}, true
}

func (p *keyParser) date(name string) (key, bool) {
	var day time.Time
	if !p.d.ExpectSP() || !p.d.ExpectDate(&day) {
		return nil, false
	}
	k := dateKey{day: dayNumber(day)}
	if which, ok := strings.CutPrefix(name, "SENT"); ok {
		k.of, name = sentDate, which
	} else if which, ok := strings.CutPrefix(name, "SAVED"); ok {
		k.of, name = savedDate, which
	}
	k.order = dateOrders[name]
	p.prog.dates = true
	return k, true
}

// within reads YOUNGER and OLDER with nz-number (RFC 5032 3).
func (p *keyParser) within(name string) (key, bool) {
	var seconds uint32
	if !p.d.ExpectSP() || !p.d.ExpectNumber(&seconds) {
		return nil, false
	}
	if seconds == 0 {
		return nil, p.d.Fail("Invalid search interval parameter")
	}
	p.prog.dates = true
	return withinKey{age: int64(seconds), younger: name == "YOUNGER"}, true
}

// modseq = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer
// (RFC 7162 3.1.5). Flags have no MODSEQs of their own here, so the entry does
// not matter.
func (p *keyParser) modseq(string) (key, bool) {
	d := p.d
	var entry, kind string
	var n uint64
	if !d.ExpectSP() {
		return nil, false
	}
	if !d.AtDigit() {
		if !d.ExpectString(&entry) || !d.ExpectSP() || !d.ExpectKeyword(&kind) || !d.ExpectSP() {
			return nil, false
		}
		if !strings.HasPrefix(strings.ToLower(entry), "/flags/") || kind != "PRIV" && kind != "SHARED" && kind != "ALL" {
			return nil, d.Fail("Invalid MODSEQ entry")
		}
	}
	if !d.ExpectNumber64(&n) {
		return nil, false
	}
	p.prog.modSeq = true
	return modSeqKey{modSeq: mailstore.ModSeq(n)}, true
}

// objectID reads EMAILID and THREADID (RFC 8474 6).
func (p *keyParser) objectID(name string) (key, bool) {
	k := objectKey{kind: objectEmail}
	if name == "THREADID" {
		k.kind = objectThread
	}
	return k, p.d.ExpectSP() && p.d.ExpectAString(&k.id)
}
