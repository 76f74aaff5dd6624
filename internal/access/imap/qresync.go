package imap

import (
	"slices"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// resync is the QRESYNC parameter of SELECT (RFC 7162 3.2.5): what a client
// that was away knows of the mailbox.
type resync struct {
	validity uint32
	since    mailstore.ModSeq
	known    []imapwire.Range // UIDs that it knows; nil means all

	// Message numbers and the UIDs that the client believes them to have.
	numbers, uids []imapwire.Range
}

// resyncParam reads "QRESYNC" SP "(" uidvalidity SP mod-sequence-value
// [SP known-uids] [SP seq-match-data] ")", of which the name has been read.
func (s *session) resyncParam() (*resync, error) {
	d := s.dec
	var r resync
	var since uint64
	if !d.ExpectSP() || !d.ExpectSpecial('(') || !d.ExpectNumber(&r.validity) || !d.ExpectSP() || !d.ExpectNumber64(&since) {
		return nil, d.Err()
	}
	r.since = mailstore.ModSeq(since)
	if d.SP() && !d.AtSpecial('(') {
		if !r.knownUIDs(d, &r.known) {
			return nil, d.Err()
		}
		d.SP()
	}
	if d.Special('(') {
		if s.on(enabledUIDOnly) {
			return nil, errUIDRequired // RFC 9586 3.7
		}
		if !r.matchData(d) {
			return nil, d.Err()
		}
	}
	if !d.ExpectSpecial(')') {
		return nil, d.Err()
	}
	if !s.on(enabledQresync) {
		return nil, bad("QRESYNC is not enabled, send ENABLE QRESYNC first") // RFC 7162 3.2.5
	}
	return &r, nil
}

// knownUIDs reads a sequence-set in which "*" is not allowed.
func (r *resync) knownUIDs(d *imapwire.Decoder, ptr *[]imapwire.Range) bool {
	var set imapwire.NumSet
	if !d.ExpectNumSet(&set) {
		return false
	}
	for _, n := range set.Ranges {
		if n.First == imapwire.Star || n.Last == imapwire.Star {
			return d.Fail("* is not allowed in the known UIDs")
		}
	}
	if set.Saved {
		return d.Fail("$ is not allowed in the known UIDs")
	}
	*ptr = set.Ranges
	return true
}

// matchData reads known-sequence-set SP known-uid-set ")": two lists of the
// same length, in ascending order (RFC 7162 3.2.5.2).
func (r *resync) matchData(d *imapwire.Decoder) bool {
	if !r.knownUIDs(d, &r.numbers) || !d.ExpectSP() || !r.knownUIDs(d, &r.uids) || !d.ExpectSpecial(')') {
		return false
	}
	n, ok := ascending(r.numbers)
	m, too := ascending(r.uids)
	if !ok || !too || n != m {
		return d.Fail("Message numbers and UIDs must be in ascending order and of the same number")
	}
	return true
}

// ascending counts the numbers of ranges, which must be in order.
func ascending(ranges []imapwire.Range) (n uint64, ok bool) {
	last := uint32(0)
	for _, r := range ranges {
		if r.First <= last || r.Last < r.First {
			return 0, false
		}
		last = r.Last
		n += uint64(r.Last-r.First) + 1
	}
	return n, true
}

// matched is the largest UID of the match data that has the message number
// which the client believes it to have. As UIDs are given out in ascending
// order, the client and the mailbox then agree on everything up to it.
func (r *resync) matched(v *mailstore.View) mailstore.UID {
	best := mailstore.UID(0)
	numbers, uids := slices.Clone(r.numbers), slices.Clone(r.uids)
	for len(numbers) > 0 {
		a, b := numbers[0], uids[0]
		n := min(a.Last-a.First, b.Last-b.First)
		best = max(best, matchedIn(v, a.First, b.First, n))
		numbers, uids = skip(numbers, n), skip(uids, n)
	}
	return best
}

// skip cuts n+1 numbers off the first range, in place.
func skip(ranges []imapwire.Range, n uint32) []imapwire.Range {
	if ranges[0].Last-ranges[0].First == n {
		return ranges[1:]
	}
	ranges[0].First += n + 1
	return ranges
}

// matchedIn looks at the numbers first … first+n, believed to have the UIDs
// uid … uid+n, and returns the largest UID that is right, or 0. The distance of
// a message's UID from its number never falls, so it is found by halving.
func matchedIn(v *mailstore.View, first, uid, n uint32) mailstore.UID {
	if int64(first) > int64(v.Len()) {
		return 0
	}
	lo, hi := uint64(0), min(uint64(n), uint64(v.Len())-uint64(first))+1
	for lo < hi {
		mid := (lo + hi) / 2
		if uint64(v.At(int(uint64(first)+mid-1)).UID) <= uint64(uid)+mid {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 || uint64(v.At(int(uint64(first)+lo-2)).UID) != uint64(uid)+lo-1 {
		return 0
	}
	return mailstore.UID(uint64(uid) + lo - 1)
}

// resynchronize tells a client that selects a mailbox what it missed
// (RFC 7162 3.2.5.1).
func (s *session) resynchronize(r *resync) error {
	v := s.sel.view
	if r.validity != v.UIDValidity() {
		return nil
	}
	known := knownOf(v, r.known)
	if r.known == nil {
		known = mailstore.UIDSet{{First: 1, Last: v.UIDNext() - 1}}
	}
	if v.UIDNext() == 1 {
		return nil
	}
	if err := s.tellVanishedEarlier(known, r.since, r.matched(v)); err != nil {
		return err
	}
	flags := s.newFlagWriter(v)
	for i, e := range v.ChangedSince(known, r.since) {
		s.beginFetch(i, e.UID)
		s.writeUpdate(flags, e)
		s.enc.Raw(")\r\n")
		if s.enc.Err() != nil {
			break
		}
	}
	return nil
}

// fetchVanished answers the modifier VANISHED of UID FETCH, before any FETCH
// response (RFC 7162 3.2.6).
func (s *session) fetchVanished(req *fetchRequest) error {
	switch {
	case !s.on(enabledQresync):
		return bad("VANISHED needs QRESYNC, send ENABLE QRESYNC first")
	case !req.changed:
		return bad("VANISHED needs CHANGEDSINCE")
	}
	v := s.sel.view
	known := s.sel.saved
	if !req.set.Saved {
		known = knownOf(v, req.set.Resolve(uint32(v.UIDNext()-1)))
	}
	return s.tellVanishedEarlier(known, req.changedSince, 0)
}

// knownOf is a client's set of UIDs, as far as the mailbox has given them out.
func knownOf(v *mailstore.View, ranges []imapwire.Range) mailstore.UIDSet {
	set := make([]mailstore.UIDRange, 0, len(ranges))
	for _, r := range ranges {
		first, last := mailstore.UID(min(r.First, r.Last)), mailstore.UID(max(r.First, r.Last))
		if first < v.UIDNext() {
			set = append(set, mailstore.UIDRange{First: first, Last: min(last, v.UIDNext()-1)})
		}
	}
	return mailstore.NewUIDSet(set)
}

// tellVanishedEarlier writes which of the known messages above a UID were
// expunged after a MODSEQ (RFC 7162 3.2.10.1).
func (s *session) tellVanishedEarlier(known mailstore.UIDSet, since mailstore.ModSeq, above mailstore.UID) error {
	v := s.sel.view
	if since >= v.HighestModSeq() {
		return nil
	}
	gone, complete, err := s.mail.Vanished(s.ctx, s.sel.account, s.sel.id, since)
	if err != nil {
		return err
	}
	if !complete {
		// Nobody knows when they went, only that they are gone: RFC 7162 3.2.6
		// has the server report all of them.
		gone = mailstore.UIDSet{{First: 1, Last: v.UIDNext() - 1}}
	}
	var uids []imapwire.Range
	for r := range v.Missing(gone.Intersect(known)) {
		if r.Last > above {
			uids = append(uids, imapwire.Range{First: uint32(max(r.First, above+1)), Last: uint32(r.Last)})
		}
	}
	if len(uids) > 0 {
		s.enc.Raw("* VANISHED (EARLIER) ")
		s.enc.Ranges(uids)
		s.enc.CRLF()
	}
	return nil
}
