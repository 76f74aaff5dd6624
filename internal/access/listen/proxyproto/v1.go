package proxyproto

import (
	"bytes"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// readV1 reads the rest of a line of which least octets are in buf. Octets
// behind it belong to the client, so it never asks for more than the line must
// still have.
func readV1(r io.Reader, buf *[maxV1]byte) (Header, error) {
	if !bytes.HasPrefix(buf[:least], []byte("PROXY ")) {
		return Header{}, malformed("it begins with neither version")
	}
	n := least
	for !bytes.HasSuffix(buf[:n], []byte("\r\n")) {
		missing := 2
		if buf[n-1] == '\r' {
			missing = 1
		}
		if n+missing > maxV1 {
			return Header{}, malformed("the line is too long")
		}
		if _, err := io.ReadFull(r, buf[n:n+missing]); err != nil {
			return Header{}, noEOF(err)
		}
		n += missing
	}
	return parseV1(string(buf[:n-2]))
}

// parseV1 parses the line without its CRLF.
func parseV1(line string) (Header, error) {
	if strings.ContainsAny(line, "\r\n") {
		return Header{}, malformed("there is a line end in the line")
	}
	fields := strings.Split(line, " ")
	if len(fields) > 1 && fields[1] == "UNKNOWN" {
		return Header{}, nil
	}
	if len(fields) != 6 || fields[1] != "TCP4" && fields[1] != "TCP6" {
		return Header{}, malformed("wants TCP4 or TCP6 with two addresses and two ports")
	}
	is4 := fields[1] == "TCP4"
	source, ok1 := endV1(fields[2], fields[4], is4)
	destination, ok2 := endV1(fields[3], fields[5], is4)
	if !ok1 || !ok2 {
		return Header{}, malformed("an address or port is wrong")
	}
	return Header{source, destination}, nil
}

func endV1(addr, port string, is4 bool) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || a.Is4() != is4 || a.Zone() != "" || len(port) > 1 && port[0] == '0' || port[0] == '+' {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), true
}
