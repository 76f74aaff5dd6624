package imap

import (
	"errors"
	"slices"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// save has "$" stand for the result if SAVE was asked for (RFC 5182 2.1).
func (s *session) save(ret *searchReturn, v *mailstore.View, found []uint32) error {
	if !ret.save {
		return nil
	}
	keep := slices.Clone(returnedOf(ret, found))
	slices.Sort(keep)
	set := uidsOf(v, slices.Compact(keep))
	if len(set) > s.srv.opts.Limits.SavedRanges { // RFC 5182 2.5
		return no("NOTSAVED", "Result is too large to be saved")
	}
	s.sel.saved = slices.Clip(set)
	return nil
}

// forgetSaved empties "$" after a search with SAVE that was answered with NO,
// but not after one that was BAD (RFC 5182 2.1).
func (s *session) forgetSaved(ret *searchReturn, err error) {
	if err != nil && ret.save && s.sel != nil && !isBad(err) {
		s.sel.saved = nil
	}
}

// isBad reports whether an error is answered with BAD.
func isBad(err error) bool {
	var wire *imapwire.Error
	if errors.As(err, &wire) {
		return wire.Kind != imapwire.TooBig
	}
	var own *statusError
	return errors.As(err, &own) && own.status == "BAD"
}

// returnedOf is the part of a result that the RETURN options name, which is what
// "$" stands for afterwards (RFC 5182 2.4, RFC 9394 3.2). The order is not that
// of the mailbox.
func returnedOf(ret *searchReturn, found []uint32) []uint32 {
	if ret.all || ret.count || len(found) == 0 || !ret.min && !ret.max && ret.partial == nil {
		return found
	}
	var out []uint32
	if ret.partial != nil {
		from, to := ret.partial.cut(len(found))
		out = append(out, found[from:to]...)
	}
	if ret.min {
		out = append(out, found[0])
	}
	if ret.max {
		out = append(out, found[len(found)-1])
	}
	return out
}
