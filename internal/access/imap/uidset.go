package imap

import (
	"strconv"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

func appendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

// appendUIDSet appends UIDs as a sequence-set.
func appendUIDSet(dst []byte, set mailstore.UIDSet) []byte {
	for i, r := range set {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = imapwire.AppendRanges(dst, []imapwire.Range{{First: uint32(r.First), Last: uint32(r.Last)}})
	}
	return dst
}

// addUID appends a UID that is larger than all of the set.
func addUID(set mailstore.UIDSet, uid mailstore.UID) mailstore.UIDSet {
	if k := len(set) - 1; k >= 0 && set[k].Last+1 == uid {
		set[k].Last = uid
		return set
	}
	return append(set, mailstore.UIDRange{First: uid, Last: uid})
}
