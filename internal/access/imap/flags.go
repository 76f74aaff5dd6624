package imap

import (
	"strings"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// systemFlags are the flags that every mailbox has, in the order in which
// Dovecot lists them.
var systemFlags = [...]struct {
	flag mailstore.Flags
	name string
}{
	{mailstore.Answered, `\Answered`},
	{mailstore.Flagged, `\Flagged`},
	{mailstore.Deleted, `\Deleted`},
	{mailstore.Seen, `\Seen`},
	{mailstore.Draft, `\Draft`},
}

// appendFlags appends the names of flags, separated by blanks.
func appendFlags(dst []byte, flags mailstore.Flags, recent bool, keywords []string) []byte {
	start := len(dst)
	for _, f := range systemFlags {
		if flags&f.flag != 0 {
			dst = append(append(dst, f.name...), ' ')
		}
	}
	if recent {
		dst = append(dst, `\Recent `...)
	}
	if flags &^= mailstore.SystemFlags; flags != 0 {
		for i, k := range keywords {
			if flags&mailstore.Keyword(i) != 0 {
				dst = append(append(dst, k...), ' ')
			}
		}
	}
	if len(dst) > start {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// parseFlags turns the names of a client into flags. \Recent cannot be set by
// clients (RFC 3501 2.3.2).
func parseFlags(names []string) (flags mailstore.Flags, keywords []string, err error) {
next:
	for _, name := range names {
		if !strings.HasPrefix(name, `\`) {
			keywords = append(keywords, name)
			continue
		}
		for _, f := range systemFlags {
			if f.name == name {
				flags |= f.flag
				continue next
			}
		}
		return 0, nil, bad("Invalid system flag")
	}
	return flags, keywords, nil
}

// writeFlagLists writes the FLAGS and PERMANENTFLAGS responses of SELECT, and
// of a mailbox that has a new keyword.
func (s *session) writeFlagLists(v *mailstore.View) {
	s.enc.Raw("* FLAGS (")
	s.enc.RawBytes(appendFlags(nil, ^mailstore.Flags(0), false, v.Keywords()))
	s.enc.Raw(")\r\n* OK [PERMANENTFLAGS (")
	if s.sel.readOnly {
		s.enc.Raw(")] Read-only mailbox\r\n")
		return
	}
	rights, err := s.mail.Rights(s.ctx, s.sel.account, s.sel.id)
	if err != nil {
		rights = 0 // it promises nothing
	}
	s.enc.RawBytes(appendFlags(nil, permanentFlags(rights), false, v.Keywords()))
	if rights&mailstore.RightWrite != 0 && v.TakesKeywords() {
		s.enc.Raw(" \\*") // \Answered stands before it
	}
	s.enc.Raw(")] Flags permitted\r\n")
}

// changing are the rights of which one makes a mailbox READ-WRITE (RFC 4314
// 5.2).
const changing = mailstore.RightSeen | mailstore.RightWrite | mailstore.RightInsert | mailstore.RightDelete | mailstore.RightExpunge

// flagging are the rights to change flags.
const flagging = mailstore.RightSeen | mailstore.RightWrite | mailstore.RightDelete

// rightsChanged reports whether the user may change other flags in somebody
// else's mailbox than the client was told (RFC 4314 5.1.1).
func (s *session) rightsChanged() (bool, error) {
	sel := s.sel
	if sel.account == s.account || sel.readOnly {
		return false, nil
	}
	rights, err := s.mail.Rights(s.ctx, sel.account, sel.id)
	if rights &= flagging; err != nil || rights == sel.rights {
		return false, err
	}
	sel.rights = rights
	return true, nil
}

// permanentFlags are the flags that somebody can change who has these rights
// (RFC 4314 5.1.1).
func permanentFlags(r mailstore.Rights) mailstore.Flags {
	var f mailstore.Flags
	if r&mailstore.RightWrite != 0 {
		f = ^(mailstore.Seen | mailstore.Deleted)
	}
	if r&mailstore.RightSeen != 0 {
		f |= mailstore.Seen
	}
	if r&mailstore.RightDelete != 0 {
		f |= mailstore.Deleted
	}
	return f
}

// flagWriter writes the FETCH item FLAGS. Neighbours mostly have the same
// flags, so the last ones written are kept.
type flagWriter struct {
	enc      *imapwire.Encoder
	sel      *selected
	keywords []string

	ready  bool
	flags  mailstore.Flags
	recent bool
	text   []byte
}

func (s *session) newFlagWriter(v *mailstore.View) *flagWriter {
	return &flagWriter{enc: s.enc, sel: s.sel, keywords: v.Keywords()}
}

func (w *flagWriter) write(e mailstore.Entry) {
	recent := len(w.sel.recent) > 0 && w.sel.isRecent(e.UID)
	if !w.ready || w.flags != e.Flags || w.recent != recent {
		w.ready, w.flags, w.recent = true, e.Flags, recent
		w.text = appendFlags(append(w.text[:0], "FLAGS ("...), e.Flags, recent, w.keywords)
		w.text = append(w.text, ')')
	}
	w.enc.RawBytes(w.text)
}

// findKeyword is the index of a keyword; keywords do not tell case apart.
func findKeyword(keywords []string, name string) int {
	for i, k := range keywords {
		if strings.EqualFold(k, name) {
			return i
		}
	}
	return -1
}
