package imap

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// imapURL is a relative IMAP URL of a message or of a part of one (RFC 5092 5):
//
//	["/"] [mailbox [";UIDVALIDITY=" n]] ["/"] ";UID=" n ["/;SECTION=" section] ["/;PARTIAL=" n ["." n]]
//
// Without a mailbox the selected one is meant. Absolute URLs are not taken
// (RFC 4469 3).
type imapURL struct {
	mailbox     string // UTF-8; "" for the selected one
	uidValidity uint32 // 0 when it does not matter
	uid         mailstore.UID
	section     section // with the partial in it
}

// errURL says that a URL is malformed, or names a part that is not there.
var errURL = errors.New("imap: URL names nothing")

// parseIMAPURL takes a URL apart.
func parseIMAPURL(s string) (u imapURL, err error) {
	if !utf8.ValidString(s) || strings.HasPrefix(s, "//") {
		return u, errURL
	}
	path, message, ok := cutFold(s, ";UID=")
	if !ok {
		return u, errURL
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	path, validity, given := cutFold(path, ";UIDVALIDITY=")
	if u.mailbox, err = url.PathUnescape(path); err != nil {
		return u, errURL
	}
	if given {
		if u.uidValidity, ok = parseNonZero(validity); !ok {
			return u, errURL
		}
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ":") {
		return u, errURL // a scheme
	}
	return u, u.parseMessage(message)
}

// parseMessage reads what follows ";UID=".
func (u *imapURL) parseMessage(s string) error {
	s, partial, hasPartial := cutFold(s, "/;PARTIAL=")
	s, sec, hasSection := cutFold(s, "/;SECTION=")
	uid, ok := parseNonZero(s)
	if !ok {
		return errURL
	}
	u.uid = mailstore.UID(uid)
	if hasSection {
		spec, err := url.PathUnescape(sec)
		if err != nil || !u.section.parseString(spec) {
			return errURL
		}
	}
	if !hasPartial {
		return nil
	}
	return u.section.parsePartial(partial)
}

// parseString reads section-spec from a string.
func (sec *section) parseString(spec string) bool {
	if strings.ContainsAny(spec, "\r\n{") {
		return false
	}
	var d imapwire.Decoder
	limits := imapwire.Limits{Line: len(spec) + 8, Depth: 2, Tokens: maxSectionFields + 8}
	d.Reset(stringSource{strings.NewReader("[" + spec + "]\r\n")}, limits, nil)
	return sec.parse(&d) && d.ExpectCRLF()
}

// stringSource is a client that has sent everything.
type stringSource struct{ *strings.Reader }

// Continue implements imapwire.Source.
func (stringSource) Continue() error { return errURL }

// parsePartial reads offset ["." length] (RFC 5092 6.1.1, URL-PARTIAL of
// RFC 5550 5.7.1).
func (sec *section) parsePartial(s string) error {
	first, length, bounded := strings.Cut(s, ".")
	offset, err := strconv.ParseUint(first, 10, 63)
	if err != nil {
		return errURL
	}
	sec.partial, sec.offset, sec.count = true, int64(offset), 1<<62
	if bounded {
		n, err := strconv.ParseUint(length, 10, 62)
		if err != nil || n == 0 {
			return errURL
		}
		sec.count = int64(n)
	}
	return nil
}

// cutFold is strings.Cut without regard to the case of sep, which is ASCII.
func cutFold(s, sep string) (before, after string, found bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sep)], sep) {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// readURL finds what a URL names, and gives fn the bytes of it: those of r from
// one offset to another.
func (s *session) readURL(text string, fn func(r io.ReaderAt, from, to int64) error) error {
	u, err := parseIMAPURL(text)
	if err != nil {
		return err
	}
	at, err := s.urlMailbox(&u)
	if err != nil {
		return err
	}
	found := false
	want := mailstore.WantMeta | mailstore.WantStructure
	err = s.mail.Messages(s.ctx, at.account, at.id, mailstore.UIDs(u.uid), want, func(m *mailstore.Message) error {
		found = true
		return s.readSection(&u.section, m, fn)
	})
	if err == nil && !found {
		return mailstore.ErrNoMessage
	}
	return err
}

// urlMailbox finds the mailbox of a URL.
func (s *session) urlMailbox(u *imapURL) (destination, error) {
	if u.mailbox == "" {
		if s.sel == nil || u.uidValidity != 0 && u.uidValidity != s.sel.view.UIDValidity() {
			return destination{}, errURL
		}
		return destination{s.sel.account, s.sel.id}, nil
	}
	at, err := s.place(u.mailbox)
	if err != nil {
		return destination{}, err
	}
	mbox, err := s.mail.Lookup(s.ctx, at.account, at.name)
	if err == nil && u.uidValidity != 0 && u.uidValidity != mbox.UIDValidity {
		err = errURL
	}
	return destination{at.account, mbox.ID}, err
}

// readSection gives fn the bytes of a section, as BODY[…] would send them.
func (s *session) readSection(sec *section, m *mailstore.Message, fn func(r io.ReaderAt, from, to int64) error) error {
	from, to, err := sec.locate(m)
	if errors.Is(err, errNoPart) {
		return errURL
	}
	if err != nil {
		return err
	}
	body := lazyBody{s: s, msg: m, uid: m.UID}
	defer body.close()
	if sec.what == partFields || sec.what == partFieldsNot {
		w := fetchWriter{s: s}
		lines, err := w.filterHeader(sec, m, &body)
		if err != nil {
			return err
		}
		from, to = sec.clip(0, int64(len(lines)))
		return fn(bytes.NewReader(lines), from, to)
	}
	from, to = sec.clip(from, to)
	r, err := body.open()
	if err != nil {
		return err
	}
	return fn(r, from, to)
}
