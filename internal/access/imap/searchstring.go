package imap

import (
	"strings"
	"unicode/utf8"

	"tram/internal/mail/message"
)

// charset reads ["CHARSET" SP astring SP]. With UTF8=ACCEPT there is one
// charset only, and it is not named (RFC 6855 3).
func (p *keyParser) charset() bool {
	if !p.d.Word("CHARSET") {
		return p.d.Err() == nil
	}
	if p.s.on(enabledUTF8) {
		return p.d.Fail("CHARSET is not allowed with UTF8=ACCEPT")
	}
	return p.d.ExpectSP() && p.charsetName() && p.d.ExpectSP()
}

// charsetName reads a charset. Those that are not known have a reply of their
// own (RFC 3501 7.1), which names those that every client can use; it is kept
// until the rest is read.
func (p *keyParser) charsetName() bool {
	if !p.d.ExpectAString(&p.textIn) {
		return false
	}
	if !message.KnownCharset(p.textIn) {
		p.refused, p.textIn = no("BADCHARSET (US-ASCII UTF-8)", "Unknown charset"), ""
	}
	return true
}

// string reads SP astring as UTF-8. Strings without CHARSET are UTF-8, as
// IMAP4rev2 says and clients do.
func (p *keyParser) string(text *string) bool {
	if !p.d.ExpectSP() || !p.d.ExpectAString(text) {
		return false
	}
	if len(*text) > maxSearchText {
		return p.d.Fail("Search string too long")
	}
	if p.textIn != "" && !(strings.EqualFold(p.textIn, "UTF-8") && utf8.ValidString(*text)) {
		*text = string(message.AppendUTF8(nil, p.textIn, []byte(*text)))
	}
	return true
}

// needle reads SP astring as something to look for.
func (p *keyParser) needle() (*needle, bool) {
	var text string
	if !p.string(&text) {
		return nil, false
	}
	return newNeedle(text), true
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
	return p.stringKey(n, func(n *needle) key { return newHeaderKey(name, n) }), true
}

// stringKey makes the key that looks for a string, inside FUZZY or not.
func (p *keyParser) stringKey(n *needle, find func(*needle) key) key {
	if p.fuzzy > 0 && n.text != "" {
		return newFuzzyKey(n, find)
	}
	return find(n)
}

// address reads FROM, TO, CC and BCC.
func (p *keyParser) address(name string) (key, bool) {
	n, ok := p.needle()
	if !ok {
		return nil, false
	}
	return p.stringKey(n, func(n *needle) key { return newAddressKey(name, n) }), true
}

func (p *keyParser) text(name string) (key, bool) {
	n, ok := p.needle()
	if !ok {
		return nil, false
	}
	k := p.stringKey(n, func(n *needle) key {
		p.bodies++ // each word of a FUZZY string is one
		return newTextKey(n, name == "BODY")
	})
	if p.bodies > maxBodySearches {
		return nil, p.d.Fail("Too many search keys for message texts")
	}
	return k, true
}

// fuzzyKey reads the key behind FUZZY (RFC 6203 3).
func (p *keyParser) fuzzyKey(string) (key, bool) {
	if !p.d.ExpectSP() {
		return nil, false
	}
	p.prog.fuzzy = true
	p.fuzzy++
	defer func() { p.fuzzy-- }()
	return p.key()
}
