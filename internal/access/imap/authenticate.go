package imap

import (
	"errors"
	"strings"

	"tram/internal/mail/sasl"
)

// errCancelled is the reply to "*" in an exchange (RFC 3501 6.2.2).
var errCancelled = bad("Authentication cancelled")

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
// (RFC 3501 6.2.2, RFC 4959)
func (s *session) authenticate() (string, error) {
	d := s.dec
	var mechanism, initial string
	// Names of mechanisms have "_" too (RFC 4422 3.1), which those of commands have not.
	if !d.ExpectSP() || !d.ExpectAtom(&mechanism) {
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
	desk := s.desk()
	m := desk.Mechanism(s.ctx, strings.ToUpper(mechanism))
	if m == nil {
		return "", no("CANNOT", "Unsupported authentication mechanism, CAPABILITY lists those there are")
	}
	err := s.exchange(sasl.NewExchange(m), initial)
	if err != nil && !desk.Judged(err) {
		return "", err
	}
	return s.logIn(desk, err)
}

// exchange runs the lines of a mechanism to its end.
func (s *session) exchange(x *sasl.Exchange, initial string) error {
	challenge, done, err := x.Start([]byte(initial), initial != "")
	for err == nil && !done {
		s.enc.Raw("+ ")
		s.enc.Raw(challenge)
		s.enc.CRLF()
		s.dec.Begin()
		var line string
		if !s.dec.Line(&line) {
			return s.dec.Err()
		}
		challenge, done, err = x.Next([]byte(line))
	}
	switch {
	case errors.Is(err, sasl.ErrCancelled):
		return errCancelled
	case errors.Is(err, sasl.ErrIdentity):
		// Acting for someone else needs rights that do not exist yet.
		return no("AUTHORIZATIONFAILED", "Acting for another user is not allowed")
	case errors.Is(err, sasl.ErrEncoding):
		return bad("Invalid base64 data")
	case errors.Is(err, sasl.ErrMalformed):
		return bad("Invalid " + x.Name() + " response")
	}
	return err
}
