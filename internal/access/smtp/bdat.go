package smtp

import (
	"bytes"
	"context"
	"errors"
	"time"

	"tram/internal/mail/smtpwire"
)

// bdat takes a message in chunks (RFC 3030 2). The Receiver reads it like any
// other: when it wants more than a chunk, that is acknowledged and the next
// command is waited for inside its Read. So a message in chunks needs neither
// a buffer nor a goroutine more than one in DATA.
//
// Whatever is wrong, the octets of the chunk are read away: none of them is
// ever taken for a command.
func (s *session) bdat(ctx context.Context, arg []byte) {
	chunk, err := smtpwire.ParseChunk(arg)
	if err != nil {
		s.ending, s.lingering = true, true
		s.fail(ctx, "BDAT", err)
		return
	}
	if refusal := s.refusal(chunk); refusal != nil {
		s.dropChunk(chunk, refusal)
		return
	}
	c := &chunks{session: s, ctx: ctx, bodySource: s.newSource()}
	c.count(chunk)
	binary := s.tx.envelope.FromParams.Body == smtpwire.BodyBinaryMIME
	body := smtpwire.NewChunkReader(c, chunk, binary, smtpwire.BodyLimits{Size: s.opts.Limits.MessageBytes, Line: maxTextLine})
	v := s.deliver(ctx, body)
	s.endChunks(ctx, c, body, v)
	s.conn.SetLimit(s.start.Add(s.opts.Limits.Session))
	if c.held != nil && !s.ending {
		s.command(ctx, c.held)
	}
}

// refusal is why a chunk cannot begin a message now, nil if it can.
func (s *session) refusal(chunk smtpwire.Chunk) *smtpwire.Reply {
	switch {
	case s.mustSecure():
		return errNeedTLS
	case s.peer.Helo == "":
		return errNeedEhlo
	case !s.tx.open:
		return errNeedMail
	case s.tx.spoiled:
		return errSpoiled
	case len(s.tx.envelope.Rcpts) == 0:
		return errNeedRcpt
	}
	return nil
}

// dropChunk reads the octets of a chunk away and then refuses it.
func (s *session) dropChunk(chunk smtpwire.Chunk, refusal *smtpwire.Reply) {
	source := s.newSource()
	err := smtpwire.DrainChunk(&source, chunk.Size, s.opts.Limits.MessageBytes)
	s.conn.SetLimit(s.start.Add(s.opts.Limits.Session))
	switch {
	case errors.Is(err, smtpwire.ErrNotDrained):
		s.ending, s.lingering = true, true
		s.refuse(errTooLarge)
		return
	case err != nil:
		s.broken(err)
		return
	}
	replies := 1
	if s.opts.Mode == LMTP && s.tx.open && chunk.Last {
		replies = len(s.tx.envelope.Rcpts) // RFC 2033 4.3: none without a recipient
	}
	if replies == 0 {
		s.errors++
		return
	}
	s.refuseAll(refusal, replies)
}

// endChunks replies to the chunk with which a message ended or broke off.
func (s *session) endChunks(ctx context.Context, c *chunks, body *smtpwire.ChunkReader, v verdict) {
	complete := body.Complete()
	if c.gone || c.held != nil {
		// The reply was given, or belongs to the command that came instead.
		if v.err == nil {
			s.opts.Log.Error("a message was queued before its end was read", "queue_id", v.id)
		}
		s.tx.spoiled = true
		return
	}
	if lost := body.Drain(s.opts.Limits.MessageBytes); errors.Is(lost, smtpwire.ErrNotDrained) {
		s.ending, s.lingering = true, true
	} else if lost != nil {
		s.broken(lost)
		return
	}
	last := body.AtLast()
	if !last {
		// No message, so one reply for the chunk, in LMTP too.
		s.tx.spoiled = true
		v.each = nil
		s.conclude(ctx, v, body.Fault(), complete, 0, 1)
		return
	}
	s.conclude(ctx, v, body.Fault(), complete, body.Size(), s.replies())
	s.tx = transaction{}
}

// chunks is the smtpwire.ChunkSource of a session.
type chunks struct {
	session *session
	bodySource
	ctx   context.Context // of the BDAT that began the message
	small int             // chunks that were hardly worth a command
	held  []byte          // the command line that came instead of another BDAT
	gone  bool            // the connection has come to its end
}

// errGivenUp ends a body whose sender went on to something else.
var errGivenUp = errors.New("smtp: the message was given up between two chunks")

// Next implements smtpwire.ChunkSource.
func (c *chunks) Next() (smtpwire.Chunk, error) {
	s := c.session
	s.reply(okChunk)
	for {
		c.bodySource.limit()
		line, err := s.conn.ReadLine(maxCommandLine)
		if err != nil {
			c.gone = true
			s.broken(err)
			return smtpwire.Chunk{}, err
		}
		chunk, next, err := c.nextCommand(line)
		if err != nil || next {
			return chunk, err
		}
	}
}

// nextCommand looks at a line between two chunks. next tells that it was a
// BDAT; commands that leave the message alone are answered.
func (c *chunks) nextCommand(line []byte) (chunk smtpwire.Chunk, next bool, err error) {
	s := c.session
	text, fault := cutLineEnd(line)
	verb, arg := smtpwire.ParseCommand(text)
	switch {
	case fault == nil && verb == smtpwire.BDAT:
		s.stats.Commands++
		s.verb = verb
		s.traceCommand(verb, text)
		chunk, err = smtpwire.ParseChunk(arg)
		if err != nil {
			s.ending, s.lingering, c.gone = true, true, true
			s.fail(c.ctx, "BDAT", err)
			return chunk, false, err
		}
		if c.count(chunk); c.small > maxSmallChunks {
			c.gone = true
			s.lingering = true
			s.reply(errTooManyChunks)
			return chunk, false, errTooManyChunks
		}
		return chunk, true, nil
	case fault == nil && s.table[verb].needs&betweenChunks != 0:
		s.command(c.ctx, line)
		if s.ending {
			c.gone = true
			return chunk, false, errGivenUp
		}
		return chunk, false, nil
	}
	c.held = bytes.Clone(line)
	return chunk, false, errGivenUp
}

// count keeps the number of chunks that are hardly worth a command.
func (c *chunks) count(chunk smtpwire.Chunk) {
	if chunk.Size < smallChunk && !chunk.Last {
		c.small++
	}
}

// newSource is the connection for a body that begins now.
func (s *session) newSource() bodySource {
	return bodySource{Conn: s.conn, began: time.Now(), before: s.conn.Received()}
}
