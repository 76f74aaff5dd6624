package mda

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/queue"
)

// ownLines are the lines of one delivery in front of the message (RFC 5321
// 4.4; Delivered-To is how loops are found, RFC 9228).
func ownLines(e *queue.Entry, account string) []byte {
	own := make([]byte, 0, 64+len(e.Sender.Local)+len(e.Sender.Domain)+len(account)+len(e.Header))
	own = append(own, "Return-Path: "...)
	own = e.Sender.AppendPath(own)
	own = append(own, "\r\nDelivered-To: "...)
	own = append(own, account...)
	own = append(own, "\r\n"...)
	return append(own, e.Header...)
}

func deliveredToLine(to string) []byte { return []byte("Delivered-To: " + to + "\r\n") }

// deliveredTo is the set of addresses that a message was delivered to before.
type deliveredTo map[address.Address]bool

// maxDeliveredTo bounds the set. A message with more has certainly been
// everywhere it should go.
const maxDeliveredTo = 200

func (s deliveredTo) has(a address.Address) bool { return len(s) > 0 && s[a.Fold()] }

func (s deliveredTo) hasText(text string) bool {
	if len(s) == 0 {
		return false
	}
	a, err := address.ParseAddress(text)
	return err == nil && s.has(a)
}

// note takes the addresses from the Delivered-To fields of a header.
func (s *deliveredTo) note(header []byte) {
	for field := range message.Fields(header) {
		if !field.Is("Delivered-To") || len(*s) >= maxDeliveredTo {
			continue
		}
		value := message.AppendUnfolded(nil, field.Value)
		if a, err := address.ParseAddress(string(value)); err == nil {
			if *s == nil {
				*s = make(deliveredTo)
			}
			(*s)[a.Fold()] = true
		}
	}
}

// inspect returns where a message was before, and its digest. An entry that
// comes straight from the intake has the digest as a hint, which also says
// that no Delivered-To field is in it; the body of any other is read.
func (d *Deliverer) inspect(ctx context.Context, e *queue.Entry) (deliveredTo, *message.Digest, error) {
	var seen deliveredTo
	seen.note(e.Header)
	if e.Digest != nil {
		return seen, e.Digest, nil
	}
	body, err := d.o.Blobs.Open(ctx, e.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("read message %s: %w", e.ID, err)
	}
	defer body.Close()
	digest, err := message.Scan(io.NewSectionReader(body, 0, body.Size()))
	if err != nil {
		return nil, nil, fmt.Errorf("read message %s: %w", e.ID, err)
	}
	header := make([]byte, min(digest.HeaderSize, message.MaxHeader))
	if _, err := body.ReadAt(header, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("read message %s: %w", e.ID, err)
	}
	seen.note(header)
	return seen, digest, nil
}
