package smtpclient

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

// mechanism is the client side of one login. It is used once.
type mechanism interface {
	name() string
	begin() (initial []byte, ok bool) // the initial response, if the mechanism has one
	next(challenge []byte) ([]byte, error)
	done() bool // the server has proved what it has to prove
}

// plainLogin is RFC 4616.
type plainLogin struct{ user, password string }

func (*plainLogin) name() string { return "PLAIN" }
func (*plainLogin) done() bool   { return true }

func (p *plainLogin) begin() ([]byte, bool) {
	return []byte("\x00" + p.user + "\x00" + p.password), true
}

func (*plainLogin) next([]byte) ([]byte, error) { return nil, errChallenge }

// oldLogin is draft-murchison-sasl-login-00: user, then password.
type oldLogin struct{ answers []string }

func (*oldLogin) name() string          { return "LOGIN" }
func (*oldLogin) begin() ([]byte, bool) { return nil, false }
func (l *oldLogin) done() bool          { return len(l.answers) == 0 }
func (l *oldLogin) next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, errChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}

// cramLogin is RFC 2195.
type cramLogin struct {
	user, password string
	answered       bool
}

func (*cramLogin) name() string          { return "CRAM-MD5" }
func (*cramLogin) begin() ([]byte, bool) { return nil, false }
func (c *cramLogin) done() bool          { return c.answered }
func (c *cramLogin) next(challenge []byte) ([]byte, error) {
	if c.answered {
		return nil, errChallenge
	}
	c.answered = true
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	return []byte(c.user + " " + hex.EncodeToString(mac.Sum(nil))), nil
}

// errNotProved says that the server does not know the password either.
var errNotProved = errors.New("did not prove that it knows the password (SCRAM-SHA-256)")

// Bounds of the iterations of SCRAM: fewer give the password away to who
// guesses (RFC 7677 4), more keep our processor busy.
const (
	minIterations = 4096
	maxIterations = 1_000_000
)

// scram is RFC 5802 with SHA-256 (RFC 7677), without channel binding.
type scram struct {
	user, password string
	nonce          string
	first          string // client-first-message-bare
	signature      []byte // that the server has to show
	step           int
	proved         bool
}

func newSCRAM(user, password string) *scram {
	escaped := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user)
	s := &scram{user: user, password: password, nonce: rand.Text()}
	s.first = "n=" + escaped + ",r=" + s.nonce
	return s
}

func (*scram) name() string            { return "SCRAM-SHA-256" }
func (s *scram) begin() ([]byte, bool) { return []byte("n,," + s.first), true }
func (s *scram) done() bool            { return s.proved }

func (s *scram) next(challenge []byte) ([]byte, error) {
	s.step++
	switch s.step {
	case 1:
		return s.final(string(challenge))
	case 2:
		want := "v=" + base64.StdEncoding.EncodeToString(s.signature)
		got, _, _ := bytes.Cut(challenge, []byte(","))
		if !hmac.Equal(got, []byte(want)) {
			return nil, errNotProved
		}
		s.proved = true
		return nil, nil
	}
	return nil, errChallenge
}

// final makes the client-final-message (RFC 5802 3).
func (s *scram) final(challenge string) ([]byte, error) {
	nonce, salt, iterations, ok := parseServerFirst(challenge)
	if !ok || !strings.HasPrefix(nonce, s.nonce) || len(nonce) == len(s.nonce) {
		return nil, errChallenge
	}
	salted, err := pbkdf2.Key(sha256.New, s.password, salt, iterations, sha256.Size)
	if err != nil {
		return nil, err
	}
	clientKey, serverKey := mac(salted, "Client Key"), mac(salted, "Server Key")
	storedKey := sha256.Sum256(clientKey)
	bare := "c=biws,r=" + nonce
	all := s.first + "," + challenge + "," + bare
	proof := mac(storedKey[:], all)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	s.signature = mac(serverKey, all)
	return []byte(bare + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

// parseServerFirst reads "r=nonce,s=salt,i=iterations".
func parseServerFirst(s string) (nonce string, salt []byte, iterations int, ok bool) {
	parts := strings.Split(s, ",")
	if len(parts) < 3 || !strings.HasPrefix(parts[0], "r=") || !strings.HasPrefix(parts[1], "s=") || !strings.HasPrefix(parts[2], "i=") {
		return "", nil, 0, false
	}
	salt, err := base64.StdEncoding.DecodeString(parts[1][2:])
	iterations, err2 := strconv.Atoi(parts[2][2:])
	ok = err == nil && err2 == nil && minIterations <= iterations && iterations <= maxIterations
	return parts[0][2:], salt, iterations, ok
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
