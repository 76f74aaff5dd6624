package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A self-signed certificate is valid for two years and renewed when a month
// is left, so that one who trusts it by hand does so rarely.
const (
	selfSignedLife  = 2 * 365 * 24 * time.Hour
	selfSignedRenew = 30 * 24 * time.Hour
	selfSignedStart = -time.Hour // clocks of clients go wrong
)

// selfSigned returns the kept certificate when it is good for now and for the
// host name, otherwise a fresh one, kept from then on.
func (k *Keeper) selfSigned(now time.Time) (*tls.Certificate, error) {
	path := filepath.Join(k.dir, "self-signed.pem")
	kept, err := ReadPair(path, path)
	switch {
	case err == nil && now.Add(selfSignedRenew).Before(kept.Leaf.NotAfter) && kept.Leaf.VerifyHostname(k.hostname) == nil:
		return kept, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("self-signed certificate (delete the file to get a new one): %w", err)
	}
	certPEM, keyPEM, err := generate(k.hostname, now)
	if err != nil {
		return nil, fmt.Errorf("make self-signed certificate: %w", err)
	}
	if err := k.keep(path, certPEM, keyPEM); err != nil {
		return nil, fmt.Errorf("keep self-signed certificate: %w", err)
	}
	return ReadPair(path, path)
}

// keep writes both files. The one with the key is complete or absent,
// whatever happens in between.
func (k *Keeper) keep(path string, certPEM, keyPEM []byte) error {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	fresh := path + ".new"
	if err := writeSynced(fresh, bytes.Join([][]byte{certPEM, keyPEM}, nil)); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(k.dir, "certificate.pem"), certPEM, 0o644)
}

// generate makes an ECDSA P-256 key and a certificate for the host name, for
// localhost and for the loopback addresses, so that clients on the machine
// can check it too. Both are returned as PEM.
func generate(hostname string, now time.Time) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: hostname},
		NotBefore:    now.Add(selfSignedStart),
		NotAfter:     now.Add(selfSignedLife),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{hostname, "localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		// It signs itself; verifiers want that said.
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// writeSynced writes a file whose content is on disk before it gets its final
// name: a power cut must not leave half a key under a name that is trusted.
func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
