package pop

import (
	"context"
	"errors"
	"io"

	"tram/internal/mailstore"
)

// sentSizes are the sizes of the few messages that a client without UTF8 is sent
// in another form than they are stored in.
type sentSizes struct {
	other map[int]int64
	all   bool // every message was looked at
}

// sentSize is how many octets RETR sends of message i, as far as is known.
func (d *maildrop) sentSize(i int) int64 {
	if size, ok := d.sent.other[i]; ok {
		return size
	}
	return d.size(i)
}

func (d *maildrop) setSent(i int, size int64) {
	if d.sent.other == nil {
		d.sent.other = map[int]int64{}
	}
	d.sent.other[i] = size
}

// measure looks for messages from … to-1 that have a surrogate. The header
// lines that the store keeps apart tell which these may be; only their bodies
// are opened. A header with UTF-8 in other lines alone is found by RETR.
func (d *maildrop) measure(ctx context.Context, from, to int, surrogate func([]byte) ([]byte, error)) error {
	if d.sent.all {
		return nil
	}
	var suspects []int
	err := d.scan(ctx, from, to, mailstore.WantHeader, func(i int, m *mailstore.Message) error {
		if m.Header == nil || !isASCII(m.Header) {
			suspects = append(suspects, i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, i := range suspects {
		if err := d.measureOne(ctx, i, surrogate); err != nil {
			return err
		}
	}
	d.sent.all = from == 0 && to == d.len()
	return nil
}

// measureOne leaves the size of a message that cannot be read, or is gone, as it
// is: RETR tells what is wrong with it.
func (d *maildrop) measureOne(ctx context.Context, i int, surrogate func([]byte) ([]byte, error)) error {
	return d.scan(ctx, i, i+1, mailstore.WantMeta, func(_ int, m *mailstore.Message) error {
		body, err := d.store.Body(ctx, m)
		if err != nil {
			return ctx.Err()
		}
		defer body.Close()
		header, err := readHeader(body, m)
		if err != nil {
			return ctx.Err()
		}
		if other, err := surrogate(header); err == nil && other != nil {
			d.setSent(i, m.Size-int64(len(header))+int64(len(other)))
		}
		return nil
	})
}

// readHeader reads the top header, or, of one that is too long for a surrogate,
// enough of it to see that.
func readHeader(body *mailstore.Body, m *mailstore.Message) ([]byte, error) {
	header := make([]byte, min(m.HeaderSize, body.Size(), maxSurrogate+1))
	n, err := body.ReadAt(header, 0)
	if n == len(header) || errors.Is(err, io.EOF) {
		return header[:n], nil
	}
	return nil, err
}

func isASCII(p []byte) bool {
	for _, c := range p {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
