package proxyproto

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/netip"
)

// The parts of the 16 octets at the front of version 2.
const (
	version2  = 0x20
	cmdLocal  = 0x0
	cmdProxy  = 0x1
	unspec    = 0x00
	tcp4      = 0x11
	tcp6      = 0x21
	typeCRC   = 0x03 // TLV with the CRC-32c of the whole header
	sizeTCP4  = 2*4 + 2*2
	sizeTCP6  = 2*16 + 2*2
	tlvHeader = 3 // type, length
)

// readV2 reads what follows the signature.
func readV2(r io.Reader) (Header, error) {
	var front [4]byte
	if _, err := io.ReadFull(r, front[:]); err != nil {
		return Header{}, noEOF(err)
	}
	length := int(binary.BigEndian.Uint16(front[2:]))
	switch {
	case front[0]&0xf0 != version2 || front[0]&0x0f > cmdProxy:
		return Header{}, malformed("unknown version or command")
	case length > maxV2:
		return Header{}, malformed("it is too long")
	}
	rest := make([]byte, length)
	if _, err := io.ReadFull(r, rest); err != nil {
		return Header{}, noEOF(err)
	}
	h, size, err := parseV2(front[1], rest)
	if err != nil {
		return Header{}, err
	}
	if err := checkTLVs(front, rest, size); err != nil {
		return Header{}, err
	}
	if front[0]&0x0f == cmdLocal {
		return Header{}, nil // the addresses mean nothing
	}
	return h, nil
}

// parseV2 reads the addresses of a family and returns how many octets they
// took.
func parseV2(family byte, b []byte) (Header, int, error) {
	switch {
	case family == unspec:
		return Header{}, len(b), nil
	case family == tcp4 && len(b) >= sizeTCP4:
		return Header{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[0:4])), binary.BigEndian.Uint16(b[8:])),
			netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[10:])),
		}, sizeTCP4, nil
	case family == tcp6 && len(b) >= sizeTCP6:
		return Header{
			netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[0:16])).Unmap(), binary.BigEndian.Uint16(b[32:])),
			netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[16:32])).Unmap(), binary.BigEndian.Uint16(b[34:])),
		}, sizeTCP6, nil
	}
	return Header{}, 0, malformed("only TCP over IPv4 and IPv6 is understood")
}

// checkTLVs walks over the TLVs behind the addresses. What they say is not
// used, but a checksum has to be right (2.2.3).
func checkTLVs(front [4]byte, rest []byte, at int) error {
	for at < len(rest) {
		if len(rest)-at < tlvHeader {
			return malformed("a TLV is cut off")
		}
		kind, size := rest[at], int(binary.BigEndian.Uint16(rest[at+1:]))
		value := at + tlvHeader
		if size > len(rest)-value {
			return malformed("a TLV is cut off")
		}
		if kind == typeCRC {
			if size != crc32.Size || !sumIsRight(front, rest, value) {
				return malformed("the checksum is wrong")
			}
		}
		at = value + size
	}
	return nil
}

// sumIsRight computes the CRC-32c of the header with zeros in the place of the
// sum itself, which stands at rest[at:].
func sumIsRight(front [4]byte, rest []byte, at int) bool {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, []byte(signature))
	sum = crc32.Update(sum, table, front[:])
	sum = crc32.Update(sum, table, rest[:at])
	sum = crc32.Update(sum, table, make([]byte, crc32.Size))
	sum = crc32.Update(sum, table, rest[at+crc32.Size:])
	return sum == binary.BigEndian.Uint32(rest[at:])
}
