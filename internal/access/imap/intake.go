package imap

import (
	"errors"
	"io"
	"sync"
	"time"

	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/storage/blob"
)

// copyBuffer is how much of a message is held at a time on its way to the disk.
const copyBuffer = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// maxDigests limits what is known of the messages of one APPEND, which is held
// until all of them have arrived: their structures, envelopes and header lines.
// Usual messages have a few KiB of that, and one that is made for it some 300.
const maxDigests = 8 << 20 // octets

// maxCommits is how many bodies of one MULTIAPPEND are synced together.
const maxCommits = 64

// maxStaged is how many octets of several bodies go into the log with their
// records (blob.Staged). Beyond it a sync is cheaper than to write them twice.
const maxStaged = 64 << 10

// intake takes the messages of one APPEND or REPLACE. Bodies of a long one are
// committed in groups, which share the sync of the disk; a short one needs none
// but that of its records.
type intake struct {
	s          *session
	quota      mailstore.Quota
	room       int64 // octets that the quota still has for what has not arrived; the commit decides
	deliveries []mailstore.Delivery
	digests    int           // octets of their digests
	open       []blob.Writer // of the last deliveries, not committed yet
	buf        *[copyBuffer]byte
}

// errEmpty refuses a message without an octet, which in a MULTIAPPEND also
// gives up those before it (RFC 3502 4).
var errEmpty = no("CANNOT", "Can't save a zero byte message")

// errTooBig refuses a message that is too large (RFC 4469 4.2, RFC 7889 4).
var errTooBig = no("TOOBIG", "Message too large")

// errTooManyAtOnce refuses messages of a MULTIAPPEND, and with them those before.
var errTooManyAtOnce = no("LIMIT", "Too many messages in one APPEND, send them one by one")

// message reads one append-message.
func (in *intake) message() error {
	limits := &in.s.srv.opts.Limits
	if n := limits.forSaving(); n > 0 && len(in.deliveries) == n { // RFC 9738 3.1
		return tooMany(limitCode(n))
	}
	if len(in.deliveries) == limits.MultiAppend {
		return errTooManyAtOnce
	}
	var del mailstore.Delivery
	if err := in.options(&del); err != nil {
		return err
	}
	return in.data(del)
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

// data reads append-data: a literal, or what makes the message of several
// pieces.
//
//	append-data = literal / literal8 /
//	              "CATENATE" SP "(" cat-part *(SP cat-part) ")" /
//	              "UTF8" SP "(" literal8 ")"
func (in *intake) data(del mailstore.Delivery) error {
	d := in.s.dec
	p, err := in.newParcel()
	if err != nil {
		return err
	}
	switch {
	case d.Word("CATENATE"):
		err = p.catenate()
	case d.Word("UTF8"):
		err = p.utf8(p.literal)
	default:
		err = p.literal()
	}
	if err != nil {
		return err
	}
	return in.take(p, del)
}

// take closes a parcel and makes it the next delivery.
func (in *intake) take(p *parcel, del mailstore.Delivery) error {
	if p.size == 0 {
		return errEmpty
	}
	var err error
	if del.Digest = p.scan.Close(); p.binary() {
		if p, del.Digest, err = in.encode(p, del.Digest); err != nil {
			return err
		}
	}
	in.digests += digestOctets(del.Digest)
	if in.digests > maxDigests && len(in.deliveries) > 0 {
		return errTooManyAtOnce
	}
	del.BlobSize = p.w.Size()
	in.deliveries = append(in.deliveries, del)
	if len(in.open) == maxCommits {
		return in.commitOpen()
	}
	return nil
}

// digestOctets is about how much memory a digest takes.
func digestOctets(d *message.Digest) int {
	return cap(d.Envelope) + cap(d.BodyStructure) + cap(d.Parts) + cap(d.Header)
}

// refuses says why a message is not taken for now; "" when it is.
func (srv *Server) refuses(size int64) string {
	if srv.opts.Refuse == nil {
		return ""
	}
	return srv.opts.Refuse(size)
}

// accept checks the size of a literal that adds to a message, and lets the
// client send it.
func (in *intake) accept(lit *imapwire.Literal, before int64) error {
	if lit.Size > in.s.srv.opts.Limits.Append-before {
		return errTooBig
	}
	// All before the client sends it, unless the literal is non-synchronizing.
	if why := in.s.srv.refuses(lit.Size); why != "" {
		return no("LIMIT", why)
	}
	if in.room -= lit.Size; in.room < 0 {
		return mailstore.ErrOverQuota
	}
	return lit.Accept()
}

// copy streams bytes through the intake's buffer.
func (in *intake) copy(w io.Writer, r io.Reader) error {
	if in.buf == nil {
		in.buf = copyBuffers.Get().(*[copyBuffer]byte)
	}
	// The wrappers hide WriteTo and ReadFrom, which would bring buffers of
	// their own.
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, in.buf[:])
	return err
}

// commit ends all bodies: they are durable, or become so with the records of
// the deliveries. These are valid until end.
func (in *intake) commit() ([]mailstore.Delivery, error) {
	end := in.commitOpen
	if in.few() {
		end = in.stageOpen
	}
	if err := end(); err != nil {
		return nil, err
	}
	return in.deliveries, nil
}

// few reports whether what is open is one body, or little.
func (in *intake) few() bool {
	var size int64
	for _, w := range in.open {
		size += w.Size()
	}
	return len(in.open) == 1 || size <= maxStaged
}

// stageOpen leaves the durability of bodies to the commit of the deliveries. The
// writers stay open until then: the riders are theirs.
func (in *intake) stageOpen() error {
	first := len(in.deliveries) - len(in.open)
	for i, w := range in.open {
		body, err := w.Stage(in.s.ctx)
		if err != nil {
			return err
		}
		del := &in.deliveries[first+i]
		del.Blob, del.Rider = body.ID, body.Rider
	}
	return nil
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

// end gives up what was not committed or staged. What was, and is named by no
// message, the store reclaims.
func (in *intake) end() {
	if in.buf != nil {
		copyBuffers.Put(in.buf)
		in.buf = nil
	}
	for _, w := range in.open {
		w.Abort()
	}
}
