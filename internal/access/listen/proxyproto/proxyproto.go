// Package proxyproto reads the header that a proxy puts in front of a
// connection to say for whom it speaks: the PROXY protocol of HAProxy, versions
// 1 (a line of text) and 2 (binary).
//
//	h, err := proxyproto.Read(conn)
//	if err == nil && h.Source.IsValid() {
//		// the client is h.Source, and it went to h.Destination
//	}
//
// Read takes exactly the octets of the header from the connection, so that the
// next ones are the client's. It needs no buffer that would stay behind, and
// the connection needs no wrapper. The caller sets a deadline, and has made
// sure that the other end is a proxy that it trusts: anyone can write such a
// header.
//
// Layouts, from https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt:
//
//	v1: "PROXY " ("TCP4" | "TCP6") SP source SP destination SP port SP port CRLF
//	    "PROXY UNKNOWN" … CRLF                                (at most 107 octets)
//	v2: 12 octets "\r\n\r\n\0\r\nQUIT\n", version and command (1), family and
//	    transport (1), length of what follows (2), addresses, TLVs
package proxyproto

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// Limits, in octets.
const (
	maxV1 = 107  // of the line, with its CRLF
	maxV2 = 4096 // behind the first 16; the largest TLVs in use are some hundred
)

// least is the length of the signature of version 2; the shortest line of
// version 1, "PROXY UNKNOWN\r\n", is longer.
const least = 12

const signature = "\r\n\r\n\x00\r\nQUIT\n"

// ErrHeader says that what came is no header, or one that makes no sense. The
// connection is then good for nothing but closing.
var ErrHeader = errors.New("proxyproto: not a PROXY header")

// Header is what the proxy said. Both addresses are invalid when it speaks for
// itself (LOCAL: a health check) or does not know (UNKNOWN, UNSPEC): those of
// the connection hold then. IPv4 is IPv4, never mapped.
type Header struct {
	Source, Destination netip.AddrPort
}

// Read reads a header of either version from r. Errors are ErrHeader, wrapped,
// and those of r; io.EOF at the start becomes io.ErrUnexpectedEOF.
func Read(r io.Reader) (Header, error) {
	var buf [maxV1]byte
	if _, err := io.ReadFull(r, buf[:least]); err != nil {
		return Header{}, noEOF(err)
	}
	if string(buf[:least]) == signature {
		return readV2(r)
	}
	return readV1(r, &buf)
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrHeader, what) }
