package message

import (
	"bytes"
	"slices"
	"strconv"
)

// strictness is how a value that is neither a token nor quoted is read.
type strictness uint8

const (
	strict  strictness = iota // it ends where the token does, as BODYSTRUCTURE shows it
	lenient                   // it goes on to the semicolon: name=my file.txt
)

// rawParam is a parameter whose name and value lie in the parser's buffer. A
// name that ends in "*" says that the value is in the form of RFC 2231 4.
type rawParam struct {
	name, value []byte
}

// paramParser reads "type/subtype; name=value; ..." (RFC 2045 5.1) and joins
// continued parameters (RFC 2231 3). It is reused for many fields.
type paramParser struct {
	lex    lexer
	buf    []byte
	list   []rawParam
	pieces []paramPiece
	mode   strictness
}

// paramPiece is one of the parts that a long value was cut into.
type paramPiece struct {
	name, value []byte
	index       int
	extended    bool
}

func (p *paramParser) start(value []byte, mode strictness) {
	p.lex.p, p.lex.i = value, 0
	p.buf, p.list, p.pieces = p.buf[:0], p.list[:0], p.pieces[:0]
	p.mode = mode
	p.lex.blanks()
}

// contentType reads "type/subtype". When the field is malformed, ok is false
// and typ is what can be made out of it.
func (p *paramParser) contentType() (typ, subtype []byte, ok bool) {
	typ, st := p.lex.token(p.buf)
	p.buf = typ
	if st != more || len(typ) == 0 {
		return typ, nil, false
	}
	if !p.lex.at('/') {
		return nil, nil, false
	}
	p.lex.i++
	if p.lex.blanks() != more {
		return nil, nil, false
	}
	p.buf, st = p.lex.token(p.buf)
	subtype = p.buf[len(typ):]
	if st == broken || len(subtype) == 0 || st == more && !p.lex.at(';') {
		return nil, nil, false
	}
	return typ, subtype, true
}

// readAll reads the parameters up to the end into p.list, those that were cut
// into pieces last.
func (p *paramParser) readAll() {
	for n := 0; n < MaxParams && p.lex.i < len(p.lex.p); n++ {
		name, value, ok := p.param()
		switch {
		case !ok:
			p.resync()
		case !p.piece(name, value):
			p.list = append(p.list, rawParam{name, value})
		}
	}
	p.join()
}

// resync moves on to the next semicolon after a malformed parameter.
func (p *paramParser) resync() {
	if i := bytes.IndexByte(p.lex.p[p.lex.i:], ';'); i >= 0 {
		p.lex.i += i
		return
	}
	p.lex.i = len(p.lex.p)
}

// param reads "; name=value".
func (p *paramParser) param() (name, value []byte, ok bool) {
	if !p.lex.at(';') {
		return nil, nil, false
	}
	p.lex.i++
	if p.lex.blanks() != more {
		return nil, nil, false
	}
	start := len(p.buf)
	var st progress
	p.buf, st = p.lex.token(p.buf)
	name = p.buf[start:len(p.buf):len(p.buf)]
	if st != more || !p.lex.at('=') {
		return nil, nil, false
	}
	p.lex.i++
	start = len(p.buf)
	if st = p.lex.blanks(); st == more {
		st = p.value()
	}
	return name, p.buf[start:len(p.buf):len(p.buf)], st != broken
}

// value appends a value to p.buf.
func (p *paramParser) value() (st progress) {
	switch {
	case p.lex.at('"'):
		p.buf, st = p.lex.quoted(p.buf)
	case p.lex.at('='):
		p.unquotedWord() // name==?utf-8?b?...?=
	case p.mode == lenient:
		p.upToSemicolon()
	default:
		p.buf, st = p.lex.token(p.buf)
	}
	return st
}

func (p *paramParser) unquotedWord() {
	for ; p.lex.i < len(p.lex.p); p.lex.i++ {
		c := p.lex.p[p.lex.i]
		if c == ';' || c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			return
		}
		p.buf = append(p.buf, c)
	}
}

func (p *paramParser) upToSemicolon() {
	start := len(p.buf)
	for ; p.lex.i < len(p.lex.p) && !p.lex.at(';'); p.lex.i++ {
		if c := p.lex.p[p.lex.i]; c != '\r' && c != '\n' {
			p.buf = append(p.buf, c)
		}
	}
	p.buf = p.buf[:start+len(bytes.TrimRight(p.buf[start:], " \t"))]
}

// piece takes name*3, name*3* and name* out of the stream for join.
func (p *paramParser) piece(name, value []byte) bool {
	key, mark, found := bytes.Cut(name, []byte{'*'})
	if !found {
		return false
	}
	mark, extended := bytes.CutSuffix(mark, []byte{'*'})
	if len(mark) == 0 {
		extended = true
	}
	index := 0
	for _, c := range mark {
		if c < '0' || c > '9' || index > MaxParams {
			return false
		}
		index = index*10 + int(c-'0')
	}
	p.pieces = append(p.pieces, paramPiece{key, value, index, extended})
	return true
}

// join puts the pieces together and appends the results to p.list. Pieces with
// a gap between them stay pieces.
func (p *paramParser) join() {
	slices.SortStableFunc(p.pieces, func(a, b paramPiece) int {
		if c := bytes.Compare(a.name, b.name); c != 0 {
			return c
		}
		return a.index - b.index
	})
	for rest := p.pieces; len(rest) > 0; {
		n := 1
		for n < len(rest) && bytes.EqualFold(rest[n].name, rest[0].name) {
			n++
		}
		p.joinRun(rest[:n])
		rest = rest[n:]
	}
}

// joinRun joins the pieces of one name.
func (p *paramParser) joinRun(run []paramPiece) {
	whole, extended := true, false
	for i := range run {
		whole = whole && run[i].index == i
		extended = extended || run[i].extended
	}
	if !whole {
		p.keepPieces(run)
		return
	}
	name := p.keep(run[0].name, extended)
	start := len(p.buf)
	if extended && !run[0].extended {
		p.buf = append(p.buf, "''"...) // no charset, no language
	}
	for i := range run {
		for _, c := range run[i].value {
			if c == '%' && extended && !run[i].extended {
				p.buf = append(p.buf, "%25"...)
				continue
			}
			p.buf = append(p.buf, c)
		}
	}
	p.list = append(p.list, rawParam{name, p.buf[start:len(p.buf):len(p.buf)]})
}

func (p *paramParser) keepPieces(run []paramPiece) {
	for _, piece := range run {
		start := len(p.buf)
		p.buf = append(append(p.buf, piece.name...), '*')
		p.buf = strconv.AppendInt(p.buf, int64(piece.index), 10)
		if piece.extended {
			p.buf = append(p.buf, '*')
		}
		p.list = append(p.list, rawParam{p.buf[start:len(p.buf):len(p.buf)], piece.value})
	}
}

// keep appends a name to p.buf, with a star if the value is extended.
func (p *paramParser) keep(name []byte, extended bool) []byte {
	start := len(p.buf)
	p.buf = append(p.buf, name...)
	if extended {
		p.buf = append(p.buf, '*')
	}
	return p.buf[start:len(p.buf):len(p.buf)]
}
