package mailstore

import (
	"context"
	"fmt"
	"io"
	"slices"

	"tram/internal/storage/blob"
)

// Body is the bytes of one message: its own lines, then the blob. It stays
// readable until Close, even when the message is expunged meanwhile.
type Body struct {
	own  []byte
	blob blob.Reader
}

var _ io.ReaderAt = (*Body)(nil)

// Body opens the bytes of a message that was read with WantMeta. Bytes are
// verified before they are handed out (blob.ErrCorrupt). It keeps a copy of
// m.Own.
func (s *Store) Body(ctx context.Context, m *Message) (*Body, error) {
	r, err := s.blobs.Open(ctx, m.Blob)
	if err != nil {
		return nil, fmt.Errorf("body of message %d: %w", m.UID, err)
	}
	return &Body{own: slices.Clone(m.Own), blob: r}, nil
}

// ReadAt implements io.ReaderAt.
func (b *Body) ReadAt(p []byte, off int64) (n int, err error) {
	own := int64(len(b.own))
	if off < 0 {
		return 0, fmt.Errorf("mailstore: read at offset %d", off)
	}
	if off < own {
		n = copy(p, b.own[off:])
		if n == len(p) {
			return n, nil
		}
		off = own
	}
	rest, err := b.blob.ReadAt(p[n:], off-own)
	return n + rest, err
}

// Size is the number of octets.
func (b *Body) Size() int64 { return int64(len(b.own)) + b.blob.Size() }

// Close releases the blob.
func (b *Body) Close() error { return b.blob.Close() }

// AppendBody appends the whole bytes of a message that was read with WantMeta
// to dst, verified. It is the fastest way to read a message; the caller bounds
// m.Size. After an error dst has its old length.
func (s *Store) AppendBody(ctx context.Context, dst []byte, m *Message) ([]byte, error) {
	had := len(dst)
	dst = append(slices.Grow(dst, int(m.Size)), m.Own...)
	whole, err := s.blobs.AppendBody(ctx, dst, m.Blob)
	if err != nil {
		return dst[:had], fmt.Errorf("body of message %d: %w", m.UID, err)
	}
	return whole, nil
}
