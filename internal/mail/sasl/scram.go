package sasl

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// Keys are what a server needs to know of a password for SCRAM-SHA-256 (RFC
// 5802 3, RFC 7677). They do not help to log in.
type Keys struct {
	Salt                 []byte
	Iterations           int
	StoredKey, ServerKey [sha256.Size]byte
}

// LookUp finds the keys of a login. For one that does not exist it returns
// keys that nobody can prove, so that the client does not learn about it.
type LookUp func(login string) (Keys, error)

// Limits of SCRAM, in octets.
const (
	serverNonce    = 18   // before base64
	maxClientNonce = 256  // clients use 24 or so
	maxScram       = 2048 // of a message of the client
)

// scram is the server side of RFC 5802 with SHA-256.
type scram struct {
	lookUp   LookUp
	binding  Binding
	plus     bool // SCRAM-SHA-256-PLUS
	state    scramState
	keys     Keys
	gs2      string // the GS2 header of the client, as it sent it
	expected string // c= of the client's second message, decoded
	nonce    string
	auth     string // the messages so far, which both sides sign
}

type scramState uint8

const (
	scramBegin scramState = iota
	scramFirst
	scramFinal
	scramProved
)

// NewSCRAM returns SCRAM-SHA-256, or with plus SCRAM-SHA-256-PLUS, which needs
// a binding that is not empty. done means that the client has proved that it
// knows the password of the login that lookUp was asked for last; a wrong proof
// is ErrProof.
//
// A binding that is not empty also says that PLUS was offered: a client that
// could have used it and saw no offer was lied to by someone in between, and is
// refused (RFC 5802 6).
func NewSCRAM(lookUp LookUp, binding Binding, plus bool) Mechanism {
	return &scram{lookUp: lookUp, binding: binding, plus: plus}
}

func (s *scram) Name() string {
	if s.plus {
		return "SCRAM-SHA-256-PLUS"
	}
	return "SCRAM-SHA-256"
}

func (s *scram) Next(response []byte) ([]byte, bool, error) {
	if len(response) > maxScram {
		return nil, false, ErrMalformed
	}
	switch s.state {
	case scramBegin:
		s.state = scramFirst
		if response == nil {
			return nil, false, nil
		}
		fallthrough
	case scramFirst:
		s.state = scramFinal
		challenge, err := s.first(string(response))
		return challenge, false, err
	case scramFinal:
		s.state = scramProved
		signature, err := s.final(string(response))
		return signature, false, err
	}
	// The client has checked our signature and says nothing more.
	if len(response) != 0 {
		return nil, false, ErrMalformed
	}
	return nil, true, nil
}

// first answers client-first-message = gs2-header "n=" login ",r=" nonce.
func (s *scram) first(message string) ([]byte, error) {
	flag, rest, ok1 := strings.Cut(message, ",")
	identity, bare, ok2 := strings.Cut(rest, ",")
	if !ok1 || !ok2 {
		return nil, ErrMalformed
	}
	s.gs2 = message[:len(message)-len(bare)]
	name, rest, ok := strings.Cut(bare, ",")
	nonce, _, _ := strings.Cut(rest, ",") // extensions may follow
	name, isName := strings.CutPrefix(name, "n=")
	nonce, isNonce := strings.CutPrefix(nonce, "r=")
	login, decoded := decodeSaslName(name)
	if !ok || !isName || !isNonce || !decoded || !isScramNonce(nonce) || checkCredentials([]byte(login), []byte("x")) != nil {
		return nil, ErrMalformed
	}
	if err := s.bind(flag); err != nil {
		return nil, err
	}
	if err := checkIdentity(identity, login); err != nil {
		return nil, err
	}
	keys, err := s.lookUp(login)
	if err != nil {
		return nil, err
	}
	var fresh [serverNonce]byte
	rand.Read(fresh[:])
	s.keys, s.nonce = keys, nonce+base64.StdEncoding.EncodeToString(fresh[:])
	challenge := "r=" + s.nonce + ",s=" + base64.StdEncoding.EncodeToString(keys.Salt) + ",i=" + strconv.Itoa(keys.Iterations)
	s.auth = bare + "," + challenge
	return []byte(challenge), nil
}

// bind judges the channel binding flag (RFC 5802 6) and keeps what the client
// must say about it in its second message.
func (s *scram) bind(flag string) error {
	s.expected = s.gs2
	kind, named := strings.CutPrefix(flag, "p=")
	switch {
	case named && s.plus:
		data := s.binding.data(kind)
		if data == nil {
			return ErrBinding
		}
		s.expected += string(data)
		return nil
	case s.plus, named:
		return ErrMalformed // PLUS without a binding, or a binding without PLUS
	case flag == "y" && !s.binding.Empty():
		return ErrBinding
	case flag != "y" && flag != "n":
		return ErrMalformed
	}
	return nil
}

// final checks client-final-message = "c=" binding ",r=" nonce ",p=" proof, and
// returns the signature that proves us to the client.
func (s *scram) final(message string) ([]byte, error) {
	withoutProof, proof64, ok := cutLast(message, ",p=")
	binding64, rest, ok2 := strings.Cut(withoutProof, ",")
	nonce, _, _ := strings.Cut(rest, ",")
	binding64, isBinding := strings.CutPrefix(binding64, "c=")
	nonce, isNonce := strings.CutPrefix(nonce, "r=")
	if !ok || !ok2 || !isBinding || !isNonce {
		return nil, ErrMalformed
	}
	binding, err1 := base64.StdEncoding.Strict().DecodeString(binding64)
	proof, err2 := base64.StdEncoding.Strict().DecodeString(proof64)
	if err1 != nil || err2 != nil || len(proof) != sha256.Size {
		return nil, ErrMalformed
	}
	if !hmac.Equal(binding, []byte(s.expected)) {
		return nil, ErrBinding
	}
	if nonce != s.nonce {
		return nil, ErrMalformed
	}
	auth := s.auth + "," + withoutProof
	signature := sign(s.keys.StoredKey[:], auth)
	for i := range proof {
		proof[i] ^= signature[i] // the client's key
	}
	if stored := sha256.Sum256(proof); !hmac.Equal(stored[:], s.keys.StoredKey[:]) {
		return nil, ErrProof
	}
	return []byte("v=" + base64.StdEncoding.EncodeToString(sign(s.keys.ServerKey[:], auth))), nil
}

func sign(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// checkIdentity takes an authzid that is the login itself, as PLAIN does.
func checkIdentity(identity, login string) error {
	if identity == "" || identity == "a=" { // GNU SASL sends an empty one
		return nil
	}
	name, ok := strings.CutPrefix(identity, "a=")
	name, decoded := decodeSaslName(name)
	switch {
	case !ok || !decoded:
		return ErrMalformed
	case name != login:
		return ErrIdentity
	}
	return nil
}

// decodeSaslName decodes "=2C" and "=3D" (RFC 5802 5.1).
func decodeSaslName(s string) (string, bool) {
	if !strings.Contains(s, "=") {
		return s, true
	}
	plain := strings.NewReplacer("=2C", ",", "=3D", "\x00").Replace(s)
	if strings.Contains(plain, "=") {
		return "", false
	}
	return strings.ReplaceAll(plain, "\x00", "="), !strings.Contains(s, "\x00")
}

// isScramNonce checks printable characters without the comma (RFC 5802 7).
func isScramNonce(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == ',' {
			return false
		}
	}
	return s != "" && len(s) <= maxClientNonce
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Binding names the channel, so that an exchange is worth nothing on another
// one (RFC 5929, RFC 9266). A field that is nil cannot be used.
type Binding struct {
	Exporter []byte // tls-exporter
	EndPoint []byte // tls-server-end-point
}

// Empty reports whether there is no binding at all: PLUS is not offered.
func (b Binding) Empty() bool { return b.Exporter == nil && b.EndPoint == nil }

func (b Binding) data(kind string) []byte {
	switch kind {
	case "tls-exporter":
		return bytes.Clone(b.Exporter)
	case "tls-server-end-point":
		return bytes.Clone(b.EndPoint)
	}
	return nil
}
