package smtpclient

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"slices"

	"tram/internal/mail/smtpwire"
)

const stepHandshake = "TLS handshake"

// Why a host cannot be used in the way that the configuration demands.
var (
	errNoTLS    = errors.New("does not offer STARTTLS, which is required here")
	errInjected = errors.New("sent more than the reply before the TLS handshake")
	errNoAuth   = errors.New("does not offer AUTH PLAIN, which is required here")
	errBareAuth = errors.New("the password is not sent without TLS")
)

// startTLS asks for TLS where it should be, and greets again behind it.
func (c *Conn) startTLS() error {
	required := c.host.TLS == StartTLS
	if c.host.TLS == NoTLS || c.host.TLS == ImplicitTLS {
		return nil
	}
	if !c.offer.StartTLS {
		if required {
			return c.fail("STARTTLS", "4.7.4", errNoTLS)
		}
		return nil
	}
	reply, err := c.command("STARTTLS", "STARTTLS")
	switch {
	case err != nil:
		return err
	case reply.Code != 220 && required:
		return c.refuse("STARTTLS", reply)
	case reply.Code != 220:
		return nil // still in plain text, and still in order
	}
	if c.r.Buffered() > 0 {
		// Somebody on the path put words into the host's mouth, to be heard
		// as if they had come through TLS (NO STARTTLS, USENIX Security 2021).
		return c.fail("STARTTLS", "4.7.0", errInjected)
	}
	if err := c.handshake(); err != nil {
		return err
	}
	return c.hello()
}

func (c *Conn) handshake() error {
	config := &tls.Config{
		ServerName: c.host.Name,
		RootCAs:    c.o.RootCAs,
		MinVersion: tls.VersionTLS12,
		// RFC 7435: without a way to know the right certificate, any
		// certificate is better than plain text.
		InsecureSkipVerify: c.host.TLS != StartTLS && c.host.TLS != ImplicitTLS,
	}
	tc := tls.Client(c.nc, config)
	c.deadline(c.t.Handshake)
	if err := tc.HandshakeContext(c.ctx); err != nil {
		return c.fail(stepHandshake, "4.7.5", err)
	}
	c.attach(tc)
	return nil
}

// login sends user and password, where there are some (RFC 4954, RFC 4616).
func (c *Conn) login() error {
	if c.host.User == "" {
		return nil
	}
	if c.TLS() == "" && c.host.TLS != NoTLS {
		return c.fail("AUTH", "4.7.0", errBareAuth)
	}
	if c.offer.Extensions&smtpwire.Auth == 0 || !slices.Contains(c.offer.AuthMechs, "PLAIN") {
		return c.fail("AUTH", "4.7.0", errNoAuth)
	}
	secret := base64.StdEncoding.EncodeToString([]byte("\x00" + c.host.User + "\x00" + c.host.Password))
	reply, err := c.command("AUTH", "AUTH PLAIN "+secret)
	if err == nil && reply.Code != 235 {
		err = c.refuse("AUTH", reply)
	}
	return err
}
