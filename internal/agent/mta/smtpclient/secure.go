package smtpclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

const stepHandshake = "TLS handshake"

// Why a host cannot be used in the way that the configuration demands.
var (
	errNoTLS    = errors.New("does not offer STARTTLS, which is required here")
	errInjected = errors.New("sent more than the reply before the TLS handshake")
)

// startTLS asks for TLS where it should be, and greets again behind it.
func (c *Conn) startTLS() error {
	required := c.host.TLS == StartTLS
	if c.host.TLS == NoTLS || c.host.TLS == ImplicitTLS || c.host.Socket != "" {
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
		// A session is resumed with the certificate that was verified when it
		// began; an unverified one is not resumed where that is demanded.
		ClientSessionCache: c.o.Sessions,
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

// verified reports whether the connection is encrypted, with a certificate
// that names the host and leads to an authority we trust (RFC 8689 4.2.1).
func (c *Conn) verified() bool {
	tc, ok := c.nc.(*tls.Conn)
	if !ok {
		return false
	}
	certificates := tc.ConnectionState().PeerCertificates
	if len(certificates) == 0 {
		return false
	}
	o := x509.VerifyOptions{Roots: c.o.RootCAs, DNSName: c.host.Name, Intermediates: x509.NewCertPool()}
	for _, between := range certificates[1:] {
		o.Intermediates.AddCert(between)
	}
	_, err := certificates[0].Verify(o)
	return err == nil
}
