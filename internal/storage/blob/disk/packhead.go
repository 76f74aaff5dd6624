package disk

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

const (
	packMagic   = "tram.pak"
	packVersion = 1

	// packMoved is the flag of a pack that Collect made: only such packs hold
	// records whose first pack is another one.
	packMoved = 1

	packSuffix  = ".pack"
	movedSuffix = ".moved"
	draftSuffix = ".draft" // of a .moved file that is being written
)

// errPackHead says that the head of a pack is missing or damaged.
var errPackHead = errors.New("head of the pack is damaged")

// newTag draws the tag of a new pack.
func newTag() uint32 {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint32(b[:])
}

// packHead returns the first bytes of a pack.
func packHead(number uint32, flags uint16, tag uint32, now time.Time) []byte {
	b := make([]byte, headBytes)
	le := binary.LittleEndian
	copy(b, packMagic)
	le.PutUint16(b[8:], packVersion)
	le.PutUint16(b[10:], flags)
	le.PutUint32(b[12:], number)
	le.PutUint32(b[16:], tag)
	le.PutUint64(b[20:], uint64(now.UnixNano()))
	le.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
	return b
}

// parsePackHead returns the flags and the tag of a pack.
func parsePackHead(b []byte, number uint32) (flags uint16, tag uint32, err error) {
	le := binary.LittleEndian
	if string(b[:8]) != packMagic || le.Uint32(b[28:]) != crc32.Checksum(b[:28], castagnoli) {
		return 0, 0, errPackHead
	}
	if v := le.Uint16(b[8:]); v != packVersion {
		return 0, 0, fmt.Errorf("pack has version %d, this program knows %d: use a newer version of Tram", v, packVersion)
	}
	if n := le.Uint32(b[12:]); n != number {
		return 0, 0, fmt.Errorf("pack %d has the file name of pack %d", n, number)
	}
	return le.Uint16(b[10:]), le.Uint32(b[16:]), nil
}

// fileName returns the name of a pack's file.
func fileName(number uint32, suffix string) string { return fmt.Sprintf("%08d%s", number, suffix) }

// parseFileName returns the number in the name of a file with this suffix.
func parseFileName(name, suffix string) (number uint32, ok bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) < 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && n > 0 && fileName(uint32(n), suffix) == name
}
