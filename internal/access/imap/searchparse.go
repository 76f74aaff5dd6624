package imap

import (
	"strings"
	"time"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// maxSearchNesting limits OR and NOT in one another. Clients write long lists
// as OR a OR b OR c, which nests.
const maxSearchNesting = 1000

// maxSearchText is the longest string that is searched for, in bytes.
const maxSearchText = 4096

// keyParser reads search keys (RFC 3501 6.4.4) into a tree.
type keyParser struct {
	s      *session
	d      *imapwire.Decoder
	depth  int
	modSeq bool // a MODSEQ key was used
	err    error
}

func (s *session) newKeyParser() *keyParser { return &keyParser{s: s, d: s.dec} }

// failure is why parsing ended.
func (p *keyParser) failure() error {
	if p.err != nil {
		return p.err
	}
	return p.d.Err()
}

// charset reads ["CHARSET" SP astring SP].
func (p *keyParser) charset() bool {
	if !p.d.Word("CHARSET") {
		return p.d.Err() == nil
	}
	return p.d.ExpectSP() && p.charsetName() && p.d.ExpectSP()
}

// charsetName reads a charset that is supported. Others have a reply of their
// own (RFC 3501 6.4.4).
func (p *keyParser) charsetName() bool {
	var name string
	if !p.d.ExpectAString(&name) {
		return false
	}
	if !strings.EqualFold(name, "UTF-8") && !strings.EqualFold(name, "US-ASCII") {
		p.err = no("BADCHARSET (US-ASCII UTF-8)", "Unknown charset")
		return false
	}
	return true
}

// keys reads keys up to the end of the line; all of them must match.
func (p *keyParser) keys() (key, bool) {
	var all []key
	for {
		k, ok := p.key()
		if !ok {
			return nil, false
		}
		all = append(all, k)
		if !p.d.SP() || p.d.AtEnd() {
			return and(all), p.d.Err() == nil
		}
	}
}

// key reads one search-key.
func (p *keyParser) key() (key, bool) {
	d := p.d
	if p.depth++; p.depth > maxSearchNesting {
		return nil, d.Fail("Search keys nested too deeply")
	}
	defer func() { p.depth-- }()
	if d.AtSpecial('(') {
		return p.list()
	}
	var set imapwire.NumSet
	if d.AtDigit() || d.AtSpecial('*') || d.AtSpecial('$') {
		if !d.ExpectNumSet(&set) {
			return nil, false
		}
		return p.numbers(set, false)
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

// numbers is a set of message numbers or UIDs. Those that are not there match
// nothing, which is no error (unlike in FETCH).
func (p *keyParser) numbers(set imapwire.NumSet, byUID bool) (key, bool) {
	if set.Saved {
		return nil, p.d.Fail("No search result is saved")
	}
	view := p.s.sel.view
	n := uint32(view.Len())
	if byUID && n > 0 {
		n = uint32(view.At(view.Len() - 1).UID)
	}
	return &numberKey{ranges: set.Resolve(n), byUID: byUID}, true
}

// plainKeys are the keys without arguments.
var plainKeys = map[string]key{
	"ALL":        allKey{},
	"ANSWERED":   flagKey{mailstore.Answered, true},
	"DELETED":    flagKey{mailstore.Deleted, true},
	"DRAFT":      flagKey{mailstore.Draft, true},
	"FLAGGED":    flagKey{mailstore.Flagged, true},
	"SEEN":       flagKey{mailstore.Seen, true},
	"UNANSWERED": flagKey{mailstore.Answered, false},
	"UNDELETED":  flagKey{mailstore.Deleted, false},
	"UNDRAFT":    flagKey{mailstore.Draft, false},
	"UNFLAGGED":  flagKey{mailstore.Flagged, false},
	"UNSEEN":     flagKey{mailstore.Seen, false},
	"RECENT":     recentKey{true},
	"OLD":        recentKey{false},
	"NEW":        andKey{recentKey{true}, flagKey{mailstore.Seen, false}},
}

// argumentKeys read the arguments of the other keys.
var argumentKeys map[string]func(p *keyParser, name string) (key, bool)

func init() { // OR and NOT read keys again
	argumentKeys = map[string]func(p *keyParser, name string) (key, bool){
		"NOT": (*keyParser).not, "OR": (*keyParser).or,
		"UID": (*keyParser).uid, "KEYWORD": (*keyParser).keyword, "UNKEYWORD": (*keyParser).keyword,
		"LARGER": (*keyParser).size, "SMALLER": (*keyParser).size,
		"BEFORE": (*keyParser).date, "ON": (*keyParser).date, "SINCE": (*keyParser).date,
		"SENTBEFORE": (*keyParser).date, "SENTON": (*keyParser).date, "SENTSINCE": (*keyParser).date,
		"YOUNGER": (*keyParser).within, "OLDER": (*keyParser).within,
		"MODSEQ": (*keyParser).modseq,
		"HEADER": (*keyParser).header, "SUBJECT": (*keyParser).headerOf, "FROM": (*keyParser).address,
		"TO": (*keyParser).address, "CC": (*keyParser).address, "BCC": (*keyParser).address,
		"BODY": (*keyParser).text, "TEXT": (*keyParser).text,
	}
}

func (p *keyParser) not(string) (key, bool) {
	if !p.d.ExpectSP() {
		return nil, false
	}
	k, ok := p.key()
	return notKey{k}, ok
}

func (p *keyParser) or(string) (key, bool) {
	if !p.d.ExpectSP() {
		return nil, false
	}
	a, ok := p.key()
	if !ok || !p.d.ExpectSP() {
		return nil, false
	}
	b, ok := p.key()
	if !ok {
		return nil, false
	}
	return or(a, b), true
}

func (p *keyParser) uid(string) (key, bool) {
	var set imapwire.NumSet
	if !p.d.ExpectSP() || !p.d.ExpectNumSet(&set) {
		return nil, false
	}
	return p.numbers(set, true)
}

func (p *keyParser) keyword(name string) (key, bool) {
	var keyword string
	if !p.d.ExpectSP() || !p.d.Flag(&keyword) {
		return nil, p.d.Fail("Expected a keyword")
	}
	wanted := name == "KEYWORD"
	i := findKeyword(p.s.sel.view.Keywords(), keyword)
	switch {
	case i >= 0:
		return flagKey{mailstore.Keyword(i), wanted}, true
	case wanted:
		return notKey{allKey{}}, true
	}
	return allKey{}, true
}

func (p *keyParser) size(name string) (key, bool) {
	var n uint64
	if !p.d.ExpectSP() || !p.d.ExpectNumber64(&n) {
		return nil, false
	}
	return sizeKey{n, name == "LARGER"}, true
}

func (p *keyParser) date(name string) (key, bool) {
	var day time.Time
	if !p.d.ExpectSP() || !p.d.ExpectDate(&day) {
		return nil, false
	}
	which, sent := strings.CutPrefix(name, "SENT")
	return dateKey{day: dayNumber(day), sent: sent, order: dateOrders[which]}, true
}

// within reads YOUNGER and OLDER (RFC 5032).
func (p *keyParser) within(name string) (key, bool) {
	var seconds uint32
	if !p.d.ExpectSP() || !p.d.ExpectNumber(&seconds) {
		return nil, false
	}
	return withinKey{time.Duration(seconds) * time.Second, name == "YOUNGER"}, true
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
	if !d.AtDigit() && (!d.ExpectString(&entry) || !d.ExpectSP() || !d.ExpectKeyword(&kind) || !d.ExpectSP()) {
		return nil, false
	}
	if !d.ExpectNumber64(&n) {
		return nil, false
	}
	p.modSeq = true
	return modSeqKey{mailstore.ModSeq(n)}, true
}

func (p *keyParser) header(string) (key, bool) {
	var name string
	if !p.d.ExpectSP() || !p.d.ExpectAString(&name) {
		return nil, false
	}
	return p.headerOf(name)
}

func (p *keyParser) headerOf(name string) (key, bool) {
	n, ok := p.needle()
	if !ok {
		return nil, false
	}
	return newHeaderKey(name, n), true
}

// address reads FROM, TO, CC and BCC.
func (p *keyParser) address(name string) (key, bool) {
	n, ok := p.needle()
	if !ok {
		return nil, false
	}
	k := newHeaderKey(name, n)
	k.address = true
	return k, true
}

func (p *keyParser) text(name string) (key, bool) {
	n, ok := p.needle()
	if !ok {
		return nil, false
	}
	return &textKey{needle: n, bodyOnly: name == "BODY"}, true
}

// needle reads SP astring as something to look for.
func (p *keyParser) needle() (*needle, bool) {
	var text string
	if !p.d.ExpectSP() || !p.d.ExpectAString(&text) {
		return nil, false
	}
	if len(text) > maxSearchText {
		return nil, p.d.Fail("Search string too long")
	}
	return newNeedle(text), true
}
