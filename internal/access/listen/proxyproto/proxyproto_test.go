package proxyproto_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"tram/internal/access/listen/proxyproto"
)

const signature = "\r\n\r\n\x00\r\nQUIT\n"

// v2 writes a header of version 2 with the length that it really has.
func v2(command, family byte, rest ...string) string {
	body := strings.Join(rest, "")
	b := append([]byte(signature), 0x20|command, family)
	return string(binary.BigEndian.AppendUint16(b, uint16(len(body)))) + body
}

const (
	four = "\xc0\x00\x02\x01\xc0\x00\x02\x19\x12\x67\x00\x19" // 192.0.2.1:4711 → 192.0.2.25:25
	six  = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\x12\x67\x00\x19"
)

// summed puts the checksum into the TLV that is the last of header.
func summed(header string) string {
	b := []byte(header)
	sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	binary.BigEndian.PutUint32(b[len(b)-4:], sum)
	return string(b)
}

func TestRead(t *testing.T) {
	for header, want := range map[string]string{
		"PROXY TCP4 192.0.2.1 192.0.2.25 4711 25\r\n":                "192.0.2.1:4711 192.0.2.25:25",
		"PROXY TCP6 2001:db8::1 2001:db8::19 4711 25\r\n":            "[2001:db8::1]:4711 [2001:db8::19]:25",
		"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n": "255.255.255.255:65535 255.255.255.255:65535",
		"PROXY TCP4 1.1.1.1 1.1.1.1 0 0\r\n":                         "1.1.1.1:0 1.1.1.1:0",
		"PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 25\r\n":                "192.0.2.1:4711 [::1]:25",
		"PROXY UNKNOWN\r\n":                                          "invalid AddrPort invalid AddrPort",
		"PROXY UNKNOWN what ever 1 2\r\n":                            "invalid AddrPort invalid AddrPort",
		v2(1, 0x11, four):                                            "192.0.2.1:4711 192.0.2.25:25",
		v2(1, 0x21, six):                                             "[2001:db8::1]:4711 [2001:db8::19]:25",
		v2(0, 0x11, four):                                            "invalid AddrPort invalid AddrPort",
		v2(0, 0x00):                                                  "invalid AddrPort invalid AddrPort",
		v2(1, 0x00, "any thing"):                                     "invalid AddrPort invalid AddrPort",
		v2(1, 0x11, four, "\x02\x00\x07mx.test"):                     "192.0.2.1:4711 192.0.2.25:25",
		summed(v2(1, 0x11, four, "\x04\x00\x01\x00", "\x03\x00\x04\x00\x00\x00\x00")): "192.0.2.1:4711 192.0.2.25:25",
	} {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, func(r io.Reader) io.Reader { return r }} {
			r := wrap(strings.NewReader(header + "EHLO"))
			h, err := proxyproto.Read(r)
			if got := h.Source.String() + " " + h.Destination.String(); err != nil || got != want {
				t.Errorf("%q: %s, %v", header, got, err)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "EHLO" {
				t.Errorf("%q: %q is left", header, rest)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, header := range []string{
		"EHLO client.test\r\n", "GET / HTTP/1.1\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00", "proxy TCP4 192.0.2.1 192.0.2.25 4711 25\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.25 4711\r\n", "PROXY TCP4 192.0.2.1 192.0.2.25 4711 25 26\r\n", "PROXY TCP4  192.0.2.1 192.0.2.25 4711 25\r\n",
		"PROXY TCP4 2001:db8::1 2001:db8::19 4711 25\r\n", "PROXY TCP6 192.0.2.1 192.0.2.25 4711 25\r\n", "PROXY UDP4 192.0.2.1 192.0.2.25 4711 25\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.25 65536 25\r\n", "PROXY TCP4 192.0.2.1 192.0.2.25 -1 25\r\n", "PROXY TCP4 192.0.2.1 192.0.2.25 +1 25\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.25 01 25\r\n", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.25 1 2\nEHLO\r\n",
		"PROXY TCP4 " + strings.Repeat("1", 200) + "\r\n", "PROXY UNKNOWN" + strings.Repeat(" x", 60) + "\r\n", "PROXY \r\n       \r\n", "PROXY TCP4 192.0.2.1 192.0.2.25  25\r\n",
		v2(2, 0x11, four), v2(1, 0x11, four[:11]), v2(1, 0x21, six[:35]), v2(1, 0x12, four), v2(1, 0x31, strings.Repeat("x", 216)), v2(1, 0x11, four, "\x02"),
		v2(1, 0x11, four, "\x02\x00\x07mx"), v2(1, 0x11, four, "\x03\x00\x04\x00\x00\x00\x00"), v2(1, 0x11, four, "\x03\x00\x02\x00\x00"),
		signature + "\x11\x11\x00\x0c" + four, signature + "\x21\x11\xff\xff" + four + strings.Repeat("\x00", 1<<16),
	} {
		if h, err := proxyproto.Read(strings.NewReader(header)); !errors.Is(err, proxyproto.ErrHeader) || h != (proxyproto.Header{}) {
			t.Errorf("%q: %v, %v", header, h, err)
		}
	}
	for _, cut := range []string{"", "PROXY", "PROXY TCP4 192.0.2.1", "PROXY UNKNOWN\r", signature, signature + "\x21\x11\x00\x0c", v2(1, 0x11, four)[:20]} {
		if _, err := proxyproto.Read(strings.NewReader(cut)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", cut, err)
		}
	}
}

// FuzzRead: whatever comes, no more than a header is read, and addresses are
// those of the internet or none.
func FuzzRead(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.1 192.0.2.25 4711 25\r\nEHLO"))
	f.Add([]byte(v2(1, 0x21, six, "\x02\x00\x07mx.test") + "EHLO"))
	f.Add([]byte(v2(0, 0)))
	f.Fuzz(func(t *testing.T, input []byte) {
		r := bytes.NewReader(input)
		h, err := proxyproto.Read(r)
		read := len(input) - r.Len()
		if err != nil && h != (proxyproto.Header{}) || h.Source.IsValid() != h.Destination.IsValid() || h.Source.Addr().Is4In6() || read > 16+4096 {
			t.Errorf("%q: %v, %v, read %d", input, h, err, read)
		}
		if err == nil && input[0] == 'P' && !bytes.HasSuffix(input[:read], []byte("\r\n")) {
			t.Errorf("%q: read %d", input, read)
		}
	})
}
