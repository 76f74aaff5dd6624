package login

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
)

// exporter is the tls-exporter of RFC 9266 4.2: a secret that only the two ends
// of this connection share. Under TLS 1.2 it needs the extended master secret,
// without which it is nil.
func exporter(state *tls.ConnectionState) []byte {
	const octets = 32
	secret, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, octets)
	if err != nil {
		return nil
	}
	return secret
}

// endPoint is the tls-server-end-point of RFC 5929 4.1: the hash of the
// server's certificate. After a reload that changed the certificate, an older
// connection can only use the other kind.
func endPoint(state *tls.ConnectionState, config *tls.Config) []byte {
	leaf := leafOf(state, config)
	if leaf == nil {
		return nil
	}
	// RFC 5929 4.1: the hash of the signature, but SHA-256 for MD5 and SHA-1,
	// and none when the signature has no single hash.
	var h crypto.Hash
	switch leaf.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1,
		x509.SHA256WithRSA, x509.ECDSAWithSHA256, x509.SHA256WithRSAPSS, x509.DSAWithSHA256:
		h = crypto.SHA256
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		h = crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		h = crypto.SHA512
	default:
		return nil
	}
	if !h.Available() {
		return nil
	}
	sum := h.New()
	sum.Write(leaf.Raw)
	return sum.Sum(nil)
}

// leafOf is the certificate that the server shows for the name that the client
// asked for.
func leafOf(state *tls.ConnectionState, config *tls.Config) *x509.Certificate {
	if config == nil {
		return nil
	}
	var pair *tls.Certificate
	switch {
	case config.GetCertificate != nil:
		pair, _ = config.GetCertificate(&tls.ClientHelloInfo{
			ServerName: state.ServerName, SupportedVersions: []uint16{state.Version}, CipherSuites: []uint16{state.CipherSuite},
		})
	case len(config.Certificates) > 0:
		pair = &config.Certificates[0]
	}
	if pair == nil || len(pair.Certificate) == 0 {
		return nil
	}
	if pair.Leaf != nil {
		return pair.Leaf
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil
	}
	return leaf
}
