package pop

import (
	"context"
	"slices"

	"tram/internal/mailstore"
)

// maxAhead is how many records are read at once for commands that wait in the
// pipeline.
const maxAhead = 256

// ahead is the records of some messages in a row, read in one scan. They live
// until the session waits for its client: a message that is expunged then is
// missed at the next RETR.
type ahead struct {
	messages []mailstore.Message
	own      []byte // what their Own point into
	next     int    // index behind the last one that was asked for
}

// record returns what the store knows of message i, or ErrNoMessage when
// another session removed it since login. waiting is how many commands wait: if
// they go on with the next messages, the records of these are read too.
func (d *maildrop) record(ctx context.Context, i, waiting int) (*mailstore.Message, error) {
	uid := d.view.At(i).UID
	if m := d.ahead.find(uid); m != nil {
		d.ahead.next = i + 1
		return m, nil
	}
	to := i + 1
	if i == d.ahead.next {
		to = min(i+1+min(waiting, maxAhead-1), d.len())
	}
	d.ahead.next = i + 1
	d.forget()
	a := &d.ahead
	err := d.scan(ctx, i, to, mailstore.WantMeta, func(_ int, m *mailstore.Message) error {
		for n := len(a.messages); n > 0 && a.messages[n-1].UID >= m.UID; n-- {
			a.messages = a.messages[:n-1] // see scan
		}
		kept := *m
		start := len(a.own)
		a.own = append(a.own, m.Own...)
		kept.Own = a.own[start:len(a.own):len(a.own)]
		a.messages = append(a.messages, kept)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m := a.find(uid); m != nil {
		return m, nil
	}
	if to > i+1 {
		return d.record(ctx, i, 0) // gone, or damaged: alone it tells
	}
	return nil, mailstore.ErrNoMessage
}

func (a *ahead) find(uid mailstore.UID) *mailstore.Message {
	i, ok := slices.BinarySearchFunc(a.messages, uid, func(m mailstore.Message, uid mailstore.UID) int {
		return int(int64(m.UID) - int64(uid))
	})
	if !ok {
		return nil
	}
	return &a.messages[i]
}

// forget drops the records that were read ahead.
func (d *maildrop) forget() { d.ahead.messages, d.ahead.own = d.ahead.messages[:0], d.ahead.own[:0] }
