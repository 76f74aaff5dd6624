// Package certs holds the certificate that clients see: the one that the
// configuration names, or a self-signed one that is made at first start, kept
// in the data directory and renewed before it expires.
//
//	<data>/tls/self-signed.pem   certificate and key (ECDSA P-256), mode 0600
//	<data>/tls/certificate.pem   the certificate alone, for clients that want to trust it
//
// A [Keeper] hands the certificate to TLS servers. Loading another one takes
// effect for the next handshake; sessions that run are not touched.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// Keeper holds the certificate in use. All methods may be called from any
// goroutine.
type Keeper struct {
	hostname string
	dir      string // of the self-signed certificate
	current  atomic.Pointer[tls.Certificate]
}

// Load returns a keeper with the certificate of the two PEM files, or, when
// both names are empty, with a self-signed one for the host name, kept in dir.
func Load(hostname, dir, certificate, key string) (*Keeper, error) {
	k := &Keeper{hostname: hostname, dir: dir}
	return k, k.Reload(certificate, key)
}

// Reload takes the certificate of the two files from now on, or a self-signed
// one when both names are empty. On an error the old certificate stays in use.
func (k *Keeper) Reload(certificate, key string) error {
	var pair *tls.Certificate
	var err error
	if certificate == "" && key == "" {
		pair, err = k.selfSigned(time.Now())
	} else {
		pair, err = ReadPair(certificate, key)
	}
	if err != nil {
		return err
	}
	k.current.Store(pair)
	return nil
}

// ReadPair reads a certificate chain and its key. It refuses a pair that does
// not belong together and tells which file is at fault.
func ReadPair(certificate, key string) (*tls.Certificate, error) {
	certPEM, err := os.ReadFile(certificate)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(key)
	if err != nil {
		return nil, fmt.Errorf("read key of the certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", certificate, key, err)
	}
	return &pair, nil
}

// Expires is when the certificate in use ends.
func (k *Keeper) Expires() time.Time { return k.Leaf().NotAfter }

// Leaf is the certificate in use, parsed.
func (k *Keeper) Leaf() *x509.Certificate { return k.current.Load().Leaf }

// Config returns a configuration for servers, which asks the keeper at each
// handshake. TLS 1.2 is the oldest version (RFC 8996, RFC 9325). protocols are
// the names of what is spoken (RFC 7301 6); a client that names only others is
// refused, one that names none is welcome. Without protocols nobody is asked.
func (k *Keeper) Config(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: protocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return k.current.Load(), nil
		},
	}
}
