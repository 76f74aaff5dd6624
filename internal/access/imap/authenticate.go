package imap

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// errCancelled is the reply to "*" in an exchange (RFC 3501 6.2.2).
var errCancelled = bad("Authentication cancelled")

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
// (RFC 3501 6.2.2, RFC 4959)
func (s *session) authenticate() (string, error) {
	d := s.dec
	var mechanism, initial string
	if !d.ExpectSP() || !d.ExpectKeyword(&mechanism) {
		return "", d.Err()
	}
	if d.SP() && !d.AtEnd() && !d.ExpectAString(&initial) {
		return "", d.Err()
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	if !s.mayLogin() {
		return "", errPrivacy
	}
	switch mechanism {
	case "PLAIN":
		return s.authPlain(initial)
	case "LOGIN":
		return s.authLogin(initial)
	}
	return "", no("CANNOT", "Unsupported authentication mechanism")
}

// authPlain is the exchange of RFC 4616: authzid NUL authcid NUL passwd.
func (s *session) authPlain(initial string) (string, error) {
	response, err := s.saslResponse(initial, "")
	if err != nil {
		return "", err
	}
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 {
		return "", bad("Invalid PLAIN response")
	}
	authzid, authcid, password := string(parts[0]), string(parts[1]), string(parts[2])
	// Acting for someone else needs rights that do not exist yet.
	if authzid != "" && !strings.EqualFold(authzid, authcid) {
		return "", no("AUTHORIZATIONFAILED", "Acting for another user is not allowed")
	}
	return s.logIn(authcid, password)
}

// authLogin is the exchange that everyone knows from draft-murchison-sasl-login.
func (s *session) authLogin(initial string) (string, error) {
	user, err := s.saslResponse(initial, "VXNlcm5hbWU6") // Username:
	if err != nil {
		return "", err
	}
	password, err := s.saslResponse("", "UGFzc3dvcmQ6") // Password:
	if err != nil {
		return "", err
	}
	return s.logIn(string(user), string(password))
}

// saslResponse decodes the client's response: the initial one if there is one,
// else what it answers to the challenge.
func (s *session) saslResponse(initial, challenge string) ([]byte, error) {
	line := initial
	if line == "" {
		s.enc.Raw("+ ")
		s.enc.Raw(challenge)
		s.enc.CRLF()
		s.dec.Begin()
		if !s.dec.Line(&line) {
			return nil, s.dec.Err()
		}
	}
	switch line {
	case "*":
		return nil, errCancelled
	case "=": // RFC 4959 3: an initial response of nothing
		return nil, nil
	}
	response, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		return nil, bad("Invalid base64 data")
	}
	return response, nil
}
