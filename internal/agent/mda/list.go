package mda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/queue"
)

// Replies of lists (RFC 3463: 5.7.2 is "mailing list expansion prohibited").
const (
	replyMembers   = "550 5.7.2 Only members may post to this list, and the author in From counts"
	replyNoMembers = "550 5.2.1 The list has no members"
)

// errPosting says that a list, one target of several, did not take the message.
var errPosting = errors.New("mda: the list does not take the message")

// posted is a list that a message goes to, for the log.
type posted struct {
	rcpt    int
	address string
	members int
}

func listAddress(l *directory.List) address.Address {
	a, _ := address.ParseAddress(l.Address) // the directory keeps valid ones only
	return a
}

// post plans the copies for the members of a list, each a message of its own.
// The reply is why the list does not take it, or "".
func (p *plan) post(ctx context.Context, rcpt int, l *directory.List) (reply string, err error) {
	list := listAddress(l)
	if p.seen.has(list) {
		return replyLoop, nil
	}
	if p.e.Sender.IsNull() {
		// A bounce or an automatic answer: people are not to get it, the owner
		// may want to.
		p.forward(rcpt, []address.Address{ownerOf(list)}, deliveredToLine(l.Address), "NEVER")
		return "", nil
	}
	head, err := p.d.header(ctx, p.e)
	if err != nil {
		return "", err
	}
	switch {
	case len(l.Members) == 0:
		return replyNoMembers, nil
	case l.MembersOnly && !mayPost(l, p.e, head):
		return replyMembers, nil
	}
	m, err := p.posting(ctx, l, list, head)
	if err != nil {
		return "", err
	}
	p.forwards = slices.Grow(p.forwards, len(l.Members))
	rcpts := make([]queue.Rcpt, len(l.Members))
	for i, member := range l.Members {
		if rcpts[i].To, err = address.ParseAddress(member); err != nil {
			return "", fmt.Errorf("member %q of %s: %w", member, l.Address, err)
		}
		m.Sender = verp(list, rcpts[i].To)
		m.SMTPUTF8 = p.e.SMTPUTF8 || !m.Sender.IsASCII()
		m.Rcpts = rcpts[i : i+1 : i+1]
		p.forwards = append(p.forwards, forward{rcpt: rcpt, message: m, copyOfList: true})
	}
	p.posted = append(p.posted, posted{rcpt: rcpt, address: l.Address, members: len(l.Members)})
	return "", nil
}

// posting is the message as a list sends it on, without sender and recipient.
// Nothing that the author asked for with his envelope goes on (RFC 3461
// 5.2.7.1 b); the list asks for bounces with no more than the header.
func (p *plan) posting(ctx context.Context, l *directory.List, list address.Address, head []byte) (queue.Message, error) {
	m := p.onward(nil)
	m.Header = appendWithoutListFields(listLines(l, list), p.e.Header)
	m.EnvID, m.Ret = "", "HDRS"
	m.By = queue.DeliverBy{}
	m.Origin = queue.Origin{Protocol: "LOCAL"}
	m.Received = time.Now() // its time to live begins
	if len(m.Header) > queue.MaxHeader {
		return m, fmt.Errorf("lines in front of a message to %s: %d octets", l.Address, len(m.Header))
	}
	body := head[len(p.e.Header):]
	if !hasListFields(body) {
		return m, nil
	}
	err := p.d.rewrite(ctx, &m, body)
	return m, err
}

// mayPost reports whether a message comes from members: the sender of the
// envelope, or who logged in to send it, and everybody who is named as author.
// The owner may post too. Either alone is easily forged, both seldom go wrong.
func mayPost(l *directory.List, e *queue.Entry, head []byte) bool {
	members := make(map[address.Address]bool, len(l.Members)+1)
	for _, text := range append(slices.Clip(l.Members), l.Owner) {
		if a, err := address.ParseAddress(text); err == nil {
			members[a.Fold()] = true
		}
	}
	user, err := address.ParseAddress(e.Origin.User)
	if !members[e.Sender.Fold()] && (err != nil || !members[user.Fold()]) {
		return false
	}
	// Strictly, as for a submission: what is written so that two programs see
	// two authors is refused.
	fields, err := message.Complete(head)
	if err != nil {
		return false
	}
	for _, a := range fields.From {
		author, err := address.ParseAddress(address.Address{Local: a.Local, Domain: a.Domain}.String())
		if err != nil || !members[author.Fold()] {
			return false
		}
	}
	return len(fields.From) > 0
}
