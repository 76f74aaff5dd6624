package imap

import (
	"errors"
	"io"
	"strings"

	"tram/internal/mailstore"
)

// catenate reads SP "(" cat-part *(SP cat-part) ")" (RFC 4469): a message made
// of literals and of parts of messages that are here already.
//
//	cat-part = "TEXT" SP literal / "URL" SP astring /
//	           "UTF8" SP "(" literal8 ")"
func (p *parcel) catenate() error {
	d := p.in.s.dec
	if !d.ExpectSP() {
		return d.Err()
	}
	var failed error
	parts := 0
	ok := d.ExpectList(func() bool {
		parts++
		failed = p.catPart()
		return failed == nil && d.Err() == nil
	})
	switch {
	case failed != nil:
		return failed
	case !ok:
		return d.Err()
	case parts == 0:
		return bad("CATENATE list is empty")
	}
	return nil
}

func (p *parcel) catPart() error {
	d := p.in.s.dec
	var kind, url string
	if d.Word("UTF8") {
		return p.utf8(p.piece) // RFC 6855 4
	}
	if !d.ExpectKeyword(&kind) || !d.ExpectSP() {
		return d.Err()
	}
	switch kind {
	case "TEXT":
		return p.piece()
	case "URL":
		if !d.ExpectAString(&url) {
			return d.Err()
		}
		return p.addURL(url)
	}
	d.Fail("Expected TEXT, URL or UTF8")
	return d.Err()
}

// piece reads a literal that may be empty: there are others.
func (p *parcel) piece() error {
	lit, ok := p.in.s.dec.ExpectLiteral()
	if !ok {
		return p.in.s.dec.Err()
	}
	return p.add(lit)
}

// addURL appends what a URL names. Nothing is marked \Seen by it.
func (p *parcel) addURL(url string) error {
	err := p.in.s.readURL(url, func(r io.ReaderAt, from, to int64) error {
		if to-from > p.in.s.srv.opts.Limits.Append-p.size {
			return errTooBig
		}
		p.size += to - from
		// Not through lineEnds: it was stored with the right ones.
		return p.in.copy(p.lines.w, io.NewSectionReader(r, from, to-from))
	})
	if errors.Is(err, errURL) || errors.Is(err, mailstore.ErrNoMailbox) || errors.Is(err, mailstore.ErrNoMessage) ||
		errors.Is(err, mailstore.ErrNoRight) || errors.Is(err, mailstore.ErrMailboxName) {
		return no(strings.TrimSuffix("BADURL "+urlText(url), " "), "The URL names nothing that can be read")
	}
	return err
}

// maxURLText is how much of a URL is repeated in a response code.
const maxURLText = 1000

// urlText is a URL as url-resp-text may have it.
func urlText(url string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == ']' || r == '\\' || r == 0x7f {
			return '?'
		}
		return r
	}, url[:min(len(url), maxURLText)])
}
