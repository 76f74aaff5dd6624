package message

// addressEntry is an Address whose parts lie in the parser's buffer; nil is
// missing, which empty is not.
type addressEntry struct {
	kind                       AddressKind
	name, route, local, domain []byte
	at                         int  // where the local part begins in the value
	badRoute                   bool // began like a route and was none
	broken                     bool // "<" without a readable address
	bad                        bool
}

// addressParser reads an address list entry by entry (RFC 5322 3.4). It backs up
// at most twice, to the beginning of an entry, over text that it then passes
// for good, so it is linear.
type addressParser struct {
	lex   lexer
	buf   []byte
	entry addressEntry
	state addressState
}

// addressState is where in the list the parser stands.
type addressState uint8

const (
	atEntry    addressState = iota // an entry begins here
	afterEntry                     // a comma or the end of the list comes next
	atMember                       // a member of a group begins here
	afterMember
	atGroupEnd
	atListEnd
)

func (a *addressParser) start(value []byte) {
	a.lex.p, a.lex.i, a.lex.wantComment = value, 0, true
	if a.buf == nil {
		a.buf = make([]byte, 0, 128) // nil would mean missing
	}
	a.state = atEntry
	if a.lex.blanks() != more {
		a.state = atListEnd
	}
}

// next reads one entry into a.entry, which stays valid until the next call.
func (a *addressParser) next() bool {
	a.buf = a.buf[:0]
	a.entry = addressEntry{}
	switch a.state {
	case atEntry:
		return a.address()
	case afterEntry:
		return a.nextAddress()
	case atMember:
		return a.member()
	case afterMember:
		return a.nextMember()
	case atGroupEnd:
		return a.groupEnd()
	}
	return false
}

// nextAddress reads the address behind a comma.
func (a *addressParser) nextAddress() bool {
	if !a.lex.at(',') {
		return false // the end, or garbage
	}
	a.lex.i++
	switch a.lex.blanks() {
	case ended:
		return false
	case broken:
		a.entry.bad = true
		a.state = atListEnd
		return true
	}
	return a.address()
}

// nextMember reads the member of a group behind a comma, or the group's end.
func (a *addressParser) nextMember() bool {
	if !a.lex.at(',') {
		return a.groupEnd()
	}
	a.lex.i++
	if a.lex.blanks() != more {
		return a.groupEnd()
	}
	return a.member()
}

func (a *addressParser) member() bool {
	a.mailbox()
	a.state = afterMember
	return true
}

// address reads a mailbox or the beginning of a group.
func (a *addressParser) address() bool {
	start := a.lex.i
	if a.group() {
		return true
	}
	a.lex.i = start
	a.state = afterEntry
	if a.mailbox() == ended {
		a.state = atListEnd
	}
	return true
}

// group reads "name:".
func (a *addressParser) group() bool {
	name, st := a.lex.phrase(a.buf)
	a.buf = name
	if st != more || !a.lex.at(':') {
		return false
	}
	a.lex.i++
	a.entry.kind, a.entry.name = GroupStart, name
	a.state = atMember
	if a.lex.blanks() != more || a.lex.at(';') {
		a.state = atGroupEnd
	}
	return true
}

// groupEnd reads ";" if it is there, and ends the group in any case.
func (a *addressParser) groupEnd() bool {
	a.entry.kind = GroupEnd
	a.state = afterEntry
	if !a.lex.at(';') {
		a.entry.bad = true
		return true
	}
	a.lex.i++
	if a.lex.blanks() == ended {
		a.state = atListEnd
	}
	return true
}

// mailbox reads "name <address>" or a bare address.
func (a *addressParser) mailbox() progress {
	start := a.lex.i
	st := a.nameAddr()
	if st == broken {
		a.lex.i = start
		st = a.bareAddr()
	}
	e := &a.entry
	if st == broken || e.local == nil || len(e.domain) == 0 {
		e.bad = true
	}
	return st
}

// nameAddr reads [name] "<" address ">".
func (a *addressParser) nameAddr() progress {
	name, st := a.lex.phrase(a.buf[:0])
	a.buf = name
	if st != more || !a.lex.at('<') {
		return broken
	}
	if len(name) > 0 {
		a.entry.name = name
	}
	if a.angleAddr() == broken {
		a.entry.broken = true
	}
	return a.lex.rest()
}

// angleAddr reads "<" [route ":"] local ["@" domain] ">".
func (a *addressParser) angleAddr() progress {
	a.lex.i++
	if a.lex.blanks() != more {
		return broken
	}
	if a.lex.at('@') && !a.route() {
		return broken
	}
	if !a.lex.at('>') {
		if a.local() != more {
			return broken
		}
		if a.lex.at('@') && a.domain() != more {
			return broken
		}
	}
	if !a.lex.at('>') {
		return broken
	}
	a.lex.i++
	return a.lex.blanks()
}

// route reads "@a,@b:" (RFC 5322 4.4 obs-route) and reports whether anything is
// left behind it.
func (a *addressParser) route() bool {
	start := len(a.buf)
	st := more
	for a.lex.at('@') && st == more {
		if len(a.buf) > start {
			a.buf = append(a.buf, ',')
		}
		if a.buf, st = a.lex.domain(append(a.buf, '@')); st != more {
			break
		}
		for st = a.lex.blanks(); st == more && a.lex.at(','); st = a.lex.blanks() {
			a.lex.i++
		}
	}
	if st == more && a.lex.at(':') {
		a.entry.route = a.buf[start:len(a.buf):len(a.buf)]
		a.lex.i++
	} else {
		a.entry.badRoute = true
	}
	return a.lex.blanks() == more
}

// bareAddr reads local "@" domain, whose name may stand in a comment. A word
// alone is a local part; words are a name without an address.
func (a *addressParser) bareAddr() progress {
	e := &a.entry
	a.lex.comment = a.lex.comment[:0]
	a.buf = a.buf[:0]
	isQuoted := a.lex.at('"')
	st := a.local()
	wholeAddress := st != ended && a.lex.at('@')
	if wholeAddress {
		if d := a.domain(); d != more {
			st = d
		}
	}
	switch {
	case len(a.lex.comment) > 0:
		e.name = a.lex.comment
	case !wholeAddress:
		a.words(isQuoted)
		st = broken
	}
	if st != more {
		e.bad = e.bad || st == broken
	}
	return st
}

// words reads what follows a local part that has no domain.
func (a *addressParser) words(isQuoted bool) {
	a.buf = append(a.buf, ' ')
	before := len(a.buf)
	a.buf, _ = a.lex.phrase(a.buf)
	switch {
	case len(a.buf) > before:
		a.entry.name, a.entry.local = a.buf, nil
	case isQuoted:
		a.entry.name, a.entry.local = a.entry.local, nil
	}
}

// local reads a local part, with dots anywhere: they are common in the wild.
func (a *addressParser) local() progress {
	start := len(a.buf)
	a.entry.at = a.lex.i
	var st progress
	if a.lex.at('"') {
		a.buf, st = a.lex.quoted(a.buf)
	} else {
		st = a.dottedWords()
	}
	if st != broken {
		a.entry.local = a.buf[start:len(a.buf):len(a.buf)]
	}
	return st
}

func (a *addressParser) dottedWords() progress {
	st := broken
	for {
		for a.lex.at('.') {
			a.buf = append(a.buf, '.')
			if a.lex.i++; a.lex.i == len(a.lex.p) {
				return ended
			}
			st = more
		}
		if a.lex.at('@') {
			return st
		}
		if a.buf, st = a.lex.atom(a.buf); st != more || !a.lex.at('.') {
			return st
		}
	}
}

func (a *addressParser) domain() progress {
	start := len(a.buf)
	var st progress
	if a.buf, st = a.lex.domain(a.buf); st != broken {
		a.entry.domain = a.buf[start:len(a.buf):len(a.buf)]
	}
	return st
}
