package imap

import (
	"cmp"
	"math"
	"strings"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// MESSAGELIMIT and SAVELIMIT (RFC 9738): no command works on more messages than
// the server says. One that may stop half-way works on those with the highest
// UIDs and names the lowest of them; one that does all or nothing is refused.
// EXPUNGE, CLOSE, STATUS and SELECT have no limit.

// forSaving is how many messages COPY and APPEND take, 0 for any number.
func (l *Limits) forSaving() int { return cmp.Or(l.Messages, l.Saves) }

// messageLimit and saveLimit are the values of the capabilities. The first
// stands for both (RFC 9738 3).
func (s *session) messageLimit() string {
	return string(appendUint(nil, uint64(s.srv.opts.Limits.Messages)))
}

func (s *session) saveLimit() string {
	return string(appendUint(nil, uint64(s.srv.opts.Limits.Saves)))
}

func (s *session) hasMessageLimit() bool { return s.srv.opts.Limits.Messages > 0 }

func (s *session) hasSaveLimit() bool { return s.srv.opts.Limits.Saves > 0 && !s.hasMessageLimit() }

// limited is the messages of a set that a command may work on: all of them and
// no code or, when they are more than limit, the last ones and the response code
// that says so.
func (s *session) limited(limit int, v *mailstore.View, uids mailstore.UIDSet) (last mailstore.UIDSet, code string) {
	if limit == 0 {
		return uids, ""
	}
	count := countIn(v, uids)
	if count <= limit {
		return uids, ""
	}
	_, last = cutUIDs(v, uids, count-limit)
	lowest := v.At(v.Search(last[0].First)).UID
	s.srv.log.Debug("imap: command goes beyond the message limit", "user", s.user, "remote", s.remote, "messages", count)
	return last, limitCode(limit) + " " + string(appendUint(nil, uint64(lowest)))
}

func limitCode(limit int) string { return "MESSAGELIMIT " + string(appendUint(nil, uint64(limit))) }

// portion is limited for the commands that MESSAGELIMIT cuts short, on messages
// of the session's view.
func (s *session) portion(uids mailstore.UIDSet) (last mailstore.UIDSet, code string) {
	return s.limited(s.srv.opts.Limits.Messages, s.sel.view, uids)
}

// searched is the messages that a search looks at: they count, not what it
// finds (RFC 9738 3.1).
func (s *session) searched(prog *program, set *bound, in *target) (among mailstore.UIDSet, code string) {
	limit := s.srv.opts.Limits.Messages
	if limit == 0 {
		return mailstore.AllUIDs(), ""
	}
	return s.limited(limit, in.view, prog.within(set))
}

// checkSearched refuses to sort or thread too many messages: a part of them has
// another order (RFC 9738 3.3).
func (s *session) checkSearched(prog *program, set *bound, in *target) error {
	if _, code := s.searched(prog, set, in); code != "" {
		return tooMany(limitCode(s.srv.opts.Limits.Messages))
	}
	return nil
}

// checkPartial refuses a FETCH whose PARTIAL names too many places, before any
// work (RFC 9738 3.1).
func (s *session) checkPartial(p *partialRange) error {
	limit := s.srv.opts.Limits.Messages
	if limit > 0 && p != nil && uint64(p.last)-uint64(p.first) >= uint64(limit) {
		return tooMany(limitCode(limit))
	}
	return nil
}

// checkCopied refuses a COPY of too many messages: it takes all or none.
func (s *session) checkCopied(uids mailstore.UIDSet) error {
	if _, code := s.limited(s.srv.opts.Limits.forSaving(), s.sel.view, uids); code != "" {
		return tooMany(code)
	}
	return nil
}

func tooMany(code string) error { return no(code, "Too many messages for one command, take fewer") }

// expunged is the messages of a set that UID EXPUNGE removes, of which those
// that are \Deleted count.
func (s *session) expunged(uids mailstore.UIDSet) (last mailstore.UIDSet, code string, err error) {
	limit := s.srv.opts.Limits.Messages
	if limit == 0 {
		return uids, "", nil
	}
	v, err := s.newestView()
	if err != nil {
		return nil, "", err
	}
	var deleted mailstore.UIDSet
	eachEntry(v, uids, func(_ int, e mailstore.Entry) bool {
		if e.Flags&mailstore.Deleted != 0 {
			deleted = addUID(deleted, e.UID)
		}
		return true
	})
	if last, code = s.limited(limit, v, deleted); code == "" {
		return uids, "", nil
	}
	return last, code, nil
}

// partly is the text of the tagged OK of a command that was cut short, or not,
// when there is no code. Another code keeps its place there (RFC 9738 3.1).
func (s *session) partly(code, text string) string {
	switch {
	case code == "":
		return text
	case strings.HasPrefix(text, "["):
		s.enc.Raw("* NO [" + code + "] Only the last messages were processed\r\n")
		return text
	}
	return "[" + code + "] " + text + " for the last messages only"
}

// uidBound reads UIDAFTER and UIDBEFORE (RFC 9738 3.2). Unlike in "UID n:*",
// nothing comes after the last message.
func (p *keyParser) uidBound(name string) (key, bool) {
	var uid uint32
	if !p.d.ExpectSP() || !p.d.ExpectNumber(&uid) {
		return nil, false
	}
	set := searchSet{byUID: true}
	switch {
	case uid == 0:
		return nil, p.d.Fail("0 is no UID")
	case name == "UIDBEFORE" && uid > 1:
		set.Ranges = []imapwire.Range{{First: 1, Last: uid - 1}}
	case name == "UIDAFTER" && uid < math.MaxUint32:
		set.Ranges = []imapwire.Range{{First: uid + 1, Last: math.MaxUint32}}
	}
	p.prog.sets = append(p.prog.sets, set)
	return setKey{slot: len(p.prog.sets) - 1}, true
}
