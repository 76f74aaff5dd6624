package smtpclient

import (
	"errors"
	"io"
	"strconv"

	"tram/internal/mail/smtpwire"
)

// Limits of BDAT (RFC 3030).
const (
	// maxChunk is the size of a chunk in octets. A message that fits into one
	// goes out together with its envelope.
	maxChunk = 64 << 10
	// maxUnanswered is how many chunks may wait for their replies.
	maxUnanswered = 8
)

const stepChunk = "BDAT"

// bdat sends the message in chunks. One that fits into a single chunk costs
// one round trip: MAIL, RCPT and BDAT LAST go out together. The host throws
// the text away when it takes no recipient (RFC 3030 2). Of a longer message
// nothing is sent before a recipient was taken.
func (t *transaction) bdat() *Failure {
	chunks := &chunkWriter{t: t, buf: t.c.chunkBuffer()}
	defer func() { t.c.chunk = chunks.buf[:0] }()
	err := t.writeChunks(chunks)
	switch {
	case err == nil:
		return chunks.last()
	case errors.Is(err, errStopped):
		return chunks.failed
	}
	if !chunks.begun && t.source.err != nil {
		t.c.dirty = false // not a word was said
		return t.unreadable(t.source.err)
	}
	return t.interrupted(err)
}

func (t *transaction) writeChunks(w io.Writer) error {
	if t.body == smtpwire.BodyBinaryMIME {
		return t.write(w)
	}
	lines := smtpwire.NewLineWriter(w)
	if err := t.write(lines); err != nil {
		return err
	}
	return lines.Close()
}

// errStopped ends the writing of a text of which the host wants no more.
var errStopped = errors.New("smtpclient: the host wants no more of the text")

// chunkWriter gathers the text and sends each full chunk.
type chunkWriter struct {
	t          *transaction
	buf        []byte
	begun      bool // the envelope was sent, and answered
	unanswered int  // chunks
	failed     *Failure
}

func (w *chunkWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		if len(w.buf) == maxChunk {
			if err := w.send(); err != nil {
				return written, err
			}
		}
		n := min(maxChunk-len(w.buf), len(p))
		w.buf = append(w.buf, p[:n]...)
		p = p[n:]
		written += n
	}
	return written, nil
}

// send sends a chunk that is not the last one.
func (w *chunkWriter) send() error {
	if !w.begun {
		w.begun = true
		w.failed = w.t.envelope()
		if w.failed != nil || len(w.t.accepted) == 0 {
			return errStopped
		}
	}
	if err := w.write(""); err != nil {
		return err
	}
	w.unanswered++
	limit := maxUnanswered
	if !w.t.c.Offers(smtpwire.Pipelining) {
		limit = 1
	}
	for w.unanswered >= limit {
		if err := w.answer(); err != nil {
			return err
		}
	}
	return nil
}

func (w *chunkWriter) write(last string) error {
	out := w.t.c.w
	line := strconv.AppendInt(append(w.t.c.line[:0], "BDAT "...), int64(len(w.buf)), 10)
	out.Write(append(append(line, last...), "\r\n"...))
	_, err := out.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// answer reads the reply to a chunk that is not the last one. A refusal decides
// about the message; what was sent behind it is refused too, so the connection
// is of no more use.
func (w *chunkWriter) answer() error {
	reply, err := w.t.c.flushAndRead(stepChunk, w.t.c.t.Final)
	w.unanswered--
	switch {
	case err != nil:
		w.failed = asFailure(err)
	case reply.Code/100 == 2:
		return nil
	case reply.Permanent() || reply.Temporary():
		w.t.conclude(reply)
		w.t.c.broken = w.unanswered > 0
	default:
		w.failed = w.t.c.fail(stepChunk, "4.5.0", smtpwire.ErrBadReply)
	}
	return errStopped
}

// last sends the last chunk, with the envelope when there was no chunk before,
// and reads all replies that are open.
func (w *chunkWriter) last() *Failure {
	t := w.t
	if !w.begun && !t.c.Offers(smtpwire.Pipelining) {
		w.begun = true
		if err := t.envelope(); err != nil || len(t.accepted) == 0 {
			return err
		}
	}
	if !w.begun {
		return w.atOnce()
	}
	for w.unanswered > 0 { // before LAST: a refused chunk must not become a message
		if err := w.answer(); err != nil {
			return w.failed
		}
	}
	if err := w.write(" LAST"); err != nil {
		return t.interrupted(err)
	}
	return t.finish("the last chunk")
}

// atOnce sends a whole transaction in one go.
func (w *chunkWriter) atOnce() *Failure {
	t := w.t
	t.writeEnvelope()
	if err := w.write(" LAST"); err != nil {
		return t.c.fail("MAIL", "4.4.2", err) // a part of a chunk is no message
	}
	if err := t.c.w.Flush(); err != nil {
		return t.lost(t.c.fail("MAIL", "4.4.2", err))
	}
	if _, err := t.readEnvelope(); err != nil {
		return t.lost(err)
	}
	if len(t.accepted) > 0 {
		return t.finish("the last chunk")
	}
	if _, err := t.c.read(stepChunk, t.c.t.Final); err != nil {
		t.c.broken = true // all recipients have their replies already
	}
	return nil
}

func (c *Conn) chunkBuffer() []byte {
	if c.chunk == nil {
		c.chunk = make([]byte, 0, writeBuffer)
	}
	return c.chunk[:0]
}
