package imap

import (
	"tram/internal/mail/fold"
	"tram/internal/mailstore"
)

// minIndexed is how many octets of messages a search reads before it asks the
// text index: for a few messages reading them is less work.
const minIndexed = 256 << 10

// maxIndexRuns is how many runs of UIDs, of 8 bytes each, the answers of the
// text index to one search may have. An answer is as long as the mailbox, and a
// search may have thousands of keys: those for which there is no room any more
// read the messages.
const maxIndexRuns = 1 << 20

// indexQuery is what the text index can say of a key.
type indexQuery struct {
	terms []fold.Term
	scope mailstore.TextScope
	final bool // a message that has the terms matches; otherwise it may
}

// indexAnswer is what it said, in one search of one mailbox.
type indexAnswer struct {
	asked   bool
	octets  uint64 // of messages that were left undecided before it was asked
	matches mailstore.TextMatches
	rest    mailstore.UIDSet // the part of matches.UIDs from the last message on
	last    mailstore.UID
}

// askIndex judges a message by the text index, as far as that goes. It is asked
// once, when it turns out that many messages are to be judged.
func (c *candidate) askIndex(q *indexQuery) verdict {
	if len(q.terms) == 0 {
		return unknown
	}
	a := c.answers[q]
	if a == nil {
		if c.answers == nil {
			c.answers = map[*indexQuery]*indexAnswer{}
		}
		a = new(indexAnswer)
		c.answers[q] = a
	}
	if !a.asked {
		if a.octets += uint64(c.entry.Size); a.octets < minIndexed || c.msg != nil {
			return unknown
		}
		c.fetchAnswer(q, a)
	}
	uid := c.entry.UID
	if !a.matches.Decides(uid) {
		return unknown
	}
	switch has := a.has(uid); {
	case !has:
		return mismatch
	case q.final:
		return matched
	}
	return unknown
}

// fetchAnswer asks the index. Without an answer the messages are read.
func (c *candidate) fetchAnswer(q *indexQuery, a *indexAnswer) {
	a.asked = true
	if c.indexRuns >= maxIndexRuns {
		return
	}
	matches, err := c.s.mail.TextCandidates(c.s.ctx, c.in.account, c.in.id, q.terms, q.scope)
	if err != nil && c.s.ctx.Err() == nil {
		c.s.srv.log.Warn("imap: search without the text index", "user", c.s.user, "err", err)
	}
	c.indexRuns += len(matches.UIDs) + len(matches.Open)
	a.matches, a.rest = matches, matches.UIDs
}

// has reports whether a message has the terms. Messages are asked for in
// ascending order, most of the time.
func (a *indexAnswer) has(uid mailstore.UID) bool {
	if uid < a.last {
		a.rest = a.matches.UIDs
	}
	a.last = uid
	for range 8 {
		if len(a.rest) == 0 || a.rest[0].Last >= uid {
			break
		}
		a.rest = a.rest[1:]
	}
	if len(a.rest) == 0 || a.rest[0].Last >= uid {
		return len(a.rest) > 0 && a.rest[0].First <= uid
	}
	return a.rest.Contains(uid)
}
