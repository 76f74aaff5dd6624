package imap

import (
	"context"
	"time"

	"tram/internal/mailstore"
)

// progressStride is how many messages go by between two looks at the clock.
const progressStride = 256

// progress tells a client that waits for a long command how far it is (RFC
// 9585). It goes by time, so that a short command never says anything.
type progress struct {
	s     *session
	due   time.Time
	total int
	count int
}

// newProgress begins a command that goes through total messages.
func (s *session) newProgress(total int) *progress {
	return &progress{s: s, due: time.Now().Add(s.srv.opts.Limits.Progress), total: total}
}

// stepDue counts one message and reports whether it is time to tell the client,
// for those who first have to let go of a lock.
func (p *progress) stepDue() bool {
	p.count++
	return p.count%progressStride == 0 && !time.Now().Before(p.due)
}

// at tells the client, when it is time, that so many messages are done.
func (p *progress) at(done int) {
	now := time.Now()
	if now.Before(p.due) || done >= p.total {
		return
	}
	p.due = now.Add(p.s.srv.opts.Limits.Progress)
	enc := p.s.enc
	enc.Raw("* OK [INPROGRESS (")
	enc.String(p.s.tag)
	enc.Byte(' ')
	enc.Number(uint64(done))
	enc.Byte(' ')
	enc.Number(uint64(p.total))
	enc.Raw(")] Still working\r\n")
	_ = enc.Flush() // an error of the connection is found when the command ends
}

// watched is the context for an operation of the store on messages of the
// selected mailbox.
func (s *session) watched(uids mailstore.UIDSet) context.Context {
	return mailstore.WithProgress(s.ctx, s.newProgress(countIn(s.sel.view, uids)).at)
}
