package server

import (
	"crypto/tls"

	"tram/internal/certs"
	"tram/internal/config"
)

// tlsConfigs makes what each protocol's doors need for a handshake. Those whose
// protocol has a registered name say it, so that nobody is led to take one
// service for another under the same certificate (RFC 9325 3.7).
func tlsConfigs(k *certs.Keeper) map[config.Protocol]*tls.Config {
	other := k.Config()
	return map[config.Protocol]*tls.Config{
		config.SMTP: other, config.Submission: other, config.LMTP: other, config.POP2: other,
		config.IMAP: k.Config("imap"),
		config.POP3: k.Config("pop3"),
	}
}
