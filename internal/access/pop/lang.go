package pop

import (
	"context"
	"strings"
)

// lang is LANG (RFC 6856 3): without an argument it lists the languages, with
// one it chooses the language of the replies from here on; "*" is the one that
// the administrator prefers. It is the same for every user, so that it tells a
// stranger nothing about one (RFC 6856 7).
func (p *session) lang(_ context.Context, arg string) {
	tag := strings.TrimSpace(arg)
	if tag == "" {
		p.ok(p.say.languages)
		for _, l := range languages() {
			p.line(l.tag + " " + l.name)
		}
		p.line(".")
		return
	}
	if tag == "*" {
		tag = p.server.opts.Language
	}
	chosen := languageOf(tag)
	if chosen == nil {
		p.err(p.say.unknownLanguage)
		return
	}
	p.say = chosen
	// RFC 6856 3.2: the tag, a blank, and words in the new language.
	p.ok(chosen.tag + " " + chosen.languageSet)
}
