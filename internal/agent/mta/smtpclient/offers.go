package smtpclient

import "tram/internal/mail/smtpwire"

// Offers reports whether the host offers all of these extensions, after the
// last EHLO.
func (c *Conn) Offers(e smtpwire.Extensions) bool { return c.offer.Extensions&e == e }
