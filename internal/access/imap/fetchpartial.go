package imap

import "tram/internal/mailstore"

// of gives the messages of a set that are in the range: the modifier PARTIAL
// of UID FETCH (RFC 9394 3.3).
func (p *partialRange) of(v *mailstore.View, uids mailstore.UIDSet) mailstore.UIDSet {
	from, to := p.cut(countIn(v, uids))
	if from >= to {
		return nil
	}
	if from > 0 {
		_, uids = cutUIDs(v, uids, from)
	}
	head, _ := cutUIDs(v, uids, to-from)
	return head
}
