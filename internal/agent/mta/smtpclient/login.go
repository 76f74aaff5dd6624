package smtpclient

import (
	"encoding/base64"
	"errors"
	"slices"

	"tram/internal/mail/smtpwire"
)

// Why we do not log in.
var (
	errNoAuth    = errors.New("does not offer AUTH with SCRAM-SHA-256, PLAIN, LOGIN or CRAM-MD5, and a login is required here")
	errBareAuth  = errors.New("the password is not sent without TLS")
	errChallenge = errors.New("asks what the login mechanism does not know")
)

// maxChallenges bounds an exchange.
const maxChallenges = 4

// login proves who we are, where there are credentials (RFC 4954).
func (c *Conn) login() error {
	if c.host.User == "" {
		return nil
	}
	if c.TLS() == "" && c.host.TLS != NoTLS && c.host.Socket == "" {
		return c.fail("AUTH", "4.7.0", errBareAuth)
	}
	m := c.mechanism()
	if m == nil {
		return c.fail("AUTH", "4.7.0", errNoAuth)
	}
	line := "AUTH " + m.name()
	if initial, ok := m.begin(); ok {
		line += " " + encode(initial)
	}
	reply, err := c.command("AUTH", line)
	for n := 0; err == nil && reply.Code == 334 && n < maxChallenges; n++ {
		var response []byte
		if response, err = answer(m, reply); err != nil {
			_, _ = c.command("AUTH", "*") // RFC 4954 4: we give up; the connection ends anyway
			return c.fail("AUTH", "4.7.0", err)
		}
		reply, err = c.command("AUTH", encode(response))
	}
	switch {
	case err != nil:
		return err
	case reply.Code != 235:
		return c.refuse("AUTH", reply)
	case !m.done():
		return c.fail("AUTH", "4.7.0", errNotProved)
	}
	return nil
}

// mechanism chooses how to log in: best what does not show the password, but
// for CRAM-MD5, which has no other merit today.
func (c *Conn) mechanism() mechanism {
	user, password := c.host.User, c.host.Password
	offers := func(name string) bool {
		return c.Offers(smtpwire.Auth) && slices.Contains(c.offer.AuthMechs, name)
	}
	switch {
	case offers("SCRAM-SHA-256"):
		return newSCRAM(user, password)
	case offers("PLAIN"):
		return &plainLogin{user: user, password: password}
	case offers("LOGIN"):
		return &oldLogin{answers: []string{user, password}}
	case offers("CRAM-MD5"):
		return &cramLogin{user: user, password: password}
	}
	return nil
}

func encode(b []byte) string {
	if len(b) == 0 {
		return "=" // only as an initial response does it matter
	}
	return base64.StdEncoding.EncodeToString(b)
}

// answer gives the response to a challenge.
func answer(m mechanism, reply *smtpwire.Reply) ([]byte, error) {
	challenge, err := base64.StdEncoding.DecodeString(reply.Text)
	if err != nil {
		return nil, errChallenge
	}
	return m.next(challenge)
}
