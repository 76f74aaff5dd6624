package imap

import (
	"errors"
	"io"
	"time"

	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/storage/blob"
)

// appendMessages: append = "APPEND" SP mailbox 1*(SP append-message)
// (RFC 3501 6.3.11, RFC 3502)
//
//	append-message = [flag-list SP] [date-time SP] literal
//
// All messages of a command are taken, or none.
func (s *session) appendMessages() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() {
		return "", d.Err()
	}
	// Refuse before the client sends what would be thrown away.
	at, err := s.place(name)
	if err != nil {
		return "", tryCreate(err)
	}
	mbox, err := s.mail.Lookup(s.ctx, at.account, at.name)
	if err != nil {
		return "", tryCreate(err)
	}
	quota, err := s.quota(at.account)
	if err != nil {
		return "", err
	}
	in := intake{s: s, quota: quota}
	defer in.abort()
	for {
		if err := in.message(); err != nil {
			return "", err
		}
		if !d.SP() || d.AtEnd() {
			break
		}
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	deliveries, err := in.commit()
	if err != nil {
		return "", err
	}
	validity, uids, err := s.mail.Append(s.ctx, at.account, mbox.ID, deliveries...)
	if err != nil {
		return "", tryCreate(err)
	}
	return appendUID(validity, uids) + " Append completed", nil
}

// appendUID is the response code APPENDUID (RFC 4315 3).
func appendUID(validity uint32, uids []mailstore.UID) string {
	dst := appendUint([]byte("[APPENDUID "), uint64(validity))
	dst = append(dst, ' ')
	dst = appendUIDSet(dst, mailstore.UIDs(uids...))
	return string(append(dst, ']'))
}

// copyBuffer is how much of a message is held at a time on its way to the disk.
const copyBuffer = 32 << 10

// maxCommits is how many bodies of one MULTIAPPEND are synced together.
const maxCommits = 64

// intake takes the messages of one APPEND. Bodies of a long one are committed
// in groups, which share the sync of the disk.
type intake struct {
	s          *session
	quota      mailstore.Quota
	deliveries []mailstore.Delivery
	open       []blob.Writer // of the last deliveries, not committed yet
	buf        []byte
}

// message reads one append-message.
func (in *intake) message() error {
	s, d := in.s, in.s.dec
	if len(in.deliveries) == s.srv.opts.Limits.MultiAppend {
		return no("LIMIT", "Too many messages in one APPEND")
	}
	var del mailstore.Delivery
	if err := in.options(&del); err != nil {
		return err
	}
	lit, ok := d.ExpectLiteral()
	switch {
	case !ok:
		return d.Err()
	case lit.Size > s.srv.opts.Limits.Append:
		return no("TOOBIG", "Message too large")
	case lit.Size == 0:
		return no("CANNOT", "Can't save a zero byte message")
	}
	if why := s.srv.refuses(lit.Size); why != "" {
		return no("LIMIT", why) // before the client sends it, unless the literal is non-synchronizing
	}
	if err := lit.Accept(); err != nil {
		return err
	}
	return in.body(lit, del)
}

// refuses says why a message is not taken for now; "" when it is.
func (srv *Server) refuses(size int64) string {
	if srv.opts.Refuse == nil {
		return ""
	}
	return srv.opts.Refuse(size)
}

// options reads [flag-list SP] [date-time SP].
func (in *intake) options(del *mailstore.Delivery) error {
	d := in.s.dec
	if d.AtSpecial('(') {
		var names []string
		if !d.FlagList(&names) || !d.ExpectSP() {
			return d.Err()
		}
		var err error
		if del.Flags, del.Keywords, err = parseFlags(names); err != nil {
			return err
		}
	}
	var date time.Time
	if d.DateTime(&date) {
		if !d.ExpectSP() {
			return d.Err()
		}
		del.InternalDate = date
	}
	del.Quota = in.quota
	return d.Err()
}

// body streams a message to the disk and through the scanner.
func (in *intake) body(lit *imapwire.Literal, del mailstore.Delivery) error {
	w, err := in.s.srv.blobs.Create(in.s.ctx)
	if err != nil {
		return err
	}
	in.open = append(in.open, w)
	scan := message.NewScanner()
	out := lineEnds{w: io.MultiWriter(w, scan)}
	if in.buf == nil {
		in.buf = make([]byte, copyBuffer)
	}
	// The wrappers hide WriteTo and ReadFrom, which would bring buffers of
	// their own.
	_, err = io.CopyBuffer(struct{ io.Writer }{&out}, struct{ io.Reader }{lit}, in.buf)
	digest := scan.Close()
	if err != nil {
		return err
	}
	del.BlobSize, del.Digest = w.Size(), digest
	in.deliveries = append(in.deliveries, del)
	if len(in.open) == maxCommits {
		return in.commitOpen()
	}
	return nil
}

// commit makes all bodies durable.
func (in *intake) commit() ([]mailstore.Delivery, error) {
	if err := in.commitOpen(); err != nil {
		return nil, err
	}
	return in.deliveries, nil
}

// commitOpen commits bodies side by side: they share a sync of the disk.
func (in *intake) commitOpen() error {
	first := len(in.deliveries) - len(in.open)
	errs := make(chan error, len(in.open))
	for i, w := range in.open {
		commit := func() {
			id, err := w.Commit(in.s.ctx)
			in.deliveries[first+i].Blob = id
			errs <- err
		}
		if len(in.open) == 1 {
			commit()
		} else {
			go commit()
		}
	}
	var all error
	for range in.open {
		all = errors.Join(all, <-errs)
	}
	in.open = in.open[:0]
	return all
}

// abort gives up what was not committed. What was, and is named by no message,
// the store reclaims.
func (in *intake) abort() {
	for _, w := range in.open {
		w.Abort()
	}
}
