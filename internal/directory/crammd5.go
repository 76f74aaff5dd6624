package directory

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding"
	"encoding/binary"
	"fmt"
	"hash"
)

// CRAM-MD5 (RFC 2195) proves knowledge of the password by HMAC-MD5. What has
// to be stored for it are the states of MD5 after the first block of HMAC's
// inner and outer hash: enough to log in, but not the password itself, which
// may be one that its owner uses elsewhere too.

// md5State is the state of MD5 after one block.
type md5State [md5.Size]byte

// cramStates are those of HMAC-MD5 under a prepared password.
type cramStates struct{ inner, outer md5State }

func newCRAMStates(password string) (s cramStates, err error) {
	key := []byte(password)
	if len(key) > md5.BlockSize {
		sum := md5.Sum(key)
		key = sum[:]
	}
	if s.inner, err = stateAfter(key, 0x36); err != nil {
		return s, err
	}
	s.outer, err = stateAfter(key, 0x5c)
	return s, err
}

// Go writes the state of MD5 as a mark, the state, the block that has begun
// and the length so far.
const (
	md5Mark   = "md5\x01"
	stateFrom = len(md5Mark)
)

// stateAfter is the state after the key's block, RFC 2104 2.
func stateAfter(key []byte, pad byte) (s md5State, err error) {
	block := bytes.Repeat([]byte{pad}, md5.BlockSize)
	for i, c := range key {
		block[i] ^= c
	}
	h := md5.New()
	h.Write(block)
	text, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil || len(text) < stateFrom+len(s) {
		return s, fmt.Errorf("state of MD5: %w", err)
	}
	copy(s[:], text[stateFrom:])
	return s, nil
}

// resume returns the hash in this state.
func (s md5State) resume() (hash.Hash, error) {
	text := append([]byte(md5Mark), s[:]...)
	text = append(text, make([]byte, md5.BlockSize)...)
	text = binary.BigEndian.AppendUint64(text, md5.BlockSize)
	h := md5.New()
	return h, h.(encoding.BinaryUnmarshaler).UnmarshalBinary(text)
}

// sum is the HMAC-MD5 of a challenge.
func (s cramStates) sum(challenge []byte) ([]byte, error) {
	inner, err := s.inner.resume()
	if err != nil {
		return nil, err
	}
	outer, err := s.outer.resume()
	if err != nil {
		return nil, err
	}
	inner.Write(challenge)
	outer.Write(inner.Sum(nil))
	return outer.Sum(nil), nil
}

func (s cramStates) encode() []byte {
	return append(append([]byte{recordVersion}, s.inner[:]...), s.outer[:]...)
}

func decodeCRAMStates(v []byte) (s cramStates, err error) {
	r := newDecoder(v)
	copy(s.inner[:], r.take(md5.Size))
	copy(s.outer[:], r.take(md5.Size))
	return s, r.done()
}

// VerifyCRAMMD5 checks the answer to a CRAM-MD5 challenge: digest is the
// HMAC-MD5 of the challenge under the password, 16 bytes. The errors are those
// of Authenticate. Without Options.CRAMMD5, now and when the password was set,
// nobody logs in this way.
func (d *Directory) VerifyCRAMMD5(ctx context.Context, login string, challenge, digest []byte) (uint64, string, error) {
	if !d.cramMD5 {
		return 0, "", ErrAuth
	}
	c, err := d.credentials(ctx, login, cramKey)
	if err != nil {
		return 0, "", fmt.Errorf("authenticate: %w", err)
	}
	var s cramStates
	usable := c.record != nil
	if usable {
		if s, err = decodeCRAMStates(c.record); err != nil {
			return 0, "", fmt.Errorf("authenticate %s: %w", c.account.Address, err)
		}
	}
	sum, err := s.sum(challenge)
	if err != nil {
		return 0, "", err
	}
	if !hmac.Equal(sum, digest) || !usable {
		return 0, "", ErrAuth
	}
	return uint64(c.account.ID), c.account.Address, nil
}
