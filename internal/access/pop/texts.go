package pop

import "strings"

// texts are the words of all replies in one language (RFC 6856 3). What a
// program reads - status, numbers, response codes - is not among them. %s and
// %d stand for what the call site gives. A reply is at most 512 octets (RFC
// 2449 4).
type texts struct {
	tag  string // RFC 5646
	name string // of the language, in the language

	// Login.
	nowPass, loggedIn                        string // loggedIn: messages, octets
	wrongLogin, cannotCheck, cancelled       string
	badResponse, unknownMechanism            string // unknownMechanism: the mechanisms there are
	noAPOP, userFirst, onlyTLS, notUTF8      string
	inUse, tooSoon                           string // tooSoon: seconds
	tooManyBefore, loggedInAlready, logFirst string

	// TLS, languages, UTF-8.
	beginTLS, noTLS, bytesAfterSTLS, utf8ThenTLS string
	utf8On                                       string
	languages, languageSet, unknownLanguage      string

	// Messages.
	count                            string // messages, octets
	octets, topFollows               string
	mechanisms                       string
	badNumber, noSuchMessage, marked string // noSuchMessage: how many there are; marked: which
	markedNow, unmarked, top         string
	gone, damaged, needsUTF8         string

	// All else.
	capabilities, nothing, bye, byeRemoved                  string
	noArgument, oneArgument, mostOneArgument, someArgument  string
	unknownCommand, lineTooLong, control, tooSlow, stopping string
	storeFailed, tryLater                                   string
}

// languages are those that the server speaks. The first is that of a session
// that has not chosen: before LANG a reply is ASCII (RFC 1939 3).
func languages() [2]*texts { return [...]*texts{&english, &vietnamese} }

// languageOf finds the language for a range (RFC 4647 3.4, lookup: "vi-VN" is
// answered in "vi"); nil for none.
func languageOf(tag string) *texts {
	for {
		for _, l := range languages() {
			if strings.EqualFold(l.tag, tag) {
				return l
			}
		}
		i := strings.LastIndexByte(tag, '-')
		if i < 0 {
			return nil
		}
		tag = tag[:i]
	}
}

// KnowsLanguage reports whether a tag names a language of the replies.
func KnowsLanguage(tag string) bool { return languageOf(tag) != nil }
