package sasl

import (
	"bytes"
	"unicode/utf8"
)

// New returns the mechanism of a registered name (any case) that checks a
// password, or nil when there is none.
func New(name string, check CheckPassword) Mechanism {
	switch {
	case equalFold(name, "PLAIN"):
		return NewPlain(check)
	case equalFold(name, "LOGIN"):
		return NewLogin(check)
	}
	return nil
}

// PasswordMechanisms are the names that New knows, best first.
const PasswordMechanisms = "PLAIN LOGIN"

func equalFold(s, upper string) bool {
	if len(s) != len(upper) {
		return false
	}
	for i := range len(s) {
		if s[i] != upper[i] && (s[i] < 'a' || s[i] > 'z' || s[i]-('a'-'A') != upper[i]) {
			return false
		}
	}
	return true
}

// plain is RFC 4616: [authzid] NUL authcid NUL passwd, in one response.
type plain struct {
	check CheckPassword
	asked bool
}

// NewPlain returns PLAIN.
func NewPlain(check CheckPassword) Mechanism { return &plain{check: check} }

func (*plain) Name() string { return "PLAIN" }

func (p *plain) Next(response []byte) ([]byte, bool, error) {
	if response == nil && !p.asked {
		p.asked = true
		return nil, false, nil
	}
	identity, rest, ok1 := bytes.Cut(response, []byte{0})
	login, password, ok2 := bytes.Cut(rest, []byte{0})
	if !ok1 || !ok2 {
		return nil, false, ErrMalformed
	}
	if err := checkCredentials(login, password); err != nil {
		return nil, false, err
	}
	// Clients that fill in both mean themselves.
	if len(identity) > 0 && !bytes.Equal(identity, login) {
		return nil, false, ErrIdentity
	}
	if err := p.check(string(login), string(password)); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// login is draft-murchison-sasl-login-00, which old clients still speak: the
// login in one response, the password in the next.
type login struct {
	check CheckPassword
	user  []byte
	state loginState
}

type loginState uint8

const (
	loginBegin loginState = iota
	loginUser
	loginPassword
)

// NewLogin returns LOGIN. An initial response is taken for the login.
func NewLogin(check CheckPassword) Mechanism { return &login{check: check} }

func (*login) Name() string { return "LOGIN" }

func (l *login) Next(response []byte) ([]byte, bool, error) {
	if l.state == loginBegin {
		l.state = loginUser
		if response == nil {
			return []byte("Username:"), false, nil
		}
	}
	if l.state == loginUser {
		if len(response) > MaxLogin {
			return nil, false, ErrMalformed
		}
		l.state, l.user = loginPassword, bytes.Clone(response)
		return []byte("Password:"), false, nil
	}
	if err := checkCredentials(l.user, response); err != nil {
		return nil, false, err
	}
	if err := l.check(string(l.user), string(response)); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// checkCredentials refuses what no account can have, before anything is looked
// up or hashed.
func checkCredentials(login, password []byte) error {
	switch {
	case len(login) == 0 || len(login) > MaxLogin || len(password) == 0 || len(password) > MaxPassword,
		bytes.IndexByte(login, 0) >= 0 || bytes.IndexByte(password, 0) >= 0,
		!utf8.Valid(login) || !utf8.Valid(password):
		return ErrMalformed
	}
	return nil
}
