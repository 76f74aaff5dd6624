package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// selected is the mailbox of a session in the selected state.
type selected struct {
	account  kv.Account // whose mailbox it is: the session's, or one that shares it
	id       mailstore.MailboxID
	readOnly bool
	inbox    bool             // it was INBOX when it was selected, and this session has not renamed it
	rights   mailstore.Rights // those to change flags, as PERMANENTFLAGS has shown them

	// view is what the client knows; sequence numbers are positions in it, and
	// its keywords are those that the client was told.
	// newest is the store's view that it was made of: the same, unless view
	// keeps messages that are gone.
	view, newest *mailstore.View

	// told is the MODSEQ up to which nothing is left to tell the client, heard
	// the largest one that a FETCH response named, and vanished is set when
	// VANISHED, or with CONDSTORE EXPUNGE, was sent and not followed by
	// HIGHESTMODSEQ yet (RFC 7162 3.2.7, 6).
	told, heard mailstore.ModSeq
	vanished    bool

	recent  []imapwire.Range // UIDs that are \Recent in this session
	recents int              // messages of the view among them, as the client was told

	// saved is what "$" stands for (RFC 5182). A message that is expunged drops
	// out of it because uids looks for it in the view.
	saved    mailstore.UIDSet
	contexts *contexts // searches that the client is kept informed of, or nil
}

// place is where the mailbox lies.
func (sel *selected) place() mailstore.Place {
	return mailstore.Place{Account: sel.account, Mailbox: sel.id}
}

// isRecent reports whether a message is \Recent in this session.
func (sel *selected) isRecent(uid mailstore.UID) bool {
	for i := len(sel.recent) - 1; i >= 0; i-- {
		if r := sel.recent[i]; uint32(uid) >= r.First {
			return uint32(uid) <= r.Last
		}
	}
	return false
}

// countRecent is the number of \Recent messages in the view.
func (sel *selected) countRecent() int {
	n := 0
	for _, r := range sel.recent {
		end := sel.view.Len()
		if r.Last != 1<<32-1 {
			end = sel.view.Search(mailstore.UID(r.Last + 1))
		}
		n += end - sel.view.Search(mailstore.UID(r.First))
	}
	return n
}

// addRecent makes the messages from first to last \Recent.
func (sel *selected) addRecent(first, last mailstore.UID) {
	if first > last {
		return
	}
	if k := len(sel.recent) - 1; k >= 0 && sel.recent[k].Last+1 == uint32(first) {
		sel.recent[k].Last = uint32(last)
		return
	}
	sel.recent = append(sel.recent, imapwire.Range{First: uint32(first), Last: uint32(last)})
}

// takeRecent finds which messages of view that are new to this session no
// other session has been told to be \Recent, and, unless the mailbox is opened
// for reading only, takes them (RFC 3501 2.3.2).
func (s *session) takeRecent(sel *selected, view *mailstore.View, from mailstore.UID) error {
	if s.on(enabledRev2) {
		return nil // there is no \Recent in IMAP4rev2 (RFC 9051, appendix E 12)
	}
	var first mailstore.UID
	var err error
	if sel.readOnly {
		first, err = s.mail.Recent(s.ctx, sel.account, sel.id)
	} else {
		first, err = s.mail.TakeRecent(s.ctx, sel.account, view)
	}
	if err != nil {
		return err
	}
	sel.addRecent(max(first, from), view.UIDNext()-1)
	return nil
}
