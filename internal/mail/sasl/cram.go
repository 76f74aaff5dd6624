package sasl

import (
	"bytes"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is made of it; the mechanism is off by default
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"time"
)

// CheckDigest says whether digest is the HMAC-MD5 of challenge under the
// password of login.
type CheckDigest func(login string, challenge, digest []byte) error

// cram is RFC 2195.
type cram struct {
	hostname  string
	check     CheckDigest
	challenge []byte
}

// NewCRAMMD5 returns CRAM-MD5, for old clients that know nothing better: the
// server has to keep what is as good as the password.
func NewCRAMMD5(hostname string, check CheckDigest) Mechanism {
	return &cram{hostname: hostname, check: check}
}

func (*cram) Name() string { return "CRAM-MD5" }

func (c *cram) Next(response []byte) ([]byte, bool, error) {
	if c.challenge == nil {
		if response != nil {
			return nil, false, ErrMalformed // the server speaks first
		}
		// RFC 2195 2: never the same one twice.
		c.challenge = []byte("<" + rand.Text() + "." + strconv.FormatInt(time.Now().Unix(), 10) + "@" + c.hostname + ">")
		return c.challenge, false, nil
	}
	i := bytes.LastIndexByte(response, ' ')
	if i < 0 || len(response)-i-1 != 2*md5.Size {
		return nil, false, ErrMalformed
	}
	login := response[:i]
	digest := make([]byte, md5.Size)
	if _, err := hex.Decode(digest, response[i+1:]); err != nil || checkCredentials(login, []byte("x")) != nil {
		return nil, false, ErrMalformed
	}
	if err := c.check(string(login), c.challenge, digest); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}
